import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFleet } from '../../src/generate/load.ts';
import type { HostPlan } from '../../src/plan/types.ts';
import { example, withFolder } from '../fixtures.ts';

async function memo(): Promise<Map<string, HostPlan>> {
  return withFolder(async (folder) => {
    const fleet = await loadFleet(example('memo'), {
      lock: `${folder}/lock`,
      platform: 'debian-12',
      explain: true,
    });
    return new Map(fleet.plan.hosts.map((host) => [host.name, host]));
  });
}

const hosts = await memo();
const plan = (name: string): HostPlan => {
  const found = hosts.get(name);
  if (!found) throw new Error(`no plan for ${name}`);
  return found;
};

test('each host has one default route, and the right one', () => {
  const route = (name: string) =>
    plan(name)
      .networks.filter((network) => network.defaultRoute)
      .map((network) => `${network.name} ${network.gateway ?? 'by DHCP'}`);
  assert.equal(route('cnt1'), ['public 192.168.0.1']);
  assert.equal(route('nw1'), ['manage 192.168.1.1']);
  assert.equal(route('cm1'), ['manage 192.168.1.1']);
  assert.equal(route('router'), ['uplink by DHCP']);
  assert.equal(route('nfs'), ['uplink by DHCP']);
});

test('components come after what they wait for', () => {
  for (const host of hosts.values()) {
    for (const [index, component] of host.components.entries()) {
      for (const before of host.after[component] ?? []) {
        assert.ok(host.components.indexOf(before) < index, `${host.name}: ${component} before ${before}`);
      }
    }
  }
});

test('no plan of a host names a compute node, but its own', () => {
  for (const host of hosts.values()) {
    const text = JSON.stringify({ ...host, explain: [] });
    for (const many of ['cm1', 'cm2']) {
      if (host.name !== many) assert.not.match(text, new RegExp(`\\b${many}\\b`), host.name);
    }
  }
});

test('nothing is opened on an external network', () => {
  for (const host of hosts.values()) {
    const outside = host.networks.filter((network) => network.external).map((network) => network.interface);
    for (const opening of host.openings) {
      assert.ok(opening.interface && !outside.includes(opening.interface), `${host.name} ${opening.port}`);
    }
  }
});

test('NFS is open to the storage network only, and DNS to the fleet', () => {
  const nfs = plan('nfs').openings.filter((opening) => opening.component === 'nfs-server');
  assert.ok(nfs.length > 0);
  for (const opening of nfs)
    assert.equal([opening.interface, opening.sources], ['manage', ['192.168.1.0/24']]);
  const dns = plan('router').openings.filter((opening) => opening.component === 'dns');
  assert.equal(dns.map((opening) => opening.protocol).sort(), ['tcp', 'udp']);
});

test('an explanation names where each value comes from', () => {
  const origin = (name: string, path: string) => plan(name).explain.find((one) => one.path === path)?.origin;
  assert.equal(origin('cnt1', 'platform'), { kind: 'command line' });
  assert.equal(origin('cnt1', 'dns.servers'), { kind: 'fleet', path: ['dns', 'servers'] });
  assert.is(origin('cnt1', 'timezone')?.kind, 'default');
  assert.is(origin('cnt1', 'settings.memcached.memory')?.kind, 'component');
  assert.equal(origin('cnt1', 'networks.manage.address'), {
    kind: 'host',
    name: 'cnt1',
    path: ['hosts', 'cnt1', 'networks', 'manage', 'address'],
  });
});

test.run();
