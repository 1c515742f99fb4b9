import { join, resolve } from 'node:path';
import { clientPlanned } from '../../generate/client.ts';
import { loadFleet } from '../../generate/load.ts';
import { putOwnFile } from '../../pack/own-file.ts';
import { type Finding, FindingsError } from '../../report/finding.ts';
import { keysFromEnvironment, readSecrets } from '../../secrets/index.ts';
import { type Context, type FleetOptions, fileFrom, inventoryFile, loadOptions } from '../context.ts';
import { printFindings } from '../findings.ts';

/** Writes what a workstation needs to use the fleet's services. */
export async function clientConfig(context: Context, options: FleetOptions & { out: string }): Promise<void> {
  const fleet = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  const { secrets, findings } = await readSecrets(
    fleet.paths.secrets,
    await keysFromEnvironment(context.env),
  );
  const all = [...fleet.findings, ...findings];
  if (!secrets) throw new FindingsError(all);
  const folder = resolve(fileFrom(context, options.out));
  const tree = clientPlanned(fleet, secrets, folder);
  if (tree.size === 0) throw new FindingsError([...all, nothing]);
  printFindings(context, all);
  for (const [path, { content }] of tree) {
    const written = await putOwnFile(join(folder, path), content);
    if (!context.quiet)
      context.stdout.write(`${written ? 'written' : 'the same'}  ${join(options.out, path)}\n`);
  }
}

const nothing: Finding = {
  severity: 'error',
  code: 'no-client-config',
  path: 'hosts',
  message: 'no host of this fleet has a service with files for a workstation',
  hint: 'OpenStack comes with the roles cloud-controller, cloud-network and cloud-compute',
};
