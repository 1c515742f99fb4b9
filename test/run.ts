import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './fixtures.ts';
import { runSuite, type SuiteResult, stopSuites } from './suite.ts';

/**
 * Runs the suites, the folders of test/ that hold *.test.ts, each in a process of its own:
 *   node --import tsx test/run.ts [--only SUITE]... [--list]
 * The last line is "N passed, N failed", and ", N skipped" where some were. With CI=true a skip is a failure.
 */
const ALONE = ['bench', 'judges', 'model', 'lab', 'chaos', 'cloud', 'qemu', 'netboot'];
/** Milliseconds until a suite is given up. */
const LIMIT = 15 * 60_000;
const LIMIT_ALONE = 90 * 60_000;

function testFiles(): Map<string, string[]> {
  const suites = new Map<string, string[]>();
  const entries = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).sort();
  for (const file of entries.filter((name) => name.endsWith('.test.ts'))) {
    const suite = file.includes('/') ? (file.split('/')[0] ?? '') : '';
    suites.set(suite, [...(suites.get(suite) ?? []), file]);
  }
  return suites;
}

/** What would make tests go missing without a word. */
function unsound(suites: Map<string, string[]>): string[] {
  const stray = (suites.get('') ?? []).map((file) => `test/${file} is in no suite: move it into a folder`);
  const silent = [...suites.values()]
    .flat()
    .filter((file) => !endsWithRun(readFileSync(join(root, 'test', file), 'utf8')))
    .map((file) => `test/${file} does not end with test.run(): its tests would not run, or run elsewhere`);
  return [...stray, ...silent];
}

/** The last line runs the tests, perhaps on a condition where another line does without. */
function endsWithRun(text: string): boolean {
  return /^\w+\.run\(\);$/m.test(text) && /\b\w+\.run\(\);\n$/.test(text);
}

/** Small suites side by side, two at once for two cores; those that want the machine alone after them. */
async function runAll(names: string[]): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  const together = names.filter((name) => !ALONE.includes(name));
  const lanes = [0, 1].map(async () => {
    for (let name = together.shift(); name !== undefined; name = together.shift())
      results.push(await runSuite(name, { limit: LIMIT, live: false }));
  });
  await Promise.all(lanes);
  for (const name of names.filter((one) => ALONE.includes(one)))
    results.push(await runSuite(name, { limit: LIMIT_ALONE, live: true }));
  return results;
}

function sum(results: SuiteResult[], key: 'passed' | 'failed' | 'skipped'): number {
  return results.reduce((total, result) => total + result[key], 0);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
  });
  const suites = testFiles();
  const names = [...suites.keys()].filter((name) => name !== '' && (values.only?.includes(name) ?? true));
  const unknown = (values.only ?? []).filter((name) => !suites.has(name));
  if (values.list) {
    console.log(names.join('\n'));
    return 0;
  }
  const problems = [...unsound(suites), ...unknown.map((name) => `there is no suite ${name}`)];
  for (const problem of problems) console.log(problem);
  const results = await runAll(names);
  const skipped = sum(results, 'skipped');
  const skips = results.flatMap((result) => result.skips);
  if (skipped > 0) console.log(`\nskipped:\n${skips.map((name) => `  ${name}\n`).join('')}`);
  const strict = process.env['CI'] === 'true';
  const passed = sum(results, 'passed');
  const failed = sum(results, 'failed') + problems.length + (strict ? skipped : 0);
  if (strict && skipped > 0) console.log('with CI=true nothing may be skipped: skips count as failures');
  const rest = skipped > 0 && !strict ? `, ${skipped} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${rest}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopSuites();
    process.exit(130);
  });
}
process.exitCode = await main();
