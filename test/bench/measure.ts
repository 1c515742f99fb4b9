import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../fixtures.ts';
import { layFleet } from './fleet.ts';

const program = join(root, 'dist/cli/main.js');

interface Timed {
  seconds: number[];
  /** Peak memory of the largest, in MB. */
  memory: number;
}

/** Runs a program once and notes its seconds of wall time; without time(1) its memory is not known. */
function once(into: Timed, cwd: string, argv: string[]): void {
  const [command = '', ...args] = argv;
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync('time', ['-f', '%M', command, ...args], { cwd, encoding: 'utf8' });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  into.seconds.push(seconds);
  into.memory = Math.max(into.memory, Number(stderr.trim().split('\n').at(-1)) / 1024);
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** What is run for a fleet, in this order in each round. */
function rounds(folder: string, hosts: number): Record<string, (into: Timed) => void> {
  const stackseed = (...args: string[]) => ['node', program, ...args, '--quiet'];
  const embedded = ['--iso-builder', 'embedded'];
  const fresh = (...names: string[]) => {
    for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
  };
  const inventory = join(folder, 'inventory.yaml');
  const rows: Record<string, (into: Timed) => void> = {
    'stackseed --help': (into) => once(into, folder, ['node', program, '--help']),
    'node -e 0': (into) => once(into, folder, ['node', '-e', '0']),
    validate: (into) => once(into, folder, stackseed('validate')),
    'parse by yaml alone': (into) => once(into, root, ['node', '-e', PARSE, inventory]),
    'generate, embedded': (into) => {
      fresh('out');
      once(into, folder, stackseed('generate', '--new-lock', ...embedded));
    },
    'generate, no change': (into) => once(into, folder, stackseed('generate', ...embedded)),
    'generate, one change': (into) => {
      const text = readFileSync(inventory, 'utf8');
      const last = `host${hosts - 1}:`;
      const zone = `Etc/GMT-${(into.seconds.length % 12) + 1}`;
      const entry = `  ${last}\n    timezone: ${zone}\n`;
      writeFileSync(inventory, text.replace(new RegExp(`  ${last}\n(    timezone: .*\n)?`), entry));
      once(into, folder, stackseed('generate', ...embedded));
    },
    'cp -r out': (into) => {
      fresh('copy');
      once(into, folder, ['cp', '-r', 'out', 'copy']);
    },
  };
  if (hosts > 100) return rows;
  return {
    ...rows,
    'generate, xorriso': (into) => {
      fresh('xorriso');
      once(into, folder, stackseed('generate', '--out', 'xorriso'));
    },
    ...Object.fromEntries(
      ['embedded', 'xorriso'].map((builder) => [
        `ISOs alone, ${builder}`,
        (into: Timed) => {
          fresh('isos');
          once(into, folder, ['node', '--input-type=module', '-e', ISOS, builders, builder]);
        },
      ]),
    ),
    'a loop of genisoimage': (into) => once(into, folder, ['sh', '-c', loop(GENISOIMAGE)]),
    'a loop of cloud-localds': (into) => once(into, folder, ['sh', '-c', loop(CLOUD_LOCALDS)]),
  };
}

const PARSE =
  "require('yaml').parse(require('fs').readFileSync(process.argv[1], 'utf8'), { version: '1.2' })";
const builders = join(root, 'dist/iso9660-builder/index.js');
/** An ISO of each seed by one of the builders, without all else that `generate` does. */
const ISOS = `const [from, builder] = process.argv.slice(1);
const iso = await import(from);
const { mkdirSync, readdirSync, readFileSync } = await import('node:fs');
mkdirSync('isos');
const { build } = builder === 'embedded' ? iso.embeddedBuilder() : iso.xorrisoBuilder();
await iso.mapConcurrent(readdirSync('out/hosts'), iso.ISOS_AT_ONCE, (host) => {
  const names = ['meta-data', 'network-config', 'user-data'];
  const files = new Map(names.map((name) => [name, { content: readFileSync(\`out/hosts/\${host}/\${name}\`) }]));
  return build(files, \`isos/\${host}.iso\`, { volumeId: 'cidata' });
});`;
const loop = (command: string): string => `rm -rf isos; mkdir isos; for h in out/hosts/*; do
  iso="isos/$(basename "$h").iso"
  ${command} || exit
done`;
const GENISOIMAGE =
  'genisoimage -quiet -o "$iso" -V cidata -r -J "$h/user-data" "$h/meta-data" "$h/network-config"';
const CLOUD_LOCALDS = 'cloud-localds -N "$h/network-config" "$iso" "$h/user-data" "$h/meta-data" 2>/dev/null';

/** Ratios that are told, and what they may be at most where something was promised. */
const RATIOS: [what: string, above: string, below: string, limit?: number][] = [
  ['start', 'stackseed --help', 'node -e 0', 2.5],
  ['validate beside yaml', 'validate', 'parse by yaml alone', 3],
  ['generate beside cp', 'generate, embedded', 'cp -r out', 4],
  ['no change beside validate', 'generate, no change', 'validate'],
  ['one change beside validate', 'generate, one change', 'validate'],
  ['ISOs by xorriso beside embedded', 'ISOs alone, xorriso', 'ISOs alone, embedded'],
  ['embedded ISOs beside genisoimage', 'ISOs alone, embedded', 'a loop of genisoimage'],
  ['embedded ISOs beside cloud-localds', 'ISOs alone, embedded', 'a loop of cloud-localds', 1 / 50],
  ['ISOs by xorriso beside cloud-localds', 'ISOs alone, xorriso', 'a loop of cloud-localds', 1 / 4],
];

/** What whole runs took for a fleet of so many hosts. */
export interface Measured {
  hosts: number;
  runs: number;
  /** Load average of one minute before it, of how many cores. */
  load: number;
  /** By what was run: the median in seconds, and the peak memory in MB. */
  rows: Map<string, { seconds: number; memory: number }>;
  ratios: Ratio[];
}

export interface Ratio {
  what: string;
  measured: number;
  /** What it may be at most where something was promised. */
  limit: number | undefined;
}

/** Runs each so often, in turns, in a folder that is made and removed. */
export async function measure(hosts: number, runs: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-bench-'));
  try {
    await layFleet(folder, hosts);
    const table = rounds(folder, hosts);
    const timed = new Map(
      Object.keys(table).map((name): [string, Timed] => [name, { seconds: [], memory: 0 }]),
    );
    const load = loadavg()[0] ?? 0;
    for (let run = 0; run < runs; run++)
      for (const [name, body] of Object.entries(table)) body(timed.get(name) ?? { seconds: [], memory: 0 });
    if (readdirSync(join(folder, 'out/hosts')).length !== hosts)
      throw new Error('not all hosts were generated');
    const rows = new Map(
      [...timed].map(([name, { seconds, memory }]) => [name, { seconds: median(seconds), memory }]),
    );
    const at = (name: string) => rows.get(name)?.seconds ?? Number.NaN;
    const ratios = RATIOS.filter(([, above, below]) => rows.has(above) && rows.has(below)).map(
      ([what, above, below, limit]) => ({ what, measured: at(above) / at(below), limit }),
    );
    return { hosts, runs, load, rows, ratios };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Two tables in Markdown below a heading. */
export function told({ hosts, runs, load, rows, ratios }: Measured): string {
  const lines = [...rows].map(
    ([name, { seconds, memory }]) => `| ${name} | ${seconds.toFixed(2)} s | ${memory.toFixed(0)} MB |`,
  );
  const compared = ratios.map(
    ({ what, measured, limit }) =>
      `| ${what} | ${measured.toFixed(3)} | ${limit === undefined ? '' : `at most ${limit}`} |`,
  );
  return [
    `### ${hosts} hosts, median of ${runs}, load ${load.toFixed(1)} on ${cpus().length} cores\n`,
    '| whole run | wall time | peak memory |\n| --- | --- | --- |',
    ...lines,
    '\n| ratio | measured | wanted |\n| --- | --- | --- |',
    ...compared,
    '',
  ].join('\n');
}
