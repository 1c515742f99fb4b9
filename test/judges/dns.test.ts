import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../fixtures.ts';
import { inRoot, judgeRoot } from '../images/chroot.ts';
import { needs } from '../needs.ts';
import { explode } from './explode.ts';
import { allSeeds } from './seeds.ts';

const onRoot = needs(test, 'root', 'mmdebstrap');

/** The memo's zone: what its text says, not what the generator makes of it. */
const names: Record<string, string> = {
  'cnt.pikesaku.net': '192.168.0.50',
  'cnt1.pikesaku.net': '192.168.0.51',
  'cnt2.pikesaku.net': '192.168.0.52',
  'cnt3.pikesaku.net': '192.168.0.53',
  'router.pikesaku.net': '192.168.0.1',
};

/** Starts the router's dnsmasq on an interface like the router's and asks it; one line an answer. */
async function answers(userData: string, questions: string[]): Promise<string[]> {
  return withFolder(async (folder) => {
    await explode(userData, folder);
    const script = `
ip link add public type veth peer name wire
ip address add 192.168.0.1/24 dev public
ip link set public up
ip link set wire up
dnsmasq --keep-in-foreground --user=root --conf-file=/dev/null --conf-dir=/etc/dnsmasq.d,*.conf --pid-file &
for try in 1 2 3 4 5 6 7 8 9 10; do
  dig +time=1 +tries=1 @192.168.0.1 localhost > /dev/null && break
  sleep 0.2
done
ask() {
  echo "$(dig +time=2 +tries=1 +noall +comments +answer @192.168.0.1 "$@" |
    awk '/status:/ { sub(",", "", $6); status = $6 } !/^;/ && NF { text = text " " $NF } END { print status text }')"
}
${questions.map((question) => `ask ${question}`).join('\n')}
kill %1
`;
    const ran = await inRoot(await judgeRoot('bookworm'), script, folder);
    return ran.stdout.trim().split('\n');
  });
}

async function router(platform: string): Promise<string> {
  const seed = (await allSeeds()).find(({ name }) => name === `memo on ${platform}: router`);
  if (seed === undefined) throw new Error('the memo has no router');
  return seed.userData;
}

for (const platform of ['debian-12', 'ubuntu-16.04', 'ubuntu-24.04']) {
  onRoot(`the router of ${platform} answers for the memo's names, forwards and reverse`, async () => {
    const asked = Object.entries(names);
    const forward = await answers(
      await router(platform),
      asked.map(([name]) => name),
    );
    assert.equal(
      forward,
      asked.map(([, address]) => `NOERROR ${address}`),
    );
    const reverse = await answers(
      await router(platform),
      asked.map(([, address]) => `-x ${address}`),
    );
    assert.equal(
      reverse,
      asked.map(([name]) => `NOERROR ${name}.`),
    );
  });
}

onRoot('a name that the zone lacks does not exist, and is not asked for elsewhere', async () => {
  assert.equal(await answers(await router('debian-12'), ['cnt9.pikesaku.net']), ['NXDOMAIN']);
});

onRoot('the question for a name that is missing is seen to fail', async () => {
  const torn = (await router('debian-12')).replaceAll(/host-record=cnt2\.pikesaku\.net,.*/g, '');
  assert.equal(await answers(torn, ['cnt2.pikesaku.net']), ['NXDOMAIN']);
});

test.run();
