import { FindingsError } from '../report/finding.ts';

export function problem(code: string, message: string, hint?: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path: '', message, ...(hint && { hint }) }]);
}
