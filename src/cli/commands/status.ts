import { setTimeout as sleep } from 'node:timers/promises';
import { askFleet, noteMissing } from '../../status/ask-fleet.ts';
import { statusJson } from '../../status/json.ts';
import { formatStatus, isHealthy } from '../../status/print.ts';
import { type AskingOptions, whomToAsk } from '../asking.ts';
import { type Context, writeJson } from '../context.ts';
import { NotHealthy } from '../failure.ts';

export interface StatusOptions extends AskingOptions {
  watch?: boolean;
}

/** Milliseconds between two rounds of --watch. */
const PAUSE = 2000;

const CLEAR_SCREEN = '\u001b[H\u001b[2J\u001b[3J';

/** Asks the hosts how they stand. @throws NotHealthy when not all are healthy */
export async function status(context: Context, options: StatusOptions): Promise<void> {
  const { plan, asking } = await whomToAsk(context, options);
  const { signal, stdout } = context;
  const controllers = plan.hosts.filter((host) => host.components.includes('peers')).map(({ name }) => name);
  const heard = new Map<string, number>();
  const draws = Boolean(options.watch && stdout.isTTY && !context.json);
  while (!signal?.aborted) {
    const statuses = noteMissing(await askFleet(plan, asking), heard, Date.now());
    if (signal?.aborted) return;
    const healthy = statuses.length > 0 && statuses.every(isHealthy);
    const { name } = plan.fleet;
    if (context.json && options.watch)
      stdout.write(`${JSON.stringify(statusJson(name, statuses, controllers))}\n`);
    else if (context.json) writeJson(context, statusJson(name, statuses, controllers));
    else {
      const text = formatStatus({
        fleet: name,
        statuses,
        controllers,
        all: Boolean(options.host),
        color: context.color && Boolean(stdout.isTTY),
        ...(stdout.isTTY && stdout.columns && { width: stdout.columns }),
      });
      stdout.write(draws ? `${CLEAR_SCREEN}${text}` : options.watch ? `${text}\n` : text);
    }
    if (!options.watch) {
      if (!healthy) throw new NotHealthy();
      return;
    }
    await sleep(PAUSE, undefined, signal && { signal }).catch(() => {});
  }
}
