import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progress } from '../images/run.ts';
import { needs } from '../needs.ts';
import { checkHost, cutAt, FILES_BEING_WRITTEN, NETWORK_WRITTEN } from './cut.ts';
import { type MemoLab, openMemo, ready } from './memo.ts';
import { proxyAddress } from './outside.ts';
import { aptProxy } from './proxy.ts';

/**
 * Power is cut at moments of a first boot: QEMU is killed as soon as the machine itself sees the moment
 * come, so what it had not flushed is lost. Then it is switched on again, and must become the host that
 * it would have been. This is the long form; boot.test.ts cuts the power of two of its hosts.
 */
const cut = suite('power cut');
const onQemu = needs(cut, 'root', 'qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'xorriso');

/** Each is seen by a shell condition that becomes true in the first boot. */
interface Moment {
  name: string;
  host: 'router' | 'nfs';
  seen: string;
}

const moments: Moment[] = [
  {
    name: 'cloud-init has just written the network configuration',
    host: 'router',
    seen: NETWORK_WRITTEN,
  },
  {
    name: 'cloud-init is in the middle of write_files',
    host: 'nfs',
    seen: FILES_BEING_WRITTEN,
  },
  {
    name: 'cloud-init makes the SSH host keys',
    host: 'router',
    seen: '[ -e /etc/ssh/ssh_host_rsa_key ]',
  },
  {
    name: 'the first components lay their files',
    host: 'nfs',
    seen: 'grep -qs . /etc/stackseed/users || [ -e /etc/sysctl.d/60-stackseed.conf ]',
  },
  {
    name: 'the firewall has just been loaded',
    host: 'router',
    seen: 'nft list table inet stackseed',
  },
];

let memo: MemoLab;
let passed = 0;
let wanted = 0;

/** Two machines at a time: the moments of one host run beside those of the other. */
async function inPairs(done: Map<string, Error | undefined>): Promise<void> {
  await Promise.all(
    ['router', 'nfs'].map(async (host) => {
      for (const moment of moments.filter((one) => one.host === host))
        done.set(moment.name, await attempt(moment).then(() => undefined, asError));
    }),
  );
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function attempt({ name, host, seen }: Moment): Promise<void> {
  const disk = name.replaceAll(/\W+/g, '-');
  progress(`${host}: power is cut when ${name}`);
  await cutAt(await memo.boot(host, { disk }), seen);
  const again = await memo.boot(host, { disk });
  await ready(again);
  await checkHost(again, host);
  await again.powerCut();
}

cut.after(async () => {
  await memo?.lab.close(passed < wanted);
});

const outcomes = new Map<string, Error | undefined>();

for (const [at, { name }] of process.env['STACKSEED_LONG'] === '1' ? moments.entries() : []) {
  wanted += 1;
  onQemu(`power cut when ${name}`, async () => {
    if (at === 0) {
      memo = await openMemo();
      await inPairs(outcomes);
    }
    assert.ok(outcomes.has(name), 'it was not tried');
    const error = outcomes.get(name);
    if (error) throw error;
    passed += 1;
  });
}

/** The long form: packages are really installed, and power is cut while dpkg is at it. */
const long = suite('power cut in an installation');

long('power cut while dpkg unpacks and configures packages', async () => {
  const proxy = await aptProxy();
  const plain = await openMemo({
    plain: true,
    proxy: proxy.socket,
    change: (inventory) => inventory.replace('\nntp:\n', `\napt:\n  proxy: ${proxyAddress}\n\nntp:\n`),
  });
  let fine = false;
  try {
    for (const seen of [
      'dpkg --audit | grep -q unpacked',
      'pgrep -x dpkg && dpkg --audit | grep -q configured',
    ]) {
      await cutAt(await plain.boot('nfs'), seen);
    }
    const again = await plain.boot('nfs');
    await ready(again, 1800);
    await checkHost(again, 'nfs');
    fine = true;
  } finally {
    await plain.lab.close(!fine);
    await proxy.close();
  }
});

cut.run();
if (process.env['STACKSEED_LONG'] === '1') long.run();
