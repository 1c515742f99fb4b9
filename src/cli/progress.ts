import type { Context } from './context.ts';

export interface Progress {
  tick(done: number, total: number, what: string): void;
  /** Takes the line away; call it before anything else is written. */
  end(): void;
}

const CLEAR_LINE = '\r\u001b[2K';
/** Milliseconds: nobody waits for what is done sooner. */
const SILENT = 1000;
const REDRAW = 100;
const NEXT_LINE = 5000;

/**
 * Says how far a long run is: one line that is drawn anew on a terminal, now and then a line of its own
 * elsewhere, nothing when told to be quiet.
 */
export function startProgress(context: Context, verb: string, now: () => number = Date.now): Progress {
  const { stderr, quiet } = context;
  let last = now() + SILENT - (stderr.isTTY ? REDRAW : NEXT_LINE);
  let drawn = false;
  return {
    tick(done, total, what) {
      const time = now();
      if (quiet || time - last < (stderr.isTTY ? REDRAW : NEXT_LINE)) return;
      last = time;
      const line = `${verb} ${done}/${total} ${what}`;
      // A line that wraps cannot be cleared.
      stderr.write(stderr.isTTY ? `${CLEAR_LINE}${line.slice(0, (stderr.columns ?? 80) - 1)}` : `${line}\n`);
      drawn = true;
    },
    end() {
      if (drawn && stderr.isTTY) stderr.write(CLEAR_LINE);
      drawn = false;
    },
  };
}
