import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Component, PortRule } from '../../src/library/types.ts';
import { openingsOf } from '../../src/plan/openings.ts';
import type { FleetView, HostNetwork, Peer } from '../../src/plan/types.ts';

const network = (name: string, more: Partial<HostNetwork> = {}): HostNetwork => ({
  name,
  functions: [name],
  interface: name,
  dhcp: false,
  defaultRoute: false,
  external: false,
  cidr: `10.0.${name.length}.0/24`,
  ...more,
});

const fleet: FleetView = {
  name: 'f',
  domain: 'example.net',
  networks: [
    { name: 'manage', cidr: '10.0.6.0/24', functions: ['manage'], external: false },
    { name: 'uplink', functions: [], external: true },
  ],
  vips: [],
  records: [],
};

const component = (ports: PortRule[]): Component => ({
  name: 'c',
  summary: '',
  lay: 'staged',
  after: [],
  resumes: false,
  packages: {},
  debconf: {},
  variables: {},
  ports,
  secrets: [],
  certificates: [],
  talksTo: [],
  partials: new Map(),
  client: [],
  settings: {},
  files: [],
});

function sources(from: string, peers: Peer[] = []): string[][] {
  const rule: PortRule = { port: 80, protocol: 'tcp', network: 'manage', from };
  const networks = [network('manage'), network('uplink', { external: true })];
  return openingsOf([component([rule])], networks, fleet, new Map([['controller', peers]])).map(
    (one) => one.sources,
  );
}

test('a role is named by its addresses on that network', () => {
  const peer = (name: string, address?: string): Peer => ({
    name,
    fqdn: `${name}.example.net`,
    addresses: address ? { manage: address } : { other: '10.9.9.9' },
  });
  assert.equal(sources('role:controller', [peer('b', '10.0.6.2'), peer('a', '10.0.6.1')]), [
    ['10.0.6.1', '10.0.6.2'],
  ]);
  assert.equal(sources('role:controller', [peer('a')]), [], 'nobody of the role is there: nothing is opened');
});

test('networks, the fleet and anybody', () => {
  assert.equal(sources('network'), [['10.0.6.0/24']]);
  assert.equal(sources('fleet'), [['10.0.6.0/24']]);
  assert.equal(sources('any'), [[]]);
});

test('two rules that come to the same are one opening', () => {
  const shared = network('manage', { functions: ['manage', 'storage'] });
  const rules = ['manage', 'storage'].map(
    (name): PortRule => ({ port: 1, protocol: 'udp', network: name, from: 'any' }),
  );
  assert.is(openingsOf([component(rules)], [shared], fleet, new Map()).length, 1);
});

test.run();
