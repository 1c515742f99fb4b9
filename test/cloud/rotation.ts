import { dirname, join } from 'node:path';
import { rotateSecret } from '../../src/secrets/index.ts';
import type { LabHost } from '../lab/lab.ts';
import { takeSeed } from '../lab/take.ts';
import { PUBLIC, withRole } from './fleet.ts';
import type { Cloud } from './proof.ts';
import { answered, startWatch } from './watch.ts';

/** Seconds that a user may be without an answer while each controller starts Keystone anew. */
const PAUSE = 20;

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

/** The secret of tokens is rotated twice, each time with a seed for one controller after another; no token is lost. */
export async function rotation(cloud: Cloud): Promise<string> {
  const { lab, client, floating } = cloud;
  const controllers = withRole(lab, 'controller');
  const primaries = async () =>
    new Set(await Promise.all(controllers.map((host) => host.must(['bash', '-c', PRIMARY]))));
  const before = await primaries();
  const tokens = [await client.field('id', 'token', 'issue')];
  const watch = await startWatch(lab, PUBLIC, floating);
  try {
    await answered(watch, 60, 'the user has answers');
    const began = Date.now();
    for (const round of [1, 2]) {
      await rotateSecret(join(lab.folder, 'secrets.yaml'), 'keystone-fernet');
      const seeds = dirname(await lab.generate());
      for (const host of controllers) {
        await takeSeed(host, seeds, '--wait', '--timeout', '380');
        tokens.push(await cloud.on(host).field('id', 'token', 'issue'));
        for (const one of controllers)
          for (const [index, token] of tokens.entries())
            if ((await shown(one, token)) !== '200')
              throw new Error(`round ${round}: ${one.name} does not know token ${index}, after ${host.name}`);
      }
    }
    const after = await primaries();
    if (after.size !== 1 || [...after].some((one) => before.has(one)))
      throw new Error(`tokens are made by ${[...after].join(', ')}, and were by ${[...before].join(', ')}`);
    const gaps = [...watch.longest(began)].filter(([probe]) => probe !== 'ping');
    const over = gaps.filter(([, gap]) => gap > PAUSE).map(([probe, gap]) => `${probe} ${gap.toFixed(1)} s`);
    if (over.length > 0) throw new Error(`too long without an answer: ${over.join(', ')}`);
    const told = gaps.map(([probe, gap]) => `${probe} ${gap.toFixed(1)} s`).join(', ');
    return `${tokens.length} tokens of all stages are good on every controller, and another key makes them; longest time without an answer: ${told}`;
  } finally {
    watch.stop();
  }
}
