import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { installNic } from '../../src/plan/install.ts';
import type { Device, HostNetwork } from '../../src/plan/types.ts';

const network = (name: string, more: Partial<HostNetwork> = {}): HostNetwork => ({
  name,
  functions: name === 'manage' ? ['manage'] : [],
  interface: name,
  dhcp: false,
  defaultRoute: false,
  external: false,
  address: '10.0.0.2',
  cidr: '10.0.0.0/24',
  prefix: 24,
  ...more,
});
const nic = (of: string, mac: string): Device => ({ kind: 'physical', name: of, mac, network: of });

const two = [network('boot', { gateway: '10.0.0.1' }), network('manage')];
const nics = [nic('boot', 'aa'), nic('manage', 'bb')];
const vlan: Device = { kind: 'vlan', name: 'manage', link: 'boot', vlan: 7, network: 'manage' };
const bond: Device[] = [
  { kind: 'physical', name: 'nic1', mac: 'cc' },
  { kind: 'physical', name: 'nic2', mac: 'dd' },
  { kind: 'bond', name: 'bond0', members: ['nic2', 'nic1'], network: 'manage' },
];

const cases: [string, HostNetwork[], Device[], string | undefined, string | undefined][] = [
  ['the network that machines boot from', two, nics, 'boot', 'aa'],
  ['the one for manage, where the host is not on that', two, nics, 'elsewhere', 'bb'],
  ['the one for manage, where nobody says', two, nics, undefined, 'bb'],
  ['an untagged one, where manage is tagged', two, [nic('boot', 'aa'), vlan], undefined, 'aa'],
  ['the first member of a bond', [network('manage')], bond, undefined, 'dd'],
  ['none, where all are tagged', [network('manage')], [vlan], undefined, undefined],
];

for (const [name, networks, devices, preferred, wanted] of cases) {
  test(`the installer's NIC: ${name}`, () => {
    assert.is(installNic(networks, devices, preferred)?.mac, wanted);
  });
}

test("the installer's NIC asks DHCP where its network has that", () => {
  const given = installNic([network('manage', { dhcp: true })], [nic('manage', 'bb')], undefined);
  assert.equal(given, { network: 'manage', mac: 'bb' });
});

test("the installer's NIC brings its gateway", () => {
  assert.is(installNic(two, nics, 'boot')?.gateway, '10.0.0.1');
});

test.run();
