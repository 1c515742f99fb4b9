import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostPlan } from '../../src/plan/types.ts';
import { judgeRoot } from '../images/chroot.ts';
import type { Ran } from '../images/run.ts';
import { needs } from '../needs.ts';
import { judgeTexts, objections } from './judge.ts';
import { allSeeds, type Seed } from './seeds.ts';

const onRoot = needs(test, 'root', 'mmdebstrap');

/** cloud-init's renderer for ifupdown, and then ifupdown, which tells what it would run. */
const ifupdown = (distro: string) => `
set -e
cloud-init devel net-convert -p "$1" -k yaml -d "$2" -D ${distro} -O eni >&2
rendered=$(find "$2/etc/network" -type f -name '*interfaces*' -o -type f -name '50-cloud-init*')
cat "$rendered"
ifup --no-act --all --force -i "$rendered" 2>&1
`;

/** cloud-init's renderer for netplan, and then netplan, which writes systemd-networkd's files. */
const netplan = `
set -e
cloud-init devel net-convert -p "$1" -k yaml -d "$2" -D ubuntu -O netplan >&2
chmod 600 "$2"/etc/netplan/*
netplan generate --root-dir "$2" >&2
tail -n +1 "$2"/run/systemd/network/*
`;

/** A newer netplan; this release's net-convert writes to the running system instead, so version 2 is taken as it is. */
const newerNetplan = `
set -e
mkdir -p "$2/etc/netplan"
{ echo network:; sed 's/^/  /' "$1"; } > "$2/etc/netplan/50-cloud-init.yaml"
chmod 600 "$2"/etc/netplan/*
ln -sf /bin/true /usr/local/bin/systemctl
netplan generate --root-dir "$2" >&2
tail -n +1 "$2"/run/systemd/network/*
`;

/** What must come out for a host; each is looked for as a whole line, spaces folded. */
interface Expected {
  address: (iface: string, address: string) => RegExp;
  dhcp: (iface: string) => RegExp;
  route: (iface: string, gateway: string) => RegExp;
}

const asIfupdown: Expected = {
  address: (iface, address) => new RegExp(`^ip (-4 )?addr add ${address}/.* dev ${iface}\\b`, 'm'),
  dhcp: (iface) => new RegExp(`dhclient -4 .* ${iface}\\b`, 'm'),
  route: (iface, gateway) => new RegExp(`^ip (-4 )?route add default via ${gateway} dev ${iface}\\b`, 'm'),
};

const asNetworkd: Expected = {
  address: (_, address) => new RegExp(`^Address=${address}/`, 'm'),
  dhcp: () => /^DHCP=ipv4$/m,
  route: (_, gateway) => new RegExp(`^Gateway=${gateway}$`, 'm'),
};

// netplan's, where the same file must do for ifupdown too; Ubuntu 24.04 has a test that wants none.
const gatewayFour = /\*\* .*WARNING.*`gateway4` has been deprecated.*/g;

/** What is wanting in the renderer's result; empty when nothing is. */
function wanting(host: HostPlan, ran: Ran, expected: Expected): string[] {
  const text = ran.stdout.replace(/[ \t]+/g, ' ').replace(/^ /gm, '');
  const lacks = host.networks.flatMap((network) => {
    const { interface: iface, address, gateway } = network;
    if (address === undefined && !network.dhcp) return [];
    const patterns = network.dhcp
      ? [expected.dhcp(iface)]
      : [expected.address(iface, String(address).replaceAll('.', '\\.'))];
    if (network.defaultRoute && gateway !== undefined)
      patterns.push(expected.route(iface, gateway.replaceAll('.', '\\.')));
    return patterns.filter((pattern) => !pattern.test(text)).map((pattern) => `nothing like ${pattern}`);
  });
  // It needs net-tools, and fails in silence without: a host that has no default route.
  if (/\broute add -/.test(text)) lacks.push('route add');
  // Both renderers leave out what they do not understand, say so, and exit with 0.
  if (/WARNING|Traceback|ERROR/.test(ran.stderr.replace(gatewayFour, ''))) lacks.push(ran.stderr);
  return lacks;
}

async function objectionsTo(
  suite: 'bookworm' | 'trixie',
  command: string,
  seeds: Seed[],
  expected: Expected,
): Promise<string> {
  assert.not.equal(seeds.length, 0);
  const texts = new Map(seeds.map((seed) => [seed.name, seed.networkConfig]));
  const answers = await judgeTexts(await judgeRoot(suite), texts, command);
  const failed = objections(answers, (ran) => ran.code === 0);
  const incomplete = seeds.flatMap((seed) => {
    const ran = answers.get(seed.name);
    const lacks = ran === undefined || ran.code !== 0 ? [] : wanting(seed.host, ran, expected);
    return lacks.length === 0 ? [] : [`${seed.name}: ${lacks.join(', ')}\n${ran?.stdout}`];
  });
  return [failed, ...incomplete].filter(Boolean).join('\n');
}

async function seedsFor(...platforms: string[]): Promise<Seed[]> {
  return (await allSeeds()).filter((seed) => platforms.includes(seed.platform));
}

/** A seed of the memo's with another network-config, for the controls. */
async function withNetwork(networkConfig: string): Promise<Seed[]> {
  const seed = (await seedsFor('debian-12')).find(({ name }) => name === 'memo on debian-12: nw1');
  if (seed === undefined) throw new Error('the memo has no nw1');
  return [{ ...seed, networkConfig }];
}

onRoot('ifupdown brings up the Debian hosts, by cloud-init 22.4', async () => {
  const seeds = await seedsFor('debian-12');
  assert.is(await objectionsTo('bookworm', ifupdown('debian'), seeds, asIfupdown), '');
});

onRoot('ifupdown brings up the Debian hosts, by cloud-init 25.1', async () => {
  const seeds = await seedsFor('debian-13');
  assert.is(await objectionsTo('trixie', ifupdown('debian'), seeds, asIfupdown), '');
});

onRoot('ifupdown brings up the hosts of Ubuntu 16.04', async () => {
  const seeds = await seedsFor('ubuntu-16.04');
  assert.is(await objectionsTo('bookworm', ifupdown('ubuntu'), seeds, asIfupdown), '');
});

onRoot('netplan takes the hosts of Debian 12, whose cloud images have it', async () => {
  const seeds = await seedsFor('debian-12');
  assert.is(await objectionsTo('bookworm', netplan, seeds, asNetworkd), '');
});

onRoot('two releases of netplan take the hosts of Ubuntu 24.04', async () => {
  const seeds = await seedsFor('ubuntu-24.04');
  assert.is(await objectionsTo('bookworm', netplan, seeds, asNetworkd), '');
  assert.is(await objectionsTo('trixie', newerNetplan, seeds, asNetworkd), '');
});

onRoot('netplan finds nothing deprecated for Ubuntu 24.04', async () => {
  const texts = new Map((await seedsFor('ubuntu-24.04')).map((seed) => [seed.name, seed.networkConfig]));
  const answers = await judgeTexts(await judgeRoot('trixie'), texts, newerNetplan);
  assert.is(
    objections(answers, (ran) => !/WARNING|deprecated/.test(ran.stderr)),
    '',
  );
});

const routed = `version: 2
ethernets:
  manage:
    addresses: [192.168.1.61/24]
    routes: [{to: 0.0.0.0/0, via: 192.168.1.1}]
  private1: {addresses: [192.168.2.61/24]}
`;

onRoot('a default route that ifupdown would not set is found', async () => {
  const said = await objectionsTo('bookworm', ifupdown('debian'), await withNetwork(routed), asIfupdown);
  assert.match(said, /route add default via/);
});

onRoot('an address that is missing, and one that is malformed, are found', async () => {
  const missing = await withNetwork('version: 2\nethernets:\n  manage: {dhcp4: true}\n');
  assert.match(await objectionsTo('bookworm', netplan, missing, asNetworkd), /Address=/);
  const malformed = await withNetwork('version: 2\nethernets:\n  manage: {addresses: [192.168.1.300/24]}\n');
  assert.match(await objectionsTo('trixie', newerNetplan, malformed, asNetworkd), /malformed address/);
});

test.run();
