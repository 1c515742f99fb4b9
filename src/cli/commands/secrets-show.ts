import { loadFleet } from '../../generate/load.ts';
import type { Fleet } from '../../generate/types.ts';
import { FindingsError } from '../../report/finding.ts';
import { keysFromEnvironment, readSecrets, type Secrets, secretValues } from '../../secrets/index.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions, writeJson } from '../context.ts';
import { jsonFindings, printFindings } from '../findings.ts';
import { certifiedHosts, type DeclaredSecret, declaredSecret, declaredSecrets } from '../secret-uses.ts';
import { table } from '../table.ts';

/** Lists the secrets without their values, or prints the value of one. */
export async function secretsShow(
  context: Context,
  options: FleetOptions & { reveal?: string },
): Promise<void> {
  const fleet = await loadFleet(inventoryFile(context, options), loadOptions(context, options));
  const { secrets, findings } = await readSecrets(
    fleet.paths.secrets,
    await keysFromEnvironment(context.env),
  );
  const all = [...fleet.findings, ...findings];
  if (!secrets) throw new FindingsError(all);
  printFindings(context, all);
  if (options.reveal !== undefined) {
    context.stdout.write(`${reveal(fleet, secrets, options.reveal)}\n`);
    return;
  }
  const rows = declaredSecrets(fleet.plan).map((one) => describe(one, secrets));
  const unused = unusedKeys(fleet, secrets);
  if (context.json) {
    writeJson(context, { secrets: rows, unused, ...jsonFindings(all) });
    return;
  }
  const head = ['SECRET', 'SCOPE', 'ROTATION', 'VALUE', 'COMPONENTS', 'HOSTS'];
  const lines = rows.map((row) => [
    row.label,
    row.scope,
    String(row.rotation),
    row.overridden.length > 0 ? `own: ${row.overridden.join(' ')}` : 'derived',
    row.components.join(' '),
    row.hosts.join(' '),
  ]);
  context.stdout.write(
    rows.length > 0 ? table([head, ...lines]) : 'no component of this fleet has secrets\n',
  );
  if (unused.length > 0)
    context.stdout.write(`of no use to any component: ${unused.join(', ')} (in ${secrets.file})\n`);
}

function describe(secret: DeclaredSecret, secrets: Secrets) {
  const keys = [secret.label, ...secret.hosts.map((host) => `${secret.label}@${host}`)];
  return {
    ...secret,
    rotation: secrets.rotations.get(secret.label) ?? 0,
    overridden: keys.filter((key) => secrets.overrides.has(key)),
  };
}

/** Labels in the secrets file that nobody declares: a slip of the pen, or left from before. */
function unusedKeys(fleet: Fleet, secrets: Secrets): string[] {
  const declared = declaredSecrets(fleet.plan);
  const used = (key: string) => {
    const [label = '', host] = key.split('@');
    if (host === undefined && secrets.rotations.has(label) && certifiedHosts(fleet.plan, label).length > 0)
      return true;
    const found = declared.find((one) => one.label === label);
    return found && (host === undefined || (found.scope === 'host' && found.hosts.includes(host)));
  };
  return [...new Set([...secrets.overrides.keys(), ...secrets.rotations.keys()])].filter((key) => !used(key));
}

function reveal(fleet: Fleet, secrets: Secrets, key: string): string {
  const [label = '', host] = key.split('@');
  const { scope, format, overlaps = false, hosts } = declaredSecret(fleet.plan, label);
  if (scope === 'fleet' ? host === undefined : host !== undefined && hosts.includes(host))
    return secretValues(secrets, label, {
      format,
      overlaps,
      ...(host !== undefined && { host }),
    })[0].reveal();
  throw new FindingsError([
    {
      severity: 'error',
      code: 'unknown-secret',
      path: '',
      message: `${JSON.stringify(key)} is not one secret`,
      hint:
        scope === 'fleet'
          ? `all hosts have the same: ${label}`
          : `each host has its own, such as ${label}@${hosts[0]}`,
    },
  ]);
}
