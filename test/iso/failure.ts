import * as assert from 'uvu/assert';
import { type Finding, FindingsError } from '../../src/report/finding.ts';

/** The one finding that a call must fail with. */
export async function failure(promise: Promise<unknown>): Promise<Finding> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    assert.is(error.findings.length, 1);
    const [finding] = error.findings;
    if (finding) return finding;
  }
  throw new Error('it did not fail');
}
