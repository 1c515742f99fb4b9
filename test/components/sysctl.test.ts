import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode } from './pretend-node.ts';

const file = '/etc/sysctl.d/60-stackseed.conf';
const eth = '/proc/sys/net/ipv4/conf/eth0.100/rp_filter';

test('sysctl sets what differs, and reports what this kernel does not know', () => {
  onNode('sysctl', {}, (node) => {
    layPrograms(node, 'sysctl', 'kernel-settings');
    node.write('/proc/sys/net/ipv4/tcp_rmem', '4096\t131072\t6291456\n');
    node.write('/proc/sys/vm/swappiness', '60\n');
    node.write(eth, '0\n');
    node.write(
      file,
      '# c\nnet.ipv4.tcp_rmem = 4096 131072 6291456\nvm.swappiness = 10\nno.such = 1\nnet.ipv4.conf.eth0/100.rp_filter = 2\n',
    );
    const before = node.run('health');
    assert.is(before.status, 1);
    assert.match(before.stdout, /vm\.swappiness is not 10/);
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.is(ran.stderr, 'no.such: unknown to this kernel\n');
    assert.is(node.read('/proc/sys/vm/swappiness'), '10\n');
    assert.is(node.read(eth), '2\n');
    assert.is(node.read('/proc/sys/net/ipv4/tcp_rmem'), '4096\t131072\t6291456\n');
    const after = node.run('health');
    assert.is(after.status, 0);
    assert.is(after.stdout, '4 settings (no.such: unknown to this kernel)\n');
  });
});

test('sysctl takes a name with slashes as sysctl(8) does', () => {
  onNode('sysctl', {}, (node) => {
    layPrograms(node, 'sysctl', 'kernel-settings');
    node.write(eth, '0\n');
    node.write(file, 'net/ipv4/conf/eth0.100/rp_filter = 1\n');
    assert.is(node.run('converge').status, 0);
    assert.is(node.read(eth), '1\n');
  });
});

test('sysctl halts when the kernel does not take a value', () => {
  onNode('sysctl', {}, (node) => {
    layPrograms(node, 'sysctl', 'kernel-settings');
    // A folder can be written to by nobody, root included.
    node.write('/proc/sys/vm/swappiness/x', '');
    node.write(file, 'vm.swappiness = 10\n');
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.is(ran.why, 'vm.swappiness: the kernel does not take 10');
  });
});

test('sysctl has nothing to do when there is nothing to set', () => {
  onNode('sysctl', {}, (node) => {
    layPrograms(node, 'sysctl', 'kernel-settings');
    node.write(file, '# Written by stackseed from settings.sysctl.values.\n');
    assert.is(node.run('converge').status, 0);
    assert.is(node.run('health').stdout, '0 settings\n');
  });
});

test('routing makes the kernel forward, and says by which way out', () => {
  onNode('routing', {}, (node) => {
    layPrograms(node, 'sysctl', 'kernel-settings');
    node.stub('ip', 'echo "default via 10.0.2.2 dev uplink"');
    node.write('/proc/sys/net/ipv4/ip_forward', '0\n');
    node.write('/etc/sysctl.d/61-stackseed-routing.conf', 'net.ipv4.ip_forward = 1\n');
    assert.is(node.run('health').status, 1);
    assert.is(node.run('converge').status, 0);
    assert.is(node.run('health').stdout, 'forwards, out via 10.0.2.2 dev uplink\n');
    node.stub('ip');
    assert.is(node.run('health').stdout, 'forwards, no default route yet\n');
    assert.is(node.run('health').status, 0);
  });
});

test.run();
