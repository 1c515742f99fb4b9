import * as assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, progress, type Ran } from '../images/run.ts';
import { type Machine, powerOn } from '../netboot/machine.ts';
import type { Case } from './cases.ts';
import { type Fleet, layFleet, PROXY_PORT } from './fleet.ts';
import { type Lan, openLan, SERVER } from './lan.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { openPage, type Page } from './page.ts';
import { repair } from './repair.ts';
import { parseIndex, signedText, sumOf } from './stanzas.ts';

/** Seconds that an installation, and a first boot, may take. A machine that does nothing else needs a third of it. */
const INSTALLATION = 3 * 3600;
const FIRST_BOOT = 3600;
const REBOOT = 1800;

const ARCHIVE = '/debian/dists/trixie';
const PACKAGE = 'debian-installer-13-netboot-amd64';

/** Seconds from power on to each thing that was seen. */
export type Times = [what: string, seconds: number][];

/**
 * From an empty disk to the host that the inventory wants, with nobody answering anything: the machine boots from the
 * network, installs itself, restarts, boots its disk although the network still comes first, and converges.
 */
export async function install(one: Case, folder: string, pictures: string): Promise<Times> {
  const mirror = await openMirror();
  const image = join(folder, `${PACKAGE}.deb`);
  await writeFile(image, await installerPackage(mirror));
  const fleet = await layFleet(folder, one, image);
  await repair(mirror, join(fleet.tree, 'www/images/debian-13/initrd.gz'));
  const lan = await openLan(folder);
  const page = await openPage(folder, lan);
  let machine: Machine | undefined;
  try {
    await serve(lan, fleet, mirror);
    await must([...fleet.stackseed, 'pxe', 'arm', one.host, '-o', fleet.tree, '--out', fleet.out]);
    const disks = await emptyDisks(folder, one);
    machine = powerOn({
      name: one.host,
      firmware: one.firmware,
      folder,
      within: lan.within,
      nic: { mac: one.mac, tap: lan.port() },
      disk: disks[0] ?? '',
      more: disks.slice(1),
      memory: 1280,
      restarts: true,
    });
    return await follow(one, { machine, page, lan, fleet, pictures });
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n${JSON.stringify(await page.host(one.host), undefined, 1)}`,
    );
  } finally {
    if (mirror.refused.length > 0) progress(`the mirror refused: ${[...new Set(mirror.refused)].join(' ')}`);
    await machine?.off();
    await page.close();
    await lan.close();
    await mirror.close();
  }
}

/** What Debian packages for booting its installer from the network. */
async function installerPackage(mirror: Mirror): Promise<Buffer> {
  const release = signedText((await mirror.get(`${ARCHIVE}/InRelease`)).toString('latin1'));
  const sum = sumOf(release, 'main/binary-amd64/Packages.xz');
  const packed = await mirror.get(`${ARCHIVE}/main/binary-amd64/by-hash/SHA256/${sum}`);
  const text = await must(['sh', '-c', 'base64 --decode | xz --decompress --stdout'], {
    input: packed.toString('base64'),
  });
  const found = parseIndex(text).find(({ Package }) => Package === PACKAGE);
  return mirror.get(`/debian/${found?.['Filename']}`);
}

async function serve(lan: Lan, fleet: Fleet, mirror: Mirror): Promise<void> {
  const listen = `TCP-LISTEN:${PROXY_PORT},bind=${SERVER},fork,reuseaddr`;
  lan.start('proxy', ['socat', listen, `UNIX-CONNECT:${mirror.socket}`]);
  const { stackseed, inventory, tree } = fleet;
  const server = lan.start('serve', [
    ...stackseed,
    ...['serve', '-i', inventory, '-o', tree, '--listen', SERVER, '--syslog', SERVER, '--dnsmasq'],
  ]);
  const asks = () => lan.run(['curl', '--silent', '--fail', '--output', '/dev/null', `http://${SERVER}/`]);
  for (let tries = 0; (await asks()).code !== 0; tries++) {
    if (tries > 120 || server.exitCode !== null) throw new Error('the boot server does not start: serve.log');
    await sleep(500);
  }
}

async function emptyDisks(folder: string, { host, gigabytes }: Case): Promise<string[]> {
  return Promise.all(
    gigabytes.map(async (size, at) => {
      const file = join(folder, `${host}-${at}.raw`);
      await writeFile(file, '');
      await truncate(file, size * 1e9);
      return file;
    }),
  );
}

interface Seen {
  machine: Machine;
  page: Page;
  lan: Lan;
  fleet: Fleet;
  pictures: string;
}

async function follow(one: Case, { machine, page, lan, fleet, pictures }: Seen): Promise<Times> {
  const times: Times = [];
  const note = (what: string) => {
    times.push([what, Math.round(machine.age())]);
    progress(`${one.name}: ${what} after ${Math.round(machine.age())} s`);
  };
  await mkdir(pictures, { recursive: true });
  const picture = async (says: RegExp, name: string) => {
    await page.picture(one.host, says, join(pictures, `${one.name}-${name}.png`));
  };
  let last = '';
  /** Waits for a word of the page, and notes each that comes before it. */
  const until = async (stage: RegExp, seconds: number) => {
    const end = machine.age() + seconds;
    for (;;) {
      const host = await page.host(one.host);
      const said = host ? `${host.stage}${host.armed ? ', armed' : ''}` : last;
      if (said !== last) note(said);
      last = said;
      if (host && stage.test(said)) return host;
      if (machine.age() > end || machine.isOff()) throw new Error(`${one.host} does not get to ${stage}`);
      await sleep(2000);
    }
  };
  await until(/^installer/, 900);
  await picture(/installer/, 'installs');
  // A state that passes quickly may be missed; nobody who is armed gets to these.
  await until(/^(installed|boots its disk|first boot done|converging|healthy)$/, INSTALLATION);
  const began = machine.age();
  await until(/^healthy$/, FIRST_BOOT);
  note(`healthy, ${Math.round(machine.age() - began)} s after its installer finished,`);
  await picture(/healthy/, 'healthy');
  await check(one, lan, fleet);
  note('as the inventory wants it');
  await restart(one, machine, lan, fleet);
  await until(/^healthy$/, REBOOT);
  note('restarted, and healthy again');
  await check(one, lan, fleet);
  return times;
}

/** Restarts the host from within, and waits until it is another boot that answers. */
async function restart(one: Case, machine: Machine, lan: Lan, fleet: Fleet): Promise<void> {
  const boot = async () => (await ssh(one, lan, fleet, 'cat /proc/sys/kernel/random/boot_id')).stdout.trim();
  const before = await boot();
  await ssh(one, lan, fleet, 'systemctl --no-block reboot');
  const end = machine.age() + REBOOT;
  for (let now = before; now === before || now === ''; now = await boot()) {
    if (machine.age() > end || machine.isOff()) throw new Error(`${one.host} does not come back`);
    await sleep(3000);
  }
}

function ssh({ address }: Case, lan: Lan, { key }: Fleet, script: string): Promise<Ran> {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
  ];
  return lan.run(
    [
      ...['ssh', '-F', '/dev/null', '-i', key, '-o', 'ConnectTimeout=20'],
      ...options.flatMap((option) => ['-o', option]),
      ...[`operator@${address}`, 'sudo -n bash -s'],
    ],
    script,
  );
}

/** Looks at the installed host from inside. */
async function check(one: Case, lan: Lan, fleet: Fleet): Promise<void> {
  const wrong: string[] = [];
  for (const { command, says } of one.checks) {
    const { stdout, stderr } = await ssh(one, lan, fleet, command);
    if (!says.test(stdout.trim())) wrong.push(`${command}: not ${says}: ${stdout}${stderr}`);
  }
  assert.equal(wrong.join('\n'), '');
}
