import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { must } from '../images/run.ts';
import { needs } from '../needs.ts';
import { type Lab, openLab } from './lab.ts';
import { labNeeds } from './needs.ts';

const inventory = join(root, 'test/lab/fleet/inventory.yaml');
const names = ['one', 'two'];
const lab = suite<{ lab: Lab }>('lab');
const test = needs(lab, ...labNeeds);
const able = test === lab;

lab.before(async (context) => {
  if (!able) return;
  context.lab = await openLab({ name: 'test', inventory, hosts: names });
  await context.lab.destroy();
  await context.lab.up();
  await Promise.all(names.map((name) => booted(context.lab, name)));
});

lab.after(async (context) => {
  if (able) await context.lab.destroy();
});

/** Until cloud-init has done all that it does at a boot. */
async function booted(lab: Lab, name: string): Promise<void> {
  await lab.host(name).must(['cloud-init', 'status', '--wait'], { timeout: 90 });
}

/** Until its network is up, which is long before. */
async function reachable(lab: Lab, name: string): Promise<void> {
  const address = `10.20.1.${names.indexOf(name) + 1}`;
  for (const began = Date.now(); (await lab.arp('manage', address)).length === 0; ) {
    if (Date.now() - began > 60_000) throw new Error(`${name} does not answer`);
  }
}

test('hosts come up from the ISO of their seed, with their name and addresses', async ({ lab }) => {
  for (const [index, name] of names.entries()) {
    const host = lab.host(name);
    await host.must(['stackseed-node', 'wait', '--timeout', '90'], { timeout: 100 });
    assert.is((await host.must(['hostname', '--fqdn'])).trim(), `${name}.lab.example`);
    const addresses = await host.must(['ip', '-brief', '-4', 'address', 'show', 'scope', 'global']);
    assert.match(addresses, new RegExp(`^manage@.* 10\\.20\\.1\\.${index + 1}/24 `, 'm'));
    assert.match(addresses, new RegExp(`^storage@.* 10\\.20\\.2\\.${index + 1}/24 `, 'm'));
    const source = await host.must(['cat', '/var/lib/cloud/instance/datasource']);
    assert.match(source, /NoCloud: DataSourceNoCloud \[seed=\/dev\/loop\d+\]/);
    // All packages were on the layer: apt was not asked.
    assert.is(await host.must(['find', '/var/lib/apt/lists', '-type', 'f', '-not', '-name', 'lock']), '');
  }
});

test('commands run in a host, with input, exit status and an end', async ({ lab }) => {
  const one = lab.host('one');
  assert.equal(await one.exec(['sh', '-c', 'cat; echo no >&2; exit 7'], { input: 'yes\n' }), {
    status: 7,
    stdout: 'yes\n',
    stderr: 'no\n',
  });
  const began = Date.now();
  const { status } = await one.exec(['sleep', '1000'], { timeout: 1 });
  assert.is(status, 124);
  assert.ok(Date.now() - began < 5000);
  assert.is((await one.exec(['pgrep', '-x', 'sleep'])).status, 1);
  assert.is((await one.script('f() { echo "$1"; }; f done')).stdout, 'done\n');
});

test('a power cut takes the addresses away at once and keeps the disk', async ({ lab }) => {
  const one = lab.host('one');
  assert.equal(await lab.arp('manage', '10.20.1.1'), ['one']);
  const boot = await one.must(['cat', '/proc/sys/kernel/random/boot_id']);
  await one.must(['sh', '-c', 'echo kept >/var/kept && sync']);
  await one.powerCut();
  assert.equal(await lab.arp('manage', '10.20.1.1'), []);
  assert.is(await one.isOn(), false);
  assert.is((await one.exec(['true'])).status, 125);
  assert.not.match(await must([...(await lab.switch.prefix()), 'ip', '-brief', 'link']), /^one\./m);
  await one.powerOn();
  await reachable(lab, 'one');
  assert.is(await one.must(['cat', '/var/kept']), 'kept\n');
  assert.is.not(await one.must(['cat', '/proc/sys/kernel/random/boot_id']), boot);
  assert.equal(await lab.arp('manage', '10.20.1.1'), ['one']);
});

test('a reboot from inside starts with fresh network cards', async ({ lab }) => {
  const two = lab.host('two');
  await two.must(['ip', 'address', 'add', '10.20.1.200/24', 'dev', 'manage']);
  assert.equal(await lab.arp('manage', '10.20.1.200'), ['two']);
  await two.reboot();
  await reachable(lab, 'two');
  assert.equal(await lab.arp('manage', '10.20.1.200'), []);
  assert.equal(await lab.arp('manage', '10.20.1.2'), ['two']);
});

test('a wiped host begins anew', async ({ lab }) => {
  const one = lab.host('one');
  const before = await one.must(['cat', '/etc/machine-id']);
  await one.wipe();
  await one.powerOn();
  await booted(lab, 'one');
  assert.is((await one.exec(['cat', '/var/kept'])).status, 1);
  assert.is.not(await one.must(['cat', '/etc/machine-id']), before);
  assert.is((await one.must(['hostname'])).trim(), 'one');
});

test('two hosts that have one address are both seen', async ({ lab }) => {
  for (const name of names)
    await lab.host(name).must(['ip', 'address', 'add', '10.20.1.201/32', 'dev', 'manage']);
  assert.equal(await lab.arp('manage', '10.20.1.201'), ['one', 'two']);
});

/** Whether echo requests from one host arrive at the other, and whether the answers come back. */
async function echo(lab: Lab, from: string, to: string, net = 'manage'): Promise<[boolean, boolean]> {
  const card = lab.host(to).spec.cards.find(({ network }) => network === net);
  const address = `10.20.${net === 'manage' ? 1 : 2}.${names.indexOf(to) + 1}`;
  const arrived = async (): Promise<number> => {
    const lines = (await lab.host(to).must(['cat', '/proc/net/snmp'])).split('\n');
    const [head = [], values = []] = lines
      .filter((line) => line.startsWith('Icmp:'))
      .map((line) => line.split(' '));
    return Number(values[head.indexOf('InEchos')]);
  };
  const before = await arrived();
  // Known beforehand, or a lost answer to ARP would keep the request from being sent.
  const neighbour = ['ip', 'neighbour', 'replace', address, 'lladdr', card?.mac ?? ''];
  await lab.host(from).must([...neighbour, 'nud', 'permanent', 'dev', net]);
  const { status } = await lab.host(from).exec(['ping', '-q', '-c', '2', '-i', '0.2', '-W', '1', address]);
  await lab.host(from).must(['ip', 'neighbour', 'delete', address, 'dev', net]);
  return [(await arrived()) > before, status === 0];
}

test('a link that is cut one way is cut one way, and stays so when a host starts again', async ({ lab }) => {
  assert.equal(await echo(lab, 'one', 'two'), [true, true]);
  await lab.partition([['one', 'two']], { oneWay: true, networks: ['manage'] });
  const check = async (): Promise<void> => {
    assert.equal(await echo(lab, 'one', 'two'), [false, false]);
    assert.equal(await echo(lab, 'two', 'one'), [true, false]);
    assert.equal(await echo(lab, 'one', 'two', 'storage'), [true, true]);
  };
  await check();
  await lab.host('one').powerCut();
  await lab.host('one').powerOn();
  await reachable(lab, 'one');
  await check();
  await lab.heal([['two', 'one']], { oneWay: true });
  assert.equal(await echo(lab, 'one', 'two'), [false, false]);
  await lab.heal([['one', 'two']]);
  assert.equal(await echo(lab, 'two', 'one'), [true, true]);
});

test('both ways, the client, and frames lost by chance', async ({ lab }) => {
  await lab.partition([['one', 'two']]);
  assert.equal(await echo(lab, 'one', 'two'), [false, false]);
  assert.equal(await echo(lab, 'two', 'one', 'storage'), [false, false]);
  await lab.partition([['client', 'one']]);
  assert.equal(await lab.arp('manage', '10.20.1.1'), []);
  assert.equal(await lab.arp('manage', '10.20.1.2'), ['two']);
  await lab.heal();
  assert.equal(await lab.arp('manage', '10.20.1.1'), ['one']);
  await lab.drop([['one', 'two']], 50, { oneWay: true });
  await lab.host('two').exec(['ping', '-c', '1', '-W', '3', '10.20.1.1']);
  const said = await lab.host('two').exec(['ping', '-q', '-c', '60', '-i', '0.02', '-W', '1', '10.20.1.1']);
  const received = Number(/(\d+) received/.exec(said.stdout)?.[1]);
  assert.ok(received > 5 && received < 55, said.stdout);
  await lab.heal();
});

test('what comes to a host can be slowed down', async ({ lab }) => {
  // One packet of 50 kB, in frames that are sent at once. Milliseconds until it is answered.
  const took = async (): Promise<number> => {
    const said = await lab.host('two').must(['ping', '-q', '-c', '1', '-W', '9', '-s', '50000', '10.20.1.1']);
    return Number(/= ([\d.]+)\//.exec(said)?.[1]);
  };
  await lab.host('one').slow('256kbit');
  // 32 kB go through at once, and the rest needs more than half a second.
  const slow = await took();
  assert.ok(slow > 450, `${slow} ms`);
  await lab.host('one').slow();
  const fast = await took();
  assert.ok(fast < 450, `${fast} ms`);
});

/** Network namespaces of the lab's processes, as the kernel numbers them. */
function namespaces(mark: string): Set<string> {
  const all = processes(mark).map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
  return new Set(all.filter((net) => net !== readlinkSync('/proc/self/ns/net')));
}

/** Processes that are in a cgroup of the lab, or name its folder. */
function processes(...marks: string[]): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    const texts = ['cgroup', 'cmdline'].map((file) => read(`/proc/${name}/${file}`));
    // The dead whom init has not buried yet are not the lab's.
    if (/^State:\tZ/m.test(read(`/proc/${name}/status`))) return false;
    return marks.some((mark) => texts.some((text) => text.includes(mark)));
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function leftovers(lab: Lab, nets: Set<string>): Promise<string[]> {
  const loops = (await must(['losetup', '--all'])).split('\n').filter((line) => line.includes(lab.folder));
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(lab.folder));
  const open = (await must(['lsns', '--type', 'net', '--noheadings', '--output', 'NS'])).split(/\s+/);
  const alive = open.filter((inode) => nets.has(`net:[${inode}]`));
  const running = processes(lab.folder, '/stackseed-lab/test-');
  return [...loops, ...mounts, ...alive, ...running];
}

test('down leaves nothing behind', async ({ lab }) => {
  const before = namespaces('/stackseed-lab/test-');
  assert.ok(before.size >= 3, 'the switch and two hosts');
  assert.is.not((await leftovers(lab, before)).length, 0);
  await lab.down();
  assert.equal(await leftovers(lab, before), []);
});

test('what a killed run leaves is used or cleaned up by the next', async ({ lab }) => {
  const words = ['--import', 'tsx', join(root, 'test/lab/main.ts'), '--lab', 'test', 'up', ...names];
  const driver = spawn(process.execPath, words, { cwd: root, stdio: 'ignore' });
  const gone = new Promise((resolve) => driver.on('close', resolve));
  // In the middle: the first of the machines has begun to exist.
  while (processes('/stackseed-lab/test-').length < 2) {
    assert.is(driver.exitCode, null, 'the driver is still at work');
    await sleep(5);
  }
  driver.kill('SIGKILL');
  await gone;
  await lab.up();
  for (const name of names) await booted(lab, name);
  const nets = namespaces('/stackseed-lab/test-');
  await lab.destroy();
  assert.equal(await leftovers(lab, nets), []);
});

lab.run();
