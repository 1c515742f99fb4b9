import fc from 'fast-check';
import type { Inventory, InventoryHost } from '../../src/inventory/schema.ts';

/**
 * Valid inventories: one to three networks, groups, one to twelve hosts, roles, users, settings. Every
 * one of them reads without an error. Shrinks towards one host on one network.
 */
export const inventoryArbitrary: fc.Arbitrary<Inventory> = fc
  .record({
    fleet: label(),
    domain: fc.tuple(label(), label()).map((labels) => labels.join('.')),
    platform: fc.constantFrom('debian-12', 'debian-13', 'ubuntu-16.04', 'ubuntu-24.04'),
    uses: fc.shuffledSubarray(['manage', 'public', 'tunnel'] as const, { minLength: 1 }).map(forManage),
    hosts: fc.uniqueArray(hostShape(), { minLength: 1, maxLength: 12, selector: ({ name }) => name }),
    groups: fc.uniqueArray(groupShape(), { maxLength: 3, selector: ({ name }) => name }),
    users: fc.dictionary(userName(), user(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    mtu: fc.option(fc.integer({ min: 1280, max: 9216 }), { nil: undefined }),
    range: fc.boolean(),
    timezone: fc.option(fc.constantFrom('Etc/UTC', 'Asia/Tokyo', 'Europe/Berlin'), { nil: undefined }),
    ntp: fc.option(fc.array(label(), { maxLength: 3 }), { nil: undefined }),
    memory: fc.option(fc.integer({ min: 16, max: 65536 }), { nil: undefined }),
    install: fc.option(install(), { nil: undefined }),
  })
  .map(toInventory);

/** A controller has to be on the network for manage; an only network serves as that. */
function forManage(uses: Parts['uses']): Parts['uses'] {
  return uses.length === 1 || uses.includes('manage') ? uses : [...uses, 'manage'];
}

interface HostShape {
  name: string;
  roles: string[];
  groups: number[];
  nic: 'mac' | 'interface' | 'bond';
  absent: boolean;
  bmc: boolean;
}

interface GroupShape {
  name: string;
  roles: string[];
}

/** Digits are only behind a letter, so that no label is a number, and no two labels look like one domain. */
function label(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
}

function userName(): fc.Arbitrary<string> {
  return fc.stringMatching(/^person[a-z0-9_-]{0,8}$/);
}

function user(): fc.Arbitrary<NonNullable<Inventory['users']>[string]> {
  const key = fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9+/]{68}$/), fc.stringMatching(/^[\x20-\x7e]{0,30}$/))
    .map(([text, comment]) => `ssh-ed25519 ${text}${comment === '' ? '' : ` ${comment}`}`);
  return fc.record(
    { ssh_keys: fc.array(key, { minLength: 1, maxLength: 2 }), sudo: fc.boolean() },
    { requiredKeys: ['ssh_keys'] },
  );
}

function roles(): fc.Arbitrary<string[]> {
  return fc.subarray(['controller', 'network', 'compute', 'storage']);
}

function install(): fc.Arbitrary<NonNullable<Inventory['install']>> {
  const folder = fc.stringMatching(/^(\/[a-z0-9_][a-z0-9_-]{0,6}){1,3}$/);
  const size = fc
    .tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom('M', 'G', 'T'))
    .map((two) => two.join(''));
  const volumes = fc
    .uniqueArray(folder, { maxLength: 3 })
    .chain((mounts) =>
      fc.tuple(...['/', 'swap', ...mounts].map((mount) => fc.record({ mount: fc.constant(mount), size }))),
    );
  return fc.record(
    {
      recipe: fc.constantFrom('atomic', 'lvm'),
      firmware: fc.constantFrom('any', 'bios', 'uefi'),
      keyboard: fc.stringMatching(/^[a-z]{2,10}$/),
      serial: fc.constantFrom('none', 'ttyS0', 'ttyS1,115200n8'),
      kernel_parameters: fc.array(
        fc.stringMatching(/^x[A-Za-z0-9_.,:@+%-]{0,20}(=[A-Za-z0-9_.,:/=@+%-]{0,20})?$/),
        { maxLength: 8 },
      ),
      extra_packages: fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,20}$/), { maxLength: 3 }),
      volumes,
    },
    { requiredKeys: [] },
  );
}

function hostShape(): fc.Arbitrary<HostShape> {
  return fc.record({
    name: label().filter((name) => name !== 'localhost'),
    roles: roles(),
    groups: fc.uniqueArray(fc.nat({ max: 2 }), { maxLength: 2 }),
    nic: fc.constantFrom('mac', 'interface', 'bond'),
    absent: fc.boolean(),
    bmc: fc.boolean(),
  });
}

function groupShape(): fc.Arbitrary<GroupShape> {
  return fc.record({ name: label(), roles: roles() });
}

interface Parts {
  fleet: string;
  domain: string;
  platform: string;
  uses: ('manage' | 'public' | 'tunnel')[];
  hosts: HostShape[];
  groups: GroupShape[];
  users: NonNullable<Inventory['users']>;
  mtu: number | undefined;
  range: boolean;
  timezone: string | undefined;
  ntp: string[] | undefined;
  memory: number | undefined;
  install: Inventory['install'];
}

function toInventory(parts: Parts): Inventory {
  const { fleet, domain, platform, uses, users, mtu, range, timezone, ntp, memory, install: told } = parts;
  const networks = Object.fromEntries(
    uses.map((use, index) => [
      use,
      {
        cidr: `10.${index}.0.0/24`,
        ...(index === 0 && { gateway: `10.${index}.0.1` }),
        ...(mtu !== undefined && { mtu }),
        // All but the first are tagged, so that one NIC can carry them all.
        ...(index > 0 && { vlan: 100 + index }),
        ...(range && { range: { from: `10.${index}.0.100`, to: `10.${index}.0.120` } }),
      },
    ]),
  );
  const hosts = parts.hosts.map((shape, index) => [shape.name, toHost(parts, shape, index)]);
  return {
    fleet,
    domain,
    platform,
    networks,
    dns: { servers: ['10.0.0.1'] },
    users,
    groups: Object.fromEntries(parts.groups.map(({ name, roles: ofGroup }) => [name, { roles: ofGroup }])),
    hosts: Object.fromEntries(hosts),
    ...(timezone !== undefined && { timezone }),
    ...(ntp !== undefined && { ntp: { servers: ntp } }),
    ...(told !== undefined && { install: told }),
    ...(memory !== undefined && { settings: { memcached: { memory } } }),
  };
}

function toHost({ uses, range, groups }: Parts, shape: HostShape, index: number): InventoryHost {
  const mac = `52:54:00:00:00:${index.toString(16).padStart(2, '0')}`;
  // A NIC of one name for all networks, or of one MAC address, or a bond of two.
  const nic = { mac: { mac }, interface: { interface: 'ens3' }, bond: { bond: 'bond0' } }[shape.nic];
  const networks = uses.map((use, network) => [
    use,
    range && index % 2 === 1 ? nic : { ...nic, address: `10.${network}.0.${index + 10}` },
  ]);
  return {
    roles: shape.roles,
    groups: shape.groups.flatMap((at) => groups[at]?.name ?? []),
    networks: Object.fromEntries(networks),
    ...(shape.absent && index > 0 && { state: 'absent' as const }),
    ...(shape.bmc && { bmc: { address: `https://bmc${index}.example` } }),
    ...(shape.nic === 'bond' && { bonds: { bond0: { members: [mac, 'ens4'] } } }),
  };
}
