import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import type { Plan } from '../plan/types.ts';
import type { Secrets } from '../secrets/index.ts';
import type { HostStatus } from '../status/types.ts';
import { contentsOf } from './contents.ts';
import { certificateFor, macsOf, tokensOf } from './identity.ts';
import { openJournal } from './journal.ts';
import { keptTree } from './keeper.ts';
import { localTree } from './local-tree.ts';
import { neighbours } from './neighbours.ts';
import { makePage, type Page } from './page.ts';
import { problem } from './problem.ts';
import { accountOf, dropRights, giveFolder, giveTokens, mustRead } from './rights.ts';
import { type Endpoint, listen } from './servers.ts';
import { answer, heardLine, heardTftp, type Site } from './site.ts';
import { listenSyslog } from './syslog.ts';
import { tftpLine } from './tftp-line.ts';
import { viewOf } from './view.ts';
import { watchNodes } from './watch-nodes.ts';
import { whoseOf } from './whose.ts';

export interface ServeOptions {
  plan: Plan;
  secrets: Secrets;
  /** What `stackseed pxe` made. */
  folder: string;
  /** Folder of the state that survives a restart. */
  state: string;
  /** Folder with page.css and page.js. */
  assets: string;
  http: Endpoint[];
  https: Endpoint[];
  /** DNS names that its certificate is good for, besides the addresses that it listens on. */
  names: string[];
  /** Where installers send their log by UDP. */
  syslog: Endpoint[];
  dnsmasq: boolean;
  /** Account that it becomes once it listens, which only root can; absent: it stays who it is. */
  user?: string;
  /** How hosts are asked for their reports. */
  asking: { port: number; pause: number; timeout: number };
  signal: AbortSignal;
  log(line: string): void;
  /** Is told where it listens, once it does. */
  ready(urls: string[]): void;
}

/** Serves until the signal. @throws FindingsError when it cannot begin; Error when something that it needs ends */
export async function serve(options: ServeOptions): Promise<void> {
  const { plan, folder, log } = options;
  const www = join(folder, 'www');
  const account = options.user === undefined ? undefined : await accountOf(options.user);
  await mustRead(www);
  if (account) {
    await giveFolder(options.state, account);
    await giveTokens(www, account);
  } else await mkdir(options.state, { recursive: true, mode: 0o700 });

  const whose = whoseOf(macsOf(plan));
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let broken: string | undefined;
  let page: Page | undefined;
  let site: Site | undefined;
  const treeOptions = {
    folder,
    leases: options.dnsmasq ? resolve(options.state, 'dnsmasq.leases') : undefined,
    log: (line: string) => {
      const tftp = tftpLine(line);
      if (tftp && site) void heardTftp(site, tftp);
      log(line);
    },
    changed: (arms: Parameters<typeof whose.arm>[0]) => {
      const before = options.plan.hosts.filter(({ name }) => whose.isArmed(name)).map(({ name }) => name);
      whose.arm(arms);
      for (const host of [...before, ...arms.map((arm) => arm.host)]) page?.changed(host);
    },
    failed: (why: string) => {
      broken ??= why;
      stop.abort();
    },
  };
  // The keeper first, while there are rights for it to keep; then all that needs them; then they go.
  const tree = await (account ? keptTree(treeOptions) : localTree(treeOptions));
  const servers: Server[] = [];
  const ends: (() => Promise<unknown> | unknown)[] = [() => tree.end()];
  try {
    const handler: Parameters<typeof listen>[1] = (request, response) => {
      if (site) void answer(site, request, response);
      else response.destroy();
    };
    const urls: string[] = [];
    const tls =
      options.https.length > 0 ? certificateFor(options.secrets, options.https, options.names) : undefined;
    for (const [endpoints, secured] of [
      [options.http, undefined],
      [options.https, tls],
    ] as const)
      for (const endpoint of endpoints) {
        const { server, url } = await listen(endpoint, handler, secured);
        servers.push(server);
        urls.push(url);
      }
    for (const endpoint of options.syslog)
      ends.push(await listenSyslog(endpoint, (address, text) => site && heardLine(site, address, text)));
    if (account) {
      dropRights(account);
      await mustRead(www);
    }
    const statuses = new Map<string, HostStatus>();
    const journal = await openJournal(options.state, (host) => page?.changed(host));
    ends.push(() => journal.end());
    page = await makePage({
      fleet: plan.fleet.name,
      assets: options.assets,
      hosts: () => plan.hosts.filter(({ state }) => state === 'present').map(({ name }) => name),
      view: (name, now) =>
        viewOf(name, {
          record: journal.records.get(name),
          status: statuses.get(name),
          armed: whose.isArmed(name),
          now,
        }),
    });
    ends.push(() => page?.end());
    site = {
      contents: contentsOf(www),
      tree,
      journal,
      whose,
      page,
      macOf: neighbours(),
      tokenOf: tokensOf(plan, options.secrets),
      log,
    };
    options.ready(urls);
    await watchNodes({
      plan,
      secrets: options.secrets,
      journal,
      ...options.asking,
      signal,
      heard: (status) => {
        statuses.set(status.name, status);
        page?.changed(status.name);
      },
    });
  } finally {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const end of ends.reverse()) await end();
  }
  if (broken !== undefined) throw problem('serve-ended', broken, 'what it logged says why');
}
