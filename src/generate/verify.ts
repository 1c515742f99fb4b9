import { join } from 'node:path';
import { hostFolders, inspectHost, MANIFEST, readManifest } from '../pack/index.ts';
import type { Finding } from '../report/finding.ts';

export interface Verified {
  hosts: number;
  files: number;
  findings: Finding[];
}

/** Reads every file of an output folder and compares it with the manifest. Needs no inventory, and changes nothing. */
export function verifyOut(out: string): Verified {
  const { hosts, left, found } = readManifest(out);
  if (!found) return { hosts: 0, files: 0, findings: [noManifest(out)] };
  const findings: Finding[] = [];
  let files = 0;
  for (const [name, entry] of hosts) {
    const folder = join(out, 'hosts', name);
    const { right, edited, missing, open, foreign } = inspectHost(folder, entry);
    files += right.length;
    const problem = (code: string, message: string, hint: string) => {
      findings.push({ severity: 'error', code, path: `hosts.${name}`, message, hint });
    };
    const again = '`stackseed generate` makes it right';
    const are = (names: string[]) => `${names.join(', ')} in ${folder} ${names.length > 1 ? 'are' : 'is'}`;
    // What a killed run has put in place is whole, and the next run makes the manifest agree.
    if (edited.length > 0 && left.has(name))
      problem('seed-unrecorded', `${are(edited)} not in the manifest: a run was interrupted`, again);
    else if (edited.length > 0)
      problem(
        'seed-edited',
        `${are(edited)} not what was generated`,
        'put what was changed into the inventory, or `stackseed generate --overwrite`',
      );
    if (missing.length > 0) problem('seed-missing', `${are(missing)} missing`, again);
    if (open.length > 0) problem('seed-open', `${are(open)} open to others than its owner`, again);
    if (foreign.length > 0) problem('out-foreign-file', `${are(foreign)} not of stackseed`, 'move it away');
  }
  for (const name of hostFolders(out).filter((one) => !hosts.has(one)))
    findings.push({
      severity: 'error',
      code: 'seed-unknown',
      path: `hosts.${name}`,
      message: `${join(out, 'hosts', name)} is not in the manifest`,
      hint: 'a run was interrupted, or it was put there by hand: `stackseed generate` tells',
    });
  return { hosts: hosts.size, files, findings };
}

function noManifest(out: string): Finding {
  return {
    severity: 'error',
    code: 'no-manifest',
    path: 'out',
    message: `there is no ${join(out, MANIFEST)}, or none that can be read`,
    hint: '`stackseed generate` writes it, or say where the seeds are (--out)',
  };
}
