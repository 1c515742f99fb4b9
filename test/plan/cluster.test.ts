import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Inventory, InventoryHost } from '../../src/inventory/schema.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { emptyLock, type Lock } from '../../src/plan/lock.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { ClusterPlan } from '../../src/plan/types.ts';

const { library } = loadLibrary([]);

function host(last: number, more: Partial<InventoryHost> = {}): InventoryHost {
  return {
    roles: ['controller'],
    networks: { manage: { interface: 'e0', address: `10.0.0.${last}` } },
    ...more,
  };
}

function fleet(hosts: Record<string, InventoryHost>, more: Partial<Inventory> = {}): Inventory {
  return {
    fleet: 'f',
    domain: 'example.net',
    platform: 'debian-12',
    networks: { manage: { cidr: '10.0.0.0/24' } },
    hosts,
    ...more,
  };
}

const three = { c2: host(2), c1: host(1), c3: host(3) };

function clusterOf(inventory: Inventory, lock: Lock = emptyLock(), only?: string[]): ClusterPlan {
  const { plan } = makePlan(inventory, library, lock, only ? { only: new Set(only) } : {});
  if (!plan.cluster) throw new Error('no cluster');
  return plan.cluster;
}

/** The lock after a run. */
function locked(inventory: Inventory, before: Lock = emptyLock()): Lock {
  const { id, ever } = clusterOf(inventory, before);
  const controllers = new Map(ever.map(({ name, address }) => [name, address]));
  return { ...emptyLock(), cluster: { id, generation: 1, digest: '0'.repeat(64), controllers } };
}

const everOf = ({ ever }: ClusterPlan) => ever.map(({ name, address }) => `${name} ${address}`);

test('controllers in the order of the inventory, with rank, address and BMC', () => {
  const bmc = { address: 'ipmi://10.9.0.1', user: 'admin' };
  const { id, controllers } = clusterOf(
    fleet({ ...three, c1: host(1, { bmc }), cm1: host(9, { roles: [] }) }),
  );
  assert.is(id, 'f');
  assert.equal(
    controllers.map(({ name, rank, address, fqdn }) => [name, rank, address, fqdn]),
    [
      ['c2', 1, '10.0.0.2', 'c2.example.net'],
      ['c1', 2, '10.0.0.1', 'c1.example.net'],
      ['c3', 3, '10.0.0.3', 'c3.example.net'],
    ],
  );
  assert.equal(
    controllers.map((one) => one.bmc),
    [undefined, bmc, undefined],
  );
  assert.equal(controllers[0]?.addresses, { manage: '10.0.0.2' });
});

test('a fleet without controllers has no cluster', () => {
  const { plan } = makePlan(fleet({ cm1: host(9, { roles: ['compute'] }) }), library, emptyLock());
  assert.is(plan.cluster, undefined);
});

test('who became absent or left stays in "ever", and in nothing else', () => {
  const lock = locked(fleet(three));
  for (const after of [
    fleet({ ...three, c2: host(2, { state: 'absent' }) }),
    fleet({ c1: three.c1, c3: three.c3 }),
    // No controller any more, but the host is there, and so may be its data.
    fleet({ ...three, c2: host(2, { roles: ['compute'] }) }),
  ]) {
    const cluster = clusterOf(after, lock);
    assert.equal(everOf(cluster), ['c1 10.0.0.1', 'c2 10.0.0.2', 'c3 10.0.0.3']);
    assert.equal(
      cluster.controllers.map(({ name, rank }) => `${name} ${rank}`),
      ['c1 1', 'c3 2'],
    );
  }
});

test('the address of one who is gone is the one it had, of one who is present the one it has', () => {
  const lock = locked(fleet(three));
  const moved = fleet({ ...three, c1: host(11), c2: host(12, { state: 'absent' }) });
  assert.equal(everOf(clusterOf(moved, lock)), ['c1 10.0.0.11', 'c2 10.0.0.2', 'c3 10.0.0.3']);
});

test('without a cluster in the lock, those that the inventory calls absent count', () => {
  const inventory = fleet({ ...three, c2: host(2, { state: 'absent' }) });
  assert.equal(everOf(clusterOf(inventory)), ['c1 10.0.0.1', 'c2 10.0.0.2', 'c3 10.0.0.3']);
});

test('another id begins afresh with those that are present, and stays so', () => {
  const lock = locked(fleet(three));
  const anew = fleet({ ...three, c2: host(2, { state: 'absent' }) }, { cluster: { id: 'second' } });
  const first = clusterOf(anew, lock);
  assert.is(first.id, 'second');
  assert.equal(everOf(first), ['c1 10.0.0.1', 'c3 10.0.0.3']);
  assert.equal(everOf(clusterOf(anew, locked(anew, lock))), ['c1 10.0.0.1', 'c3 10.0.0.3']);
});

test('the list changes with id, members, their order and addresses, and with who was', () => {
  const base = fleet(three);
  const list = (inventory: Inventory, lock?: Lock) => clusterOf(inventory, lock).list;
  const lists = [
    list(base),
    list(fleet(three, { cluster: { id: 'g' } })),
    list(fleet({ c1: three.c1, c2: three.c2, c3: three.c3 })),
    list(fleet({ ...three, c1: host(11) })),
    list(fleet({ c1: three.c1, c3: three.c3 })),
    list(fleet({ c1: three.c1, c3: three.c3 }), locked(base)),
  ];
  assert.is(new Set(lists).size, lists.length);
  for (const text of lists) assert.match(text, /^[0-9a-f]{64}$/);
  assert.is(list(base, locked(base)), lists[0]);
  assert.is(list({ ...base, timezone: 'Asia/Tokyo' }), lists[0]);
});

test('one host alone has the same cluster, whichever it is', () => {
  const inventory = fleet({ ...three, cm1: host(9, { roles: ['compute'] }) });
  const whole = clusterOf(inventory);
  for (const name of ['c1', 'c3', 'cm1']) assert.equal(clusterOf(inventory, emptyLock(), [name]), whole);
});

test('what is shared changes with what the controllers share, and with nothing else', () => {
  const base = fleet({ ...three, cm1: host(9, { roles: ['compute'] }) });
  const digest = (inventory: Inventory) => clusterOf(inventory).shared.digest;
  const before = digest(base);
  const { hosts } = base;
  const own: Record<string, Inventory> = {
    'a compute node': { ...base, hosts: { ...hosts, cm2: host(8, { roles: ['compute'] }) } },
    'a setting of compute nodes': {
      ...base,
      hosts: { ...hosts, cm1: host(9, { roles: ['compute'], timezone: 'Asia/Tokyo' }) },
    },
    'the time zone': { ...base, timezone: 'Asia/Tokyo' },
    'a user': { ...base, users: { operator: { sudo: true } } },
    'a network that no controller is on': {
      ...base,
      networks: { ...base.networks, tunnel: { cidr: '10.1.0.0/24' } },
    },
    'the order of keys': {
      ...base,
      settings: { memcached: {} },
      networks: { manage: { for: ['manage'], cidr: '10.0.0.0/24' } },
    },
    'a kernel setting': { ...base, settings: { sysctl: { values: { 'vm.swappiness': 1 } } } },
  };
  for (const [name, inventory] of Object.entries(own)) assert.is(digest(inventory), before, name);
  const shared: Record<string, Inventory> = {
    'a virtual address': { ...base, vips: { api: { manage: '10.0.0.100' } } },
    'a setting of a component of theirs': { ...base, settings: { memcached: { memory: 64 } } },
    'one that only one of them has': {
      ...base,
      hosts: { ...hosts, c3: host(3, { settings: { memcached: { memory: 64 } } }) },
    },
    'the platform': { ...base, platform: 'debian-13' },
    'an address': { ...base, hosts: { ...hosts, c3: host(33) } },
    'a controller': { ...base, hosts: { ...hosts, c4: host(4) } },
    'one that is absent': { ...base, hosts: { ...hosts, c3: host(3, { state: 'absent' }) } },
    'a BMC': { ...base, hosts: { ...hosts, c3: host(3, { bmc: { address: 'ipmi://10.9.0.3' } }) } },
    'the domain': { ...base, domain: 'example.org' },
    'the id': { ...base, cluster: { id: 'g' } },
  };
  const digests = Object.entries(shared).map(([name, inventory]) => {
    assert.is.not(digest(inventory), before, name);
    return digest(inventory);
  });
  assert.is(new Set(digests).size, digests.length);
});

test('what the library has of their components is shared', () => {
  const memcached = library.components.get('memcached');
  const time = library.components.get('time');
  if (!memcached || !time) throw new Error('no such component');
  const inventory = fleet(three);
  const digest = (name: string, change: object) => {
    const components = new Map(library.components);
    const component = components.get(name);
    if (component) components.set(name, { ...component, ...change });
    return makePlan(inventory, { ...library, components }, emptyLock()).plan.cluster?.shared.digest;
  };
  const before = digest('memcached', {});
  assert.is(digest('time', { converge: 'another' }), before);
  const [file] = memcached.files;
  if (!file) throw new Error('no files');
  for (const change of [
    { converge: 'another' },
    { packages: { default: ['other'] } },
    { files: [{ ...file, content: Buffer.from('other') }, ...memcached.files.slice(1)] },
    { files: [{ ...file, lay: 'direct' }, ...memcached.files.slice(1)] },
  ])
    assert.is.not(digest('memcached', change), before, JSON.stringify(Object.keys(change)));
});

test('the address of a controller that left is not drawn for another, and warned of where it is given', () => {
  const lock = locked(fleet(three));
  const range = { from: '10.0.0.2', to: '10.0.0.9' };
  const networks = { manage: { cidr: '10.0.0.0/24', range } };
  const drawing = { roles: ['compute'], networks: { manage: { interface: 'e0' } } };
  const without = { c1: three.c1, c3: three.c3 };
  const drawn = makePlan(fleet({ ...without, cm1: drawing }, { networks }), library, lock);
  assert.is(drawn.addresses.of.get('cm1')?.get('manage'), '10.0.0.4');
  assert.equal(drawn.findings, []);
  const given = makePlan(
    fleet({ ...without, c4: host(2) }, { vips: { api: { manage: '10.0.0.2' } } }),
    library,
    lock,
  );
  assert.equal(
    given.findings.map(({ severity, code, path }) => [severity, code, path]),
    [
      ['warning', 'cluster-address-reused', 'hosts.c4'],
      ['warning', 'cluster-address-reused', 'vips.api'],
    ],
  );
  // Of another cluster nobody asks.
  const anew = fleet({ ...without, c4: host(2) }, { cluster: { id: 'g' } });
  assert.equal(makePlan(anew, library, lock).findings, []);
});

test('controllers whose addresses end alike in a large network are told apart before anything is made', () => {
  const at = (address: string) => host(1, { networks: { manage: { interface: 'e0', address } } });
  const hosts = { c1: at('10.1.0.7'), c2: at('10.2.0.7'), c3: at('10.3.0.0') };
  const inventory = fleet(hosts, { networks: { manage: { cidr: '10.0.0.0/8' } } });
  const { findings } = makePlan(inventory, library, emptyLock());
  assert.equal(
    findings.map(({ code, path, message }) => [code, path, message]),
    [
      ['cluster-number', 'hosts.c2', 'the last two bytes of 10.2.0.7, the address of c2, are those of c1'],
      ['cluster-number', 'hosts.c3', 'the last two bytes of 10.3.0.0, the address of c3, are zero'],
    ],
  );
});

test.run();
