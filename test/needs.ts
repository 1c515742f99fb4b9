import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Test } from 'uvu';

/**
 * What a test needs of the machine: "root", or the name of a program on PATH. Where it is missing the
 * test is skipped under its own name; with CI=true nothing is skipped, so the test runs and fails.
 */
export function needs<T>(test: Test<T>, ...wanted: string[]): Test<T> | Test<T>['skip'] {
  const missing = wanted.filter((want) => (want === 'root' ? process.getuid?.() !== 0 : !onPath(want)));
  if (missing.length === 0 || process.env['CI'] === 'true') return test;
  return (name?: string) => {
    // uvu counts skipped tests and does not name them; the runner of the suites lists these lines.
    console.log(`skipped: ${name} (needs ${missing.join(', ')})`);
    test.skip(name);
  };
}

function onPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
