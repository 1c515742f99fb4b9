import { CommanderError } from 'commander';
import { FindingsError } from '../report/finding.ts';
import type { Context } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './findings.ts';

/** Not all hosts are healthy, or did as they were told; the command has shown which. */
export class NotHealthy extends Error {
  override name = 'NotHealthy';
}

/** The command has said its result, and it is one that has an exit status of its own. */
export class EndsWith extends Error {
  override name = 'EndsWith';
  readonly status: number;
  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}

/** Says what went wrong in the words of its kind, and returns the exit status for it. */
export function explainFailure(error: unknown, context: Context): number {
  // Commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof NotHealthy) return exitCodes.findings;
  if (error instanceof EndsWith) return error.status;
  if (error instanceof FindingsError) {
    reportFailure(context, error.findings);
    return exitCodes.findings;
  }
  if (isSystemError(error)) {
    // Of a rename that fails the user knows the new name.
    const file = error.dest ?? error.path;
    const why = SYSTEM[error.code ?? ''] ?? error.message;
    const message = `${file ?? error.syscall}: ${why}`;
    reportFailure(context, [{ severity: 'error', code: 'system', path: '', message }]);
    return exitCodes.findings;
  }
  const text = error instanceof Error ? error.message : String(error);
  context.stderr.write(`this is a bug in stackseed: ${text}\n`);
  if (context.env['STACKSEED_DEBUG']) {
    context.stderr.write(`${error instanceof Error ? error.stack : ''}\n`);
  } else {
    context.stderr.write('please report it, with what STACKSEED_DEBUG=1 prints in addition\n');
  }
  return exitCodes.bug;
}

const SYSTEM: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'exists already',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
};

/** An answer of the operating system, as against a mistake in a program. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & { dest?: string } {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}
