import { dirname, join } from 'node:path';
import { loadLibrary } from '../../src/library/load.ts';
import { rotateSecret } from '../../src/secrets/index.ts';
import type { LabHost } from '../lab/lab.ts';
import { takeSeed } from '../lab/take.ts';
import { PUBLIC, withRole } from './fleet.ts';
import { type Cloud, furtherServers } from './proof.ts';
import { answered, startWatch } from './watch.ts';

/** Seconds that a user may be without an answer while each controller starts Keystone anew, and all that it has. */
const PAUSE = { keystone: 20, all: 60 };

/** What tokens are made by on a controller, as a digest. */
const PRIMARY = 'cd /etc/keystone/fernet-keys && sha256sum <"$(ls | sort -n | tail -n 1)"';

/** The status of Keystone's answer on that very controller, when it is shown a token. */
async function shown(host: LabHost, token: string): Promise<string> {
  const script = `. /etc/stackseed/node.env
    curl -s -o /dev/null -w '%{http_code}' -H @- "http://$STACKSEED_MANAGE_ADDRESS:5000/v3/auth/tokens"`;
  return host.must(['bash', '-c', script], {
    input: `X-Auth-Token: ${token}\nX-Subject-Token: ${token}\n`,
    timeout: 60,
  });
}

/** Rotates secrets, and brings the new seeds to those hosts, one after another. */
async function rotated(
  { lab }: Cloud,
  labels: string[],
  hosts: LabHost[],
  then?: (host: LabHost) => Promise<void>,
) {
  for (const label of labels) await rotateSecret(join(lab.folder, 'secrets.yaml'), label);
  const seeds = dirname(await lab.generate());
  for (const host of hosts) {
    await takeSeed(host, seeds, '--wait', '--timeout', '380');
    await then?.(host);
  }
}

/** Does it while a user asks every API, who may not be without an answer for long. Gives how long each was. */
async function unnoticed(
  { lab, floating }: Cloud,
  pause: number,
  change: () => Promise<void>,
): Promise<string> {
  const watch = await startWatch(lab, PUBLIC, floating);
  try {
    await answered(watch, 60, 'the user has answers');
    const began = Date.now();
    await change();
    const gaps = [...watch.longest(began)];
    const told = gaps.map(([probe, gap]) => `${probe} ${gap.toFixed(1)} s`).join(', ');
    if (gaps.some(([, gap]) => gap > pause)) throw new Error(`too long without an answer: ${told}`);
    return `longest time without an answer: ${told}`;
  } finally {
    watch.stop();
  }
}

/** The secret of tokens is rotated twice, each time with a seed for one controller after another; no token is lost. */
export async function tokens(cloud: Cloud): Promise<string> {
  const { lab, client } = cloud;
  const controllers = withRole(lab, 'controller');
  const primaries = async () =>
    new Set(await Promise.all(controllers.map((host) => host.must(['bash', '-c', PRIMARY]))));
  const before = await primaries();
  const issued = [await client.field('id', 'token', 'issue')];
  const told = await unnoticed(cloud, PAUSE.keystone, async () => {
    for (const round of [1, 2])
      await rotated(cloud, ['keystone-fernet'], controllers, async (host) => {
        issued.push(await cloud.on(host).field('id', 'token', 'issue'));
        for (const one of controllers)
          for (const [index, token] of issued.entries())
            if ((await shown(one, token)) !== '200')
              throw new Error(`round ${round}: ${one.name} does not know token ${index}, after ${host.name}`);
      });
  });
  const after = await primaries();
  if (after.size !== 1 || [...after].some((one) => before.has(one)))
    throw new Error(`tokens are made by ${[...after].join(', ')}, and were by ${[...before].join(', ')}`);
  return `${issued.length} tokens of all stages are good on every controller, and another key makes them; ${told}`;
}

/** Nova's account in the database, and whether it lets in with that password. */
const LOGIN = `read -r account
  read -r password
  MYSQL_PWD=$password mariadb --no-defaults --ssl-ca=/etc/stackseed/openstack/ca.crt \
    -h 192.168.1.50 -u "$account" -e 'SELECT 1' nova >/dev/null 2>&1 && echo in || echo out`;

/**
 * All passwords of OpenStack's accounts that alternate are rotated twice, each time with a seed for one controller after
 * another and then for all other hosts. After the first time both accounts are good, after the second one the first
 * passwords no more.
 */
export async function passwords(cloud: Cloud): Promise<string> {
  const { lab } = cloud;
  const { library } = loadLibrary([]);
  const declared = [...library.components.values()].flatMap(({ secrets }) => secrets);
  const labels = [...new Set(declared.filter(({ alternates }) => alternates).map(({ label }) => label))];
  const controllers = withRole(lab, 'controller');
  const others = [...withRole(lab, 'network'), ...withRole(lab, 'compute')];
  const [first] = controllers;
  if (!first) throw new Error('no controller');
  const account = () => first.must(['cat', '/etc/stackseed/openstack/nova.database']);
  const expect = async (known: string[], answers: string) => {
    const found = await Promise.all(known.map((input) => first.must(['bash', '-c', LOGIN], { input })));
    if (found.join() !== answers)
      throw new Error(`${known.length} passwords are ${found.join()}, not ${answers}`);
  };
  const known = [await account()];
  const servers: string[] = [];
  const told = await unnoticed(cloud, PAUSE.all, async () => {
    for (const answers of ['in,in', 'out,in,in']) {
      await rotated(cloud, labels, [...controllers, ...others]);
      known.push(await account());
      await expect(known, answers);
      servers.push(await furtherServers(cloud));
    }
  });
  return `${labels.length} passwords, two rounds: ${servers.join('; ')}; ${told}`;
}
