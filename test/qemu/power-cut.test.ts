import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progress } from '../images/run.ts';
import { needs } from '../needs.ts';
import type { Machine } from './machine.ts';
import { type MemoLab, openMemo, ready, say } from './memo.ts';
import { proxyAddress } from './outside.ts';
import { aptProxy } from './proxy.ts';

/**
 * Power is cut at moments of a first boot: QEMU is killed as soon as the machine itself sees the moment
 * come, so what it had not flushed is lost. Then it is switched on again, and must become the host that
 * it would have been. The short form has a moment of each host.
 */
const cut = suite('power cut');
const onQemu = needs(cut, 'root', 'qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'xorriso');

/** Each is seen by a shell condition that becomes true in the first boot. */
interface Moment {
  name: string;
  host: 'router' | 'nfs';
  seen: string;
  /** Of the short form as well. */
  short?: true;
}

const seed = '/var/lib/stackseed/seed';

const all: Moment[] = [
  {
    name: 'cloud-init has just written the network configuration',
    host: 'router',
    seen: '[ -e /etc/network/interfaces.d/50-cloud-init ]',
    short: true,
  },
  {
    name: 'cloud-init is in the middle of write_files',
    host: 'nfs',
    seen: `[ -e ${seed}/components ]`,
    short: true,
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

const moments = all.filter(({ short }) => short || process.env['STACKSEED_LONG'] === '1');

/** Waits in the machine, so that hardly any time passes between the moment and the cut. */
async function cutAt(machine: Machine, seen: string): Promise<void> {
  await say(machine, `until ${seen}; do sleep 0.02; done > /dev/null 2>&1`, 1800);
  await machine.powerCut();
  progress(`${machine.name} lost power ${machine.age().toFixed(1)} s after it was switched on`);
}

/** What must hold of a host, however it got there. */
async function checkHost(machine: Machine, host: string): Promise<void> {
  const { stdout, code } = await machine.exec('stackseed-node status --json');
  assert.is(code, 0, stdout);
  assert.is(await say(machine, 'hostname -f'), `${host}.pikesaku.net`);
  assert.is(await say(machine, 'cloud-init status'), 'status: done');
  assert.is(await say(machine, 'systemctl --failed --no-legend'), '');
  assert.is(await say(machine, 'dpkg --audit'), '');
  // Every file of the seed is whole, and in its place.
  await say(machine, `grep -v '^#' ${seed}/seed.list | sha256sum --check --quiet`);
  const astray = `
cd ${seed}/components
for list in */files.list; do
  while read -r mode owner group path; do
    cmp "\${list%files.list}files$path" "$path"
    [ "$(stat -c '0%a %U %G' "$path")" = "$mode $owner $group" ] || echo "$path is not $mode $owner $group"
  done < "$list"
done 2>&1`;
  assert.is(await say(machine, astray), '');
  assert.is(await say(machine, 'find /etc/ssh -name "ssh_host_*" -empty'), '');
  assert.match(await say(machine, 'runuser -u operator -- sudo -n id'), /^uid=0/);
  await say(machine, 'systemctl is-active ssh && nft list table inet stackseed');
}

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

for (const [at, { name }] of moments.entries()) {
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

cut.run();

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

if (process.env['STACKSEED_LONG'] === '1') long.run();
