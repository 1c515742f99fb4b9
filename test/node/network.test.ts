import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('network', {} as Context);
test.before.each((context) => {
  const node = pretendNode({ STACKSEED_ADDRESSES: '192.168.0.1/24 192.168.1.1/24' });
  context.node = node;
  node.lay({});
  node.write('/var/lib/cloud/data/status.json', 'this boot');
  node.write('/var/lib/cloud/data/result.json', 'result of this boot');
  node.write('/var/lib/cloud/instance/boot-finished', 'done');
  node.write('/whole', whole);
  node.stub('netplan');
  // Like the real one: without a recorded id it renders, and it forgets its report of this boot.
  node.stub(
    'cloud-init',
    `cd "$ROOT/var/lib/cloud"
     rm -f data/result.json instance/boot-finished; echo later >data/status.json
     [ -e data/instance-id ] || { mkdir -p "$ROOT/$(dirname "$(cat "$ROOT/renders")")"; cp "$ROOT/whole" "$ROOT/$(cat "$ROOT/renders")"; }
     echo i-one >data/instance-id`,
  );
});
test.after.each(({ node }) => node.end());

const whole = 'addresses: [192.168.0.1/24, 192.168.1.1/24]\n';

function relay(node: PretendNode): void {
  node.write('/try.sh', script('relay_network'));
  assert.is(node.exec(['bash', `${node.root}/try.sh`]).status, 0);
}

const renderers: Record<string, { path: string; applied: string }> = {
  netplan: { path: 'etc/netplan/50-cloud-init.yaml', applied: 'netplan apply' },
  ENI: { path: 'etc/network/interfaces.d/50-cloud-init', applied: 'systemctl restart networking.service' },
  'ENI of old releases': {
    path: 'etc/network/interfaces.d/50-cloud-init.cfg',
    applied: 'systemctl restart networking.service',
  },
  networkd: {
    path: 'etc/systemd/network/10-cloud-init-public.network',
    applied: 'systemctl restart systemd-networkd.service',
  },
};
for (const [name, { path, applied }] of Object.entries(renderers)) {
  test(`an empty file of ${name} is written again and applied`, ({ node }) => {
    node.write('/renders', path);
    node.write(`/${path}`, '');
    relay(node);
    assert.is(node.read(`/${path}`), whole);
    assert.equal(node.calls(), ['cloud-init init --local', applied]);
    assert.is(node.read('/var/lib/cloud/data/instance-id'), 'i-one\n');
  });
}

test('the report of cloud-init of this boot stays as it was', ({ node }) => {
  node.write('/renders', 'etc/netplan/50-cloud-init.yaml');
  relay(node);
  assert.is(node.read('/var/lib/cloud/data/status.json'), 'this boot');
  assert.is(
    node.read('/run/cloud-init/result.json'.replace('/run/cloud-init', '/var/lib/cloud/data')),
    'result of this boot',
  );
  assert.is(node.read('/var/lib/cloud/instance/boot-finished'), 'done');
  assert.is(
    node.exec(['readlink', `${node.root}/run/cloud-init/result.json`]).stdout,
    '../../var/lib/cloud/data/result.json\n',
  );
});

test('a file that names every address is left alone', ({ node }) => {
  node.write('/etc/netplan/50-cloud-init.yaml', whole);
  relay(node);
  assert.equal(node.calls(), []);
});

test('addresses count in whole, and may stand without their prefix', ({ node }) => {
  node.write('/renders', 'etc/network/interfaces.d/50-cloud-init');
  node.write('/etc/network/interfaces.d/50-cloud-init', 'address 192.168.0.1\naddress 192.168.1.10\n');
  relay(node);
  assert.is(node.calls('cloud-init').length, 1);
  node.write('/etc/network/interfaces.d/50-cloud-init', 'address 192.168.0.1\naddress 192.168.1.1\n');
  relay(node);
  assert.is(node.calls('cloud-init').length, 1);
});

test('where cloud-init is switched off, the network is not its business', ({ node }) => {
  node.write('/etc/cloud/cloud-init.disabled', '');
  relay(node);
  assert.equal(node.calls(), []);
});

test('when cloud-init fails, the next boot takes the instance for a new one and writes the network', ({
  node,
}) => {
  node.stub('cloud-init', 'exit 1');
  relay(node);
  assert.not(node.has('/var/lib/cloud/data/instance-id'));
  assert.equal(node.calls(), ['cloud-init init --local']);
});

test.run();
