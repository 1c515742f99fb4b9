import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../fixtures.ts';

/** The script that ships, as a co-process: one JSON value in, one out, synchronously. */
export interface Script {
  ask(value: unknown): unknown;
  /** Questions that went to the co-process. */
  asked(): number;
  close(): void;
}

export const SHIPPED = join(
  root,
  'cloud-config/components/galera/files/usr/local/lib/stackseed/py/galera_decide.py',
);

/**
 * Starts the script with some of its clauses switched off. Named pipes, because those of child_process
 * cannot be read synchronously, and a search that awaits each answer takes several times as long.
 */
export function startScript(without: readonly string[] = []): Script {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-model-'));
  const [to, from] = [join(folder, 'in'), join(folder, 'out')];
  execFileSync('mkfifo', [to, from]);
  const options = without.flatMap((clause) => ['--without', clause]).join(' ');
  const command = `exec python3 -B '${SHIPPED}' --lines ${options} <'${to}' >'${from}'`;
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] });
  const input = openSync(to, 'w');
  const output = openSync(from, 'r');
  const block = Buffer.alloc(65_536);
  let asked = 0;
  return {
    ask(value) {
      asked++;
      writeSync(input, `${JSON.stringify(value)}\n`);
      let line = '';
      while (!line.endsWith('\n')) {
        const length = readSync(output, block, 0, block.length, null);
        if (length === 0) throw new Error(`${SHIPPED} ended on ${JSON.stringify(value)}`);
        line += block.toString('utf8', 0, length);
      }
      return JSON.parse(line);
    },
    asked: () => asked,
    close() {
      closeSync(input);
      closeSync(output);
      child.unref();
      rmSync(folder, { recursive: true });
    },
  };
}
