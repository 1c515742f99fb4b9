import { FindingsError } from '../report/finding.ts';

const CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const WORDS = /No space left on device|Disk quota exceeded|File too large|exceeds free space on media/i;

/** Whether a failed system call, or a program's last words, mean that there is no room to write to. */
export function isDiskFull(failure: unknown): boolean {
  if (typeof failure === 'string') return WORDS.test(failure);
  return failure instanceof Error && 'code' in failure && CODES.includes(String(failure.code));
}

export function diskFull(target: string): FindingsError {
  return new FindingsError([
    {
      severity: 'error',
      code: 'disk-full',
      path: 'out',
      message: `no space left on the disk while writing ${target}`,
      hint: 'free some space and run again; what was there before is untouched',
    },
  ]);
}
