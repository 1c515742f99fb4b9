import type { Surroundings } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { explainFailure } from './failure.ts';
import { makeProgram } from './program.ts';

/** Runs the command line `argv` (without program and script) and returns the exit status. Never throws. */
export async function run(argv: string[], around: Surroundings): Promise<number> {
  const { program, context } = makeProgram(around);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!around.signal?.aborted) return explainFailure(error, context);
  }
  if (!around.signal?.aborted) return exitCodes.done;
  around.stderr.write('interrupted\n');
  return exitCodes.interrupted;
}
