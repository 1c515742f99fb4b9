import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './fixtures.ts';

export interface SuiteResult {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  /** Names of skipped tests and what they lack, as `needs` says them. */
  skips: string[];
}

interface Options {
  /** Milliseconds. */
  limit: number;
  /** Pass everything on as it comes; else only what a failed suite said, at its end. */
  live: boolean;
}

const running = new Set<ChildProcess>();

/** Ends what is running, the programs that tests have started included. */
export function stopSuites(): void {
  for (const child of running) stop(child);
}

function stop(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Runs the tests of one folder by uvu, which counts them. A suite that does not get to its end has failed. */
export async function runSuite(name: string, { limit, live }: Options): Promise<SuiteResult> {
  const began = Date.now();
  if (live) console.log(`---- ${name}`);
  const args = ['--import', 'tsx', join(root, 'node_modules/uvu/bin.js'), '--no-color'];
  // A process group of its own, so that nothing outlives it.
  const child = spawn(process.execPath, [...args, join(root, 'test', name), '\\.test\\.ts$'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (live) process.stdout.write(text);
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop(child);
  }, limit);
  const status = await new Promise<number | null>((resolve) => {
    child.on('close', resolve);
    child.on('error', () => resolve(null));
  });
  clearTimeout(timer);
  stop(child);
  running.delete(child);
  if (late) output += `\ngiven up after ${limit / 60_000} minutes\n`;
  const result = { name, ...counted(stripVTControlCharacters(output), status) };
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  if (result.failed > 0 && !live) console.log(output.trimEnd());
  const counts = `${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`;
  console.log(`${result.failed > 0 ? 'FAIL' : 'ok  '} ${name.padEnd(12)} ${counts}, ${seconds} s`);
  return result;
}

/** Reads uvu's own sum at the end of its output; without one, or with a bad status that it does not explain, the suite crashed. */
function counted(output: string, status: number | null): Omit<SuiteResult, 'name'> {
  const sums = [...output.matchAll(/\n {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n/g)];
  const [, total, passed, skipped] = (sums.at(-1) ?? [0, 0, 0, 0]).map(Number);
  const skips = [...output.matchAll(/^skipped: (.*)$/gm)].map((match) => match[1] ?? '');
  const failed = (total ?? 0) - (passed ?? 0);
  const crashed = sums.length === 0 || (status !== 0 && failed === 0);
  return { passed: passed ?? 0, failed: failed + (crashed ? 1 : 0), skipped: skipped ?? 0, skips };
}
