import { readFileSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FindingsError } from '../report/finding.ts';
import { isRunning } from './atomic-write.ts';

/** A run of this program: all that tells it from every other one, also after a reboot or on another machine. */
interface Run {
  pid: number;
  /** When the process began, in the kernel's ticks since boot; "0" where there is no /proc. */
  start: string;
  /** The kernel's id of this boot, shortened; "0" where there is no /proc. */
  boot: string;
  machine: string;
}

const PREFIX = '.run';
const ATTEMPTS = 4;

/**
 * Claims a folder for this run and returns what gives it back. Each run puts down a file named after itself,
 * then looks for files of others: of two runs at least one sees the other, and steps back. A dead run's name
 * never comes again, so anybody may remove its file, and no take-over can go wrong.
 * @throws FindingsError "out-busy" when another run that is or may be alive has the folder
 */
export async function claim(folder: string): Promise<() => Promise<void>> {
  const name = claimName(thisRun());
  for (let attempt = 1; ; attempt++) {
    const mine = await open(join(folder, name), 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? busy(folder, thisRun(), name) : error;
    });
    await mine.close();
    const release = () => rm(join(folder, name), { force: true });
    const other = await liveClaim(folder, name).catch(async (error) => {
      await release();
      throw error;
    });
    if (!other) return release;
    await release();
    if (attempt === ATTEMPTS) throw busy(folder, other.run, other.name);
    // Two that start at the same moment both step back: let chance decide who is first the next time.
    await sleep(20 + Math.random() * 100);
  }
}

async function liveClaim(folder: string, mine: string): Promise<{ run: Run; name: string } | undefined> {
  for (const name of await readdir(folder)) {
    const run = name === mine ? undefined : parseClaim(name);
    if (!run) continue;
    if (mayLive(run)) return { run, name };
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

function claimName({ pid, start, boot, machine }: Run): string {
  return [PREFIX, pid, start, boot, machine].join('.');
}

function parseClaim(name: string): Run | undefined {
  const match = /^\.run\.([1-9][0-9]*)\.([0-9]+)\.([0-9a-f]+)\.([A-Za-z0-9-]+)$/.exec(name);
  if (!match) return undefined;
  const [, pid, start = '', boot = '', machine = ''] = match;
  return { pid: Number(pid), start, boot, machine };
}

function thisRun(): Run {
  return { pid: process.pid, start: startOf(process.pid) ?? '0', boot: bootId(), machine: machineName() };
}

/** False only when it is certain that the run is over. */
function mayLive(run: Run): boolean {
  if (run.machine !== machineName()) return true;
  if (run.boot !== bootId()) return false;
  return run.start === '0' ? isRunning(run.pid) : startOf(run.pid) === run.start;
}

function machineName(): string {
  return hostname().replace(/[^A-Za-z0-9-]/g, '-') || 'unnamed';
}

function bootId(): string {
  return (readProc('sys/kernel/random/boot_id') ?? '0').replace(/[^0-9a-f]/g, '').slice(0, 12);
}

/** Field 22 of /proc/PID/stat (proc(5)), counted behind the program's name, which may hold anything. */
function startOf(pid: number): string | undefined {
  const fields = readProc(`${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(join('/proc', path), 'utf8');
  } catch {
    return undefined;
  }
}

function busy(folder: string, run: Run, name: string): FindingsError {
  const here = run.machine === machineName();
  return new FindingsError([
    {
      severity: 'error',
      code: 'out-busy',
      path: 'out',
      message: `another run is writing to ${folder}: process ${run.pid}${here ? '' : ` on ${run.machine}`}`,
      hint: here
        ? 'wait for its end, or write to another folder (--out)'
        : `wait for its end; if it is over, remove ${join(folder, name)}`,
    },
  ]);
}
