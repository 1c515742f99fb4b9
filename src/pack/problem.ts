import { diskFull, isDiskFull } from '../iso9660-builder/index.ts';
import { FindingsError } from '../report/finding.ts';

const WORDS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no folder can be made there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is something else of that name',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk failed',
};

export function outProblem(code: string, message: string, hint: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path: 'out', message, hint }]);
}

/** Turns what the system refused into a finding; everything else is passed on as it is. */
export function explainSystemError(error: unknown, target: string): unknown {
  if (isDiskFull(error)) return diskFull(target);
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const words = WORDS[String(error.code)];
  if (!words) return error;
  return outProblem('out-unwritable', `cannot write ${target}: ${words}`, 'choose another folder (--out)');
}
