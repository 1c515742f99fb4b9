/** Rotates the secret x in the file named by its argument, over and over: a run for tests to kill. */
import { argv, stdout } from 'node:process';
import { rotateSecret } from '../../src/secrets/index.ts';

async function main(): Promise<void> {
  await rotateSecret(argv[2] ?? '', 'x');
  stdout.write('ready\n');
  for (;;) await rotateSecret(argv[2] ?? '', 'x');
}

await main();
