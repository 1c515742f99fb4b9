import { readFile } from 'node:fs/promises';
import { loadFleet } from '../../generate/load.ts';
import type { Fleet } from '../../generate/types.ts';
import { orderAll } from '../../power/power.ts';
import type { Act, Bmc } from '../../power/types.ts';
import { type Finding, FindingsError } from '../../report/finding.ts';
import { deriveSecret, keysFromEnvironment, readSecrets, type Secrets } from '../../secrets/index.ts';
import {
  type Context,
  type FleetOptions,
  fileFrom,
  inventoryFile,
  loadOptions,
  writeJson,
} from '../context.ts';
import { NotHealthy } from '../failure.ts';
import { jsonFindings, printFindings } from '../findings.ts';
import { startProgress } from '../progress.ts';
import { table } from '../table.ts';

export interface PowerOptions extends FleetOptions {
  ca?: string;
  iso?: string;
  timeout: number;
}

/** Stands for the host's name in the URL of its image. */
const HOST = '{host}';

/** Gives an order to the BMCs of hosts. @throws FindingsError when one of them could not carry it out */
export async function power(
  context: Context,
  act: Act,
  hosts: string[],
  options: PowerOptions,
): Promise<void> {
  const names = [...new Set(hosts)];
  const fleet = await loadFleet(inventoryFile(context, options), {
    ...loadOptions(context, options),
    hosts: names,
  });
  const { secrets, findings } = await readSecrets(
    fleet.paths.secrets,
    await keysFromEnvironment(context.env),
  );
  if (!secrets) throw new FindingsError(findings);
  const bmcs = bmcsOf(fleet, secrets, names);
  const wrong = bmcs.flatMap((one) => ('finding' in one ? [one.finding] : []));
  if (act === 'cd') wrong.push(...wrongImage(options.iso, names));
  if (wrong.length > 0) throw new FindingsError(wrong);
  const own = options.ca === undefined ? [] : [await readFile(fileFrom(context, options.ca), 'utf8')];
  const progress = startProgress(context, act);
  let done = 0;
  const order = {
    act,
    authorities: [secrets.ca.trusted, ...own],
    timeout: options.timeout,
    imageOf: (host: string) => (options.iso ?? '').replaceAll(HOST, host),
    ...(context.signal && { signal: context.signal }),
  };
  const { outcomes, findings: met } = await orderAll(
    bmcs.flatMap((one) => ('bmc' in one ? [one.bmc] : [])),
    order,
    (host) => {
      done += 1;
      if (done < names.length) progress.tick(done, names.length, host);
    },
  ).finally(() => progress.end());
  const failed = met.map((one) => withPlace(fleet, one));
  if (context.json) writeJson(context, { act, hosts: outcomes, ...jsonFindings(failed) });
  else {
    if (!context.quiet || act === 'status')
      context.stdout.write(table(outcomes.map(({ host, power: state }) => [host, state ?? 'unknown'])));
    printFindings(context, failed);
  }
  if (failed.length > 0) throw new NotHealthy();
}

function withPlace({ document }: Fleet, finding: Finding): Finding {
  const place = document.locate(finding.path.split('.'), 'value');
  return place ? { ...finding, place } : finding;
}

function bmcsOf(fleet: Fleet, secrets: Secrets, names: string[]): ({ bmc: Bmc } | { finding: Finding })[] {
  return names.map((host) => {
    const { bmc } = fleet.inventory.hosts[host] ?? {};
    const lacks = (path: string, message: string, hint: string): { finding: Finding } => ({
      finding: withPlace(fleet, { severity: 'error', code: 'bmc-missing', path, message, hint }),
    });
    if (!bmc)
      return lacks(
        `hosts.${host}`,
        `${host} has no bmc`,
        'such as bmc: { address: https://bmc1.example.net, user: admin }',
      );
    if (bmc.user === undefined)
      return lacks(
        `hosts.${host}.bmc`,
        `the bmc of ${host} has no user`,
        'such as user: admin; its password is the secret bmc',
      );
    return {
      bmc: {
        host,
        address: bmc.address,
        user: bmc.user,
        password: deriveSecret(secrets, 'bmc', { host, format: 'password' }),
        ...(bmc.fingerprint !== undefined && { fingerprint: bmc.fingerprint.toUpperCase() }),
      },
    };
  });
}

/** A BMC fetches the image itself, and each host has its own. */
function wrongImage(iso: string | undefined, names: string[]): Finding[] {
  const finding = (message: string): Finding[] => [
    {
      severity: 'error',
      code: 'power-image',
      path: '',
      message,
      hint: `such as --iso http://192.168.0.1/isos/${HOST}.iso`,
    },
  ];
  if (iso === undefined) return finding('not told what goes into the virtual drive');
  if (!/^https?:\/\/[!#-&(-;=?-~]+$/.test(iso)) return finding(`not a URL that a BMC can fetch: ${iso}`);
  if (names.length > 1 && !iso.includes(HOST))
    return finding('several hosts would get the same image, which is the seed of one of them');
  return [];
}
