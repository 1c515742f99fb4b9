import { FindingsError } from '../report/finding.ts';

export function netbootProblem(code: string, path: string, message: string, hint?: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path, message, ...(hint !== undefined && { hint }) }]);
}
