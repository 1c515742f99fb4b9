import { FindingsError } from '../report/finding.ts';

export function secretsProblem(code: string, message: string, hint: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path: '', message, hint }]);
}
