import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { loadFleet } from '../../generate/load.ts';
import type { Inventory } from '../../inventory/schema.ts';
import { FindingsError } from '../../report/finding.ts';
import { harmless } from '../../report/harmless.ts';
import { keysFromEnvironment, readSecrets } from '../../secrets/index.ts';
import { serve as run } from '../../serve/serve.ts';
import type { Endpoint } from '../../serve/servers.ts';
import { REPORT_PORT } from '../../status/exchange.ts';
import { type Context, type FleetOptions, fileFrom, inventoryFile, loadOptions } from '../context.ts';
import { packageRoot } from '../package.ts';

export interface ServeOptions extends FleetOptions {
  tree: string;
  listen?: Endpoint[];
  tls?: Endpoint[];
  name?: string[];
  syslog?: Endpoint[];
  state?: string;
  user: string;
  dnsmasq?: boolean;
}

/** Milliseconds between two rounds of questions, and seconds that a host has for its answer. */
const PAUSE = 3000;
const TIMEOUT = 3;

/** Serves the tree until it is interrupted. What it does is logged on standard error, a line each. */
export async function serve(context: Context, options: ServeOptions): Promise<void> {
  const { plan, paths, inventory } = await loadFleet(
    inventoryFile(context, options),
    loadOptions(context, options),
  );
  const { secrets, findings } = await readSecrets(paths.secrets, await keysFromEnvironment(context.env));
  if (!secrets) throw new FindingsError(findings);
  const told = options.listen ?? (options.tls ? [] : endpointOf(inventory));
  const log = (line: string) => context.stderr.write(`${harmless(line)}\n`);
  await run({
    plan,
    secrets,
    folder: fileFrom(context, options.tree),
    state: fileFrom(context, options.state ?? `${options.tree.replace(/\/+$/, '')}-state`),
    assets: join(packageRoot, 'web'),
    http: told,
    https: options.tls ?? [],
    names: options.name ?? [],
    syslog: options.syslog ?? [],
    dnsmasq: options.dnsmasq ?? false,
    ...(process.getuid?.() === 0 && { user: options.user }),
    asking: { port: REPORT_PORT, pause: PAUSE, timeout: TIMEOUT },
    signal: context.signal ?? new AbortController().signal,
    log,
    ready: (urls) => {
      if (!context.quiet) for (const url of urls) context.stdout.write(`serving ${url}\n`);
    },
  });
}

/** Where the boot files say that the boot server is; a name may lead anywhere, so that must be an address. */
function endpointOf({ boot }: Inventory): Endpoint[] {
  const url = boot?.url ?? (boot?.server === undefined ? undefined : `http://${boot.server}`);
  const { hostname = '', port = '', protocol } = url === undefined ? {} : new URL(url);
  if (isIPv4(hostname) && protocol === 'http:') return [{ address: hostname, port: Number(port || 80) }];
  throw new FindingsError([
    {
      severity: 'error',
      code: 'serve-listen',
      path: 'boot',
      message: 'neither an option nor `boot` of the inventory gives an address to listen on',
      hint: 'such as --listen 192.168.0.1, an address of this machine on the network where hosts boot',
    },
  ]);
}
