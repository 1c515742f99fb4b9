#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { exitCodes } from './exit-codes.ts';
import { run } from './run.ts';

/** Milliseconds that a run gets to tidy up after an interrupt. */
const GRACE = 5000;

const interrupt = new AbortController();
// Every program that runs at the same time listens to it.
setMaxListeners(0, interrupt.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort();
    setTimeout(() => process.exit(exitCodes.interrupted), GRACE).unref();
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads has had enough: the work goes on, what it says is lost.
    if (error.code === 'EPIPE') return;
    if (stream === process.stdout) process.stderr.write(`cannot write the output: ${error.message}\n`);
    process.exit(exitCodes.findings);
  });
}

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
});
