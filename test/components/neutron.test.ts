import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, root } from '../fixtures.ts';
import { answers, onCloudNode, started } from './cloud-node.ts';
import { rendered } from './rendered.ts';

const ovs = '/etc/neutron/plugins/ml2/openvswitch_agent.ini';
const bridges = '/etc/neutron/plugins/ml2/linuxbridge_agent.ini';

test('the agent of the other driver stays off', () => {
  onCloudNode('neutron-agent', { NEUTRON_COMMON_DRIVER: 'linuxbridge' }, (node, converge) => {
    node.write('/etc/modules-load.d/stackseed-neutron.conf', '# Why.\nbr_netfilter\n');
    node.stub('modprobe', 'exit 1');
    node.write('/etc/stackseed/provider-nics', 'public br-public\n');
    node.stub('ip');
    node.write('../state/enabled-neutron-openvswitch-agent.service', '');
    node.write('../state/active-openvswitch-switch.service', '');
    const ran = converge();
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(started(ran), ['neutron-linuxbridge-agent.service']);
    assert.ok(ran.calls.includes('systemctl --quiet disable --no-reload neutron-openvswitch-agent.service'));
    assert.ok(ran.calls.includes('systemctl stop openvswitch-switch.service'));
    assert.ok(ran.calls.includes('modprobe -q br_netfilter'));
    assert.ok(ran.calls.includes('ip link set dev public up'));
    assert.equal(started(converge()), []);
  });
});

test('Open vSwitch has a bridge for each NIC that leads outside before the agent starts, which waits for Neutron', () => {
  onCloudNode('neutron-agent', { NEUTRON_COMMON_DRIVER: 'openvswitch' }, (node, converge) => {
    node.write('/etc/modules-load.d/stackseed-neutron.conf', 'vxlan\n');
    node.write('/etc/stackseed/provider-nics', 'public br-public\na-name-of-15-ch br-a-name-of-15\n');
    node.stub('ip');
    node.stub('modprobe');
    node.stub('ovs-vsctl');
    answers(node, false);
    const ran = converge();
    assert.is(ran.status, 75);
    assert.match(ran.why, /for Neutron at http:\/\/192\.168\.1\.50:9696\//);
    assert.equal(started(ran), ['openvswitch-switch.service']);
    const add = (bridge: string, nic: string) =>
      `ovs-vsctl --timeout=30 --may-exist add-br ${bridge} -- --may-exist add-port ${bridge} ${nic}`;
    assert.equal(
      ran.calls.filter((call) => call.startsWith('ovs-vsctl')),
      [add('br-public', 'public'), add('br-a-name-of-15', 'a-name-of-15-ch')],
    );
    answers(node, true);
    assert.equal(started(converge()), ['neutron-openvswitch-agent.service']);
  });
});

test('a network node runs no keepalived, radvd or HAProxy of its own, only those of its agents', () => {
  onCloudNode(
    'neutron-network',
    { STACKSEED_COMPONENTS: 'neutron-agent neutron-network' },
    (node, converge) => {
      node.write('../state/enabled-haproxy.service', '');
      node.write('../state/active-haproxy.service', '');
      const ran = converge();
      assert.is(ran.status, 0, ran.stderr);
      assert.ok(ran.calls.includes('systemctl --quiet disable --no-reload haproxy.service'));
      assert.ok(ran.calls.includes('systemctl stop haproxy.service'));
      assert.equal(started(ran), [
        'neutron-metadata-agent.service',
        'neutron-dhcp-agent.service',
        'neutron-l3-agent.service',
      ]);
      assert.equal(started(converge()), []);
    },
  );
});

const cloud = readFileSync(example('cloud'), 'utf8');
const settings = (driver: string) => `
settings:
  neutron-common:
    driver: ${driver}
    providers:
      - { network: public, name: outside, from: 192.168.0.100, to: 192.168.0.199 }
`;
/** The cloud of the example with another driver; nw1 has a NIC on the public network, with this address. */
const outside = (driver: string, address: string, platform = 'debian-12') =>
  `${cloud}\n${settings(driver)}`
    .replace('platform: debian-12', `platform: ${platform}`)
    .replace(
      'address: 192.168.2.61 }',
      `$&\n      public: { mac: "52:54:00:00:00:61", address: ${address} }`,
    );

test('a NIC without an address carries the network of the fleet; one with an address never does', () => {
  const none = outside('linuxbridge', 'none');
  assert.match(rendered(none, 'nw1', bridges), /^physical_interface_mappings = public:public$/m);
  assert.match(rendered(none, 'nw1', ovs), /^bridge_mappings = public:br-public$/m);
  assert.match(rendered(none, 'nw1', bridges), /^local_ip = 192\.168\.2\.61$/m);
  assert.match(rendered(none, 'cm1', bridges), /^physical_interface_mappings = $/m);
  const own = outside('linuxbridge', '192.168.0.61');
  assert.match(rendered(own, 'nw1', bridges), /^physical_interface_mappings = $/m);
});

test('linuxbridge is experimental in Zed, at home in Pike, and refused where it is gone', () => {
  const server = (platform: string) =>
    rendered(outside('linuxbridge', 'none', platform), 'cnt1', '/etc/neutron/neutron.conf');
  assert.match(server('debian-12'), /^\[experimental\]\nlinuxbridge = true$/m);
  assert.not.match(server('ubuntu-16.04'), /experimental/);
  const gone = () =>
    rendered(outside('linuxbridge', 'none', 'debian-13'), 'nw1', '/etc/neutron/neutron.conf');
  assert.throws(gone, /debian-13 has no linuxbridge any more/);
});

test('a controller of the cloud is neither network nor compute node', () => {
  const both = (role: string) =>
    cloud.replace('roles: [controller, cloud-controller]', `roles: [controller, cloud-controller, ${role}]`);
  assert.throws(
    () => rendered(both('cloud-compute'), 'cnt1', '/etc/nova/nova.conf'),
    /cannot be a compute node/,
  );
  assert.throws(
    () => rendered(both('cloud-network'), 'cnt1', '/etc/neutron/neutron.conf'),
    /cannot be a network or/,
  );
});

test('what is not said of a provider network is what the inventory says of the network', () => {
  const file = '/etc/stackseed/openstack/neutron-providers.json';
  assert.equal(JSON.parse(rendered(outside('openvswitch', 'none'), 'cnt1', file)), [
    {
      name: 'outside',
      network: 'public',
      vlan: null,
      shared: false,
      subnet: { cidr: '192.168.0.0/24', gateway: '192.168.0.1', from: '192.168.0.100', to: '192.168.0.199' },
    },
  ]);
  const unknown = outside('openvswitch', 'none').replace('network: public, name', 'network: nowhere, name');
  assert.throws(() => rendered(unknown, 'cnt1', file), /the fleet has no network nowhere/);
});

test('a provider network is made with its subnet, and left alone when it is there', () => {
  const bring = (there: boolean) => {
    const program = `
import json, sys
sys.path[:0] = sys.argv[1:]
import neutron_provider as one
class Neutron:
    def call(self, verb, path, body=None):
        print(verb, path.split('?')[0], json.dumps(body, sort_keys=True) if body else '')
        kind = path.split('?')[0][1:]
        if verb == 'GET':
            return {kind: [{'id': '7'}] if ${there ? 'True' : 'False'} else []}, None
        return {kind[:-1]: {'id': '8'}}, None
subnet = {'cidr': '192.168.0.0/24', 'gateway': None, 'from': '192.168.0.100', 'to': '192.168.0.199'}
one.bring(Neutron(), {'name': 'outside', 'network': 'public', 'vlan': 12, 'shared': False, 'subnet': subnet})`;
    const modules = ['neutron', 'openstack'].map((name) =>
      join(root, 'cloud-config/components', name, 'files/usr/local/lib/stackseed/py'),
    );
    const ran = spawnSync('python3', ['-I', '-B', '-c', program, ...modules], { encoding: 'utf8' });
    return `${ran.stdout}${ran.stderr}`.trim().split('\n');
  };
  const [, network = '', , subnet = ''] = bring(false);
  assert.match(network, /^POST \/networks .*"provider:network_type": "vlan".*"provider:segmentation_id": 12/);
  assert.match(network, /"router:external": true/);
  assert.match(subnet, /^POST \/subnets .*"enable_dhcp": false, "gateway_ip": null/);
  assert.equal(
    bring(true).map((line) => line.split(' ')[0]),
    ['GET', 'GET'],
  );
});

test.run();
