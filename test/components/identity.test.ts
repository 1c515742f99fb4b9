import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode } from './pretend-node.ts';

const values = {
  STACKSEED_MACS: '52:54:00:00:00:51 52:54:00:00:01:51',
  STACKSEED_ADDRESSES: '192.168.0.51/24 192.168.1.51/24',
  STACKSEED_RESOLVER: 'file',
  STACKSEED_DNS_SERVERS: '192.168.0.1',
  STACKSEED_DNS_SEARCH: 'example.net',
  SSH_UNIT: 'ssh.service',
};

/** A machine that is the one of the seed, and up. */
function machine(node: PretendNode): void {
  node.write('/sys/class/net/lo/address', '00:00:00:00:00:00\n');
  node.write('/sys/class/net/public/address', '52:54:00:00:00:51\n');
  node.write('/sys/class/net/manage/address', '52:54:00:00:01:51\n');
  node.write('/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  node.stub(
    'hostname',
    'if [ $# -gt 0 ]; then echo "$1" >"$STATE/hostname"; else cat "$STATE/hostname" 2>/dev/null || echo localhost; fi',
  );
  node.stub(
    'ip',
    `[ -e "$STATE/down" ] && exit 0
     echo '1: lo    inet 127.0.0.1/8 scope host lo'
     echo '2: public    inet 192.168.0.51/24 brd 192.168.0.255 scope global public'
     echo '3: manage    inet 192.168.1.51/24 brd 192.168.1.255 scope global manage'`,
  );
  layPrograms(node, 'identity', 'uplink-resolvers');
}

test('identity sets the host name and the resolver, and does nothing the second time', () => {
  onNode('identity', values, (node) => {
    machine(node);
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.ok(first.calls.includes('hostname cnt1'));
    assert.is(
      node.read('/etc/resolv.conf'),
      '# Written by stackseed.\nsearch example.net\noptions timeout:2 attempts:2\nnameserver 192.168.0.1\n',
    );
    const second = node.run('converge');
    assert.is(second.status, 0);
    assert.not.ok(second.calls.includes('hostname cnt1'));
    const health = node.run('health');
    assert.is(health.status, 0);
    assert.is(health.stdout, 'cnt1.example.net 192.168.0.51/24 192.168.1.51/24\n');
  });
});

test('identity halts on a machine that the seed is not for, and names both', () => {
  onNode('identity', { ...values, STACKSEED_MACS: '52:54:00:00:00:52' }, (node) => {
    machine(node);
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.match(ran.why, /for cnt1 with MAC 52:54:00:00:00:52, and this machine has 52:54:00:00:00:51/);
    assert.not.ok(ran.calls.includes('hostname cnt1'));
  });
});

test('identity waits for a network card that is missing beside one that is there', () => {
  onNode('identity', { ...values, STACKSEED_MACS: '52:54:00:00:00:51 52:54:00:00:09:09' }, (node) => {
    machine(node);
    const ran = node.run('converge');
    assert.is(ran.status, 75);
    assert.is(ran.why, 'no network interface with MAC 52:54:00:00:09:09');
  });
});

test("identity knows a bond's member by the MAC of its own", () => {
  onNode('identity', values, (node) => {
    machine(node);
    node.write('/sys/class/net/manage/address', '52:54:00:00:00:51\n');
    node.write('/sys/class/net/manage/bonding_slave/perm_hwaddr', '52:54:00:00:01:51\n');
    assert.is(node.run('converge').status, 0);
  });
});

test('identity has the network laid again when an address is missing, and waits for it', () => {
  onNode('identity', values, (node) => {
    machine(node);
    // As cloud-init does: writes the configuration; applying it brings the addresses.
    node.stub(
      'cloud-init',
      'mkdir -p "$ROOT/etc/netplan"; echo "192.168.0.51/24 192.168.1.51/24" >"$ROOT/etc/netplan/50-cloud-init.yaml"',
    );
    node.stub('netplan', '[ -e "$STATE/stays-down" ] || rm -f "$STATE/down"');
    node.write('../state/down', '');
    node.write('../state/stays-down', '');
    const waits = node.run('converge');
    assert.is(waits.status, 75);
    assert.is(waits.why, 'no interface has 192.168.0.51/24 192.168.1.51/24');
    assert.ok(waits.calls.includes('cloud-init init --local'));
    assert.ok(waits.calls.includes('netplan apply'));
  });
});

test('identity goes on once the network is there', () => {
  onNode('identity', values, (node) => {
    machine(node);
    node.stub(
      'cloud-init',
      'mkdir -p "$ROOT/etc/netplan"; echo "192.168.0.51/24 192.168.1.51/24" >"$ROOT/etc/netplan/50-cloud-init.yaml"',
    );
    node.stub('netplan', 'rm -f "$STATE/down"');
    node.write('../state/down', '');
    assert.is(node.run('converge').status, 0);
  });
});

test("identity leaves another program's /etc/resolv.conf to it", () => {
  onNode('identity', values, (node) => {
    machine(node);
    symlinkSync('/run/systemd/resolve/stub-resolv.conf', join(node.root, 'etc/resolv.conf'));
    assert.is(node.run('converge').status, 0);
    assert.not.ok(node.exists('/etc/resolv.conf'));
  });
  onNode('identity', { ...values, STACKSEED_RESOLVER: 'resolved' }, (node) => {
    machine(node);
    assert.is(node.run('converge').status, 0);
    assert.not.ok(node.exists('/etc/resolv.conf'));
  });
});

test('identity puts the servers of DHCP after those of the inventory, its own addresses left out', () => {
  onNode('identity', values, (node) => {
    machine(node);
    node.write('/run/systemd/netif/leases/3', 'ADDRESS=10.9.9.9\nDNS=10.9.9.1 192.168.1.51\n');
    node.write(
      '/var/lib/dhcp/dhclient.uplink.leases',
      'lease {\n  option domain-name-servers 10.8.8.7;\n}\nlease {\n  option domain-name-servers 10.8.8.8,192.168.0.1;\n}\n',
    );
    node.write(
      '/run/dhcpcd/hook-state/resolv.conf/uplink.dhcp',
      'nameserver 10.7.7.7\nnameserver $(reboot)\n',
    );
    assert.is(node.run('converge').status, 0);
    assert.equal(node.read('/etc/resolv.conf').match(/^nameserver .*/gm), [
      'nameserver 192.168.0.1',
      'nameserver 10.9.9.1',
      'nameserver 10.8.8.8',
    ]);
  });
});

test('identity makes host keys of no bytes again, and a machine id', () => {
  onNode('identity', values, (node) => {
    machine(node);
    node.write('/etc/machine-id', '');
    node.write('/etc/ssh/ssh_host_rsa_key', '', 0o600);
    node.write('/etc/ssh/ssh_host_rsa_key.pub', 'old\n');
    node.write('/etc/ssh/ssh_host_ed25519_key', 'private\n', 0o600);
    node.write('/etc/ssh/ssh_host_ed25519_key.pub', '');
    node.stub('systemd-machine-id-setup');
    node.stub(
      'ssh-keygen',
      'case $1 in -A) echo new >"$ROOT/etc/ssh/ssh_host_rsa_key" ;; -y) echo public ;; esac',
    );
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.is(node.read('/etc/ssh/ssh_host_rsa_key'), 'new\n');
    assert.not.ok(node.exists('/etc/ssh/ssh_host_rsa_key.pub'));
    assert.is(node.read('/etc/ssh/ssh_host_ed25519_key'), 'private\n');
    assert.is(node.read('/etc/ssh/ssh_host_ed25519_key.pub'), 'public\n');
    assert.ok(ran.calls.includes('systemctl try-restart ssh.service'));
    assert.ok(ran.calls.includes('systemd-machine-id-setup'));
    const again = node.run('converge');
    assert.not.ok(again.calls.some((call) => call.startsWith('ssh-keygen')));
  });
});

test('identity is not healthy under another name or without an address', () => {
  onNode('identity', values, (node) => {
    machine(node);
    assert.match(node.run('health').stdout, /host name is localhost, not cnt1/);
    node.run('converge');
    node.write('../state/down', '');
    const down = node.run('health');
    assert.is(down.status, 1);
    assert.is(down.stdout, 'no interface has 192.168.0.51/24\n');
  });
});

test.run();
