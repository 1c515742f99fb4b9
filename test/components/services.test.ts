import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { layPrograms, onNode, type PretendNode } from './pretend-node.ts';

/** Components that are a package, a configuration file and a unit. */
const simple = [
  {
    component: 'time',
    unit: 'chrony.service',
    file: '/etc/chrony/chrony.conf',
    values: { CHRONY_UNIT: 'chrony.service', STACKSEED_TIMEZONE: 'Etc/UTC' },
    prepare: (node: PretendNode) => node.write('/usr/share/zoneinfo/Etc/UTC', 'TZif2'),
  },
  {
    component: 'memcached',
    unit: 'memcached.service',
    file: '/etc/memcached.conf',
    values: { MEMCACHED_UNIT: 'memcached.service' },
    prepare: () => {},
  },
  {
    component: 'dns',
    unit: 'dnsmasq.service',
    file: '/etc/dnsmasq.d/stackseed.conf',
    values: {
      DNSMASQ_UNIT: 'dnsmasq.service',
      STACKSEED_DNS_SERVERS: '192.168.0.1 10.0.0.53',
      DNS_FORWARDERS: '',
    },
    prepare: (node: PretendNode) => {
      node.stub('ip');
      node.stub('dnsmasq');
      layPrograms(node, 'identity', 'uplink-resolvers');
    },
  },
  {
    component: 'node-exporter',
    unit: 'prometheus-node-exporter.service',
    file: '/etc/default/prometheus-node-exporter',
    folder: join(root, 'examples/large/site/components/node-exporter'),
    values: {},
    prepare: () => {},
  },
];

const restarts = (calls: string[]) => calls.filter((call) => /^systemctl (re)?start /.test(call));

for (const { component, unit, file, values, prepare, folder } of simple) {
  const on = (use: (node: PretendNode) => void) =>
    onNode(
      component,
      values,
      (node) => {
        prepare(node);
        node.write(`/var/lib/stackseed/seed/components/${component}/files.list`, `0644 root root ${file}\n`);
        node.write(file, 'first\n');
        use(node);
      },
      folder,
    );

  test(`${component} starts its service once, and again only when its file changed`, () => {
    on((node) => {
      const first = node.run('converge');
      assert.is(first.status, 0, first.stderr);
      assert.equal(restarts(first.calls), [`systemctl restart ${unit}`]);
      assert.ok(first.calls.includes(`systemctl --quiet enable --no-reload ${unit}`));
      assert.equal(restarts(node.run('converge').calls), []);
      node.write(file, 'second\n');
      assert.equal(restarts(node.run('converge').calls), [`systemctl restart ${unit}`]);
      assert.equal(restarts(node.run('converge').calls), []);
    });
  });

  test(`${component} restarts after a power cut between the new file and the restart`, () => {
    on((node) => {
      node.run('converge');
      node.write(file, 'second\n');
      // The restart fails, as if it had never been reached; the service goes on with the old file.
      node.write(`../state/broken-${unit}`, '');
      assert.is.not(node.run('converge').status, 0);
      node.remove(`../state/broken-${unit}`);
      assert.equal(restarts(node.run('converge').calls), [`systemctl restart ${unit}`]);
    });
  });

  test(`${component} waits while its package is missing`, () => {
    on((node) => {
      node.write('../state/known', '');
      const ran = node.run('converge');
      assert.is(ran.status, 75);
      assert.match(ran.why, /package .* is not installed/);
      assert.equal(restarts(ran.calls), []);
    });
  });
}

/** Runs `use` while a program listens on a port of 127.0.0.1 and answers every request with `reply`. */
async function answering(reply: string, use: (port: number) => void): Promise<void> {
  const program = `require('net').createServer((c) => c.once('data', () => c.end(${JSON.stringify(reply)})))
    .listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)); })`;
  const server = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    use(Number(line.toString()));
  } finally {
    server.kill();
  }
}

test('memcached is healthy when it answers with statistics', async () => {
  const health = (port: number) =>
    onNode('memcached', {}, (node) => {
      node.write('/etc/memcached.conf', `-m 64\n-l 127.0.0.1\n-p ${port}\n-U 0\n`);
      return node.run('health');
    });
  await answering('STAT pid 12\r\nSTAT curr_connections 3\r\nEND\r\n', (port) => {
    assert.is(health(port).stdout, 'answers on 127.0.0.1, 3 connections\n');
    assert.is(health(port).status, 0);
  });
  await answering('SSH-2.0-OpenSSH\r\n', (port) => assert.is(health(port).status, 1));
  const away = health(1);
  assert.is(away.status, 1);
  assert.is(away.stdout, 'no answer on 127.0.0.1 port 1\n');
});

test('node-exporter is healthy when it gives figures', async () => {
  const health = (port: number) =>
    onNode(
      'node-exporter',
      {},
      (node) => {
        node.write(
          '/etc/default/prometheus-node-exporter',
          `ARGS="--web.listen-address=127.0.0.1:${port} --no-collector.zfs"\n`,
        );
        return node.run('health');
      },
      join(root, 'examples/large/site/components/node-exporter'),
    );
  await answering('HTTP/1.0 200 OK\r\n\r\n# HELP x\nnode_load1 0.1\nnode_load5 0.1\n', (port) => {
    assert.is(health(port).stdout, `2 figures on 127.0.0.1:${port}\n`);
  });
  assert.is(health(1).status, 1);
});

test('time sets the time zone, and halts when there is none of that name', () => {
  onNode('time', { CHRONY_UNIT: 'chrony.service', STACKSEED_TIMEZONE: 'Asia/Tokyo' }, (node) => {
    const wrong = node.run('converge');
    assert.is(wrong.status, 78);
    assert.is(wrong.why, 'there is no time zone Asia/Tokyo');
    node.write('/usr/share/zoneinfo/Asia/Tokyo', 'TZif2');
    node.write('/etc/localtime', 'old');
    assert.is(node.run('converge').status, 0);
    assert.is(readlinkSync(join(node.root, 'etc/localtime')), '/usr/share/zoneinfo/Asia/Tokyo');
    assert.is(node.read('/etc/timezone'), 'Asia/Tokyo\n');
    assert.not.match(node.run('converge').stderr, /time zone/);
  });
});

test('time is healthy without a source of time, but not without chronyd', () => {
  onNode('time', {}, (node) => {
    node.stub('chronyc', 'echo "506 Cannot talk to daemon"; exit 1');
    assert.is(node.run('health').stdout, 'chronyd does not answer: 506 Cannot talk to daemon\n');
    assert.is(node.run('health').status, 1);
    node.stub('chronyc', 'echo "Reference ID    : 00000000 ()"; echo "Leap status     : Not synchronised"');
    assert.is(node.run('health').stdout, 'running, not synchronised yet\n');
    assert.is(node.run('health').status, 0);
    node.stub(
      'chronyc',
      'echo "Reference ID    : C0A80001 (192.168.0.1)"; echo "System time     : 0.000020 seconds slow of NTP time"; echo "Leap status     : Normal"',
    );
    assert.is(
      node.run('health').stdout,
      'follows C0A80001 (192.168.0.1), 0.000020 seconds slow of NTP time\n',
    );
  });
});

test('dns asks the servers of DHCP, else those of the inventory, and does not restart for it', () => {
  const values = { DNSMASQ_UNIT: 'dnsmasq.service', STACKSEED_DNS_SERVERS: '10.0.0.53', DNS_FORWARDERS: '' };
  onNode('dns', values, (node) => {
    node.stub('ip');
    node.stub('dnsmasq');
    layPrograms(node, 'identity', 'uplink-resolvers');
    assert.is(node.run('converge').status, 0);
    assert.is(node.read('/etc/resolv.stackseed-dns.conf'), '# Written by stackseed.\nnameserver 10.0.0.53\n');
    node.write('/run/systemd/netif/leases/2', 'DNS=10.9.9.1\n');
    assert.equal(restarts(node.run('converge').calls), []);
    assert.is(node.read('/etc/resolv.stackseed-dns.conf'), '# Written by stackseed.\nnameserver 10.9.9.1\n');
  });
});

test('dns halts on a file that dnsmasq refuses, and leaves what runs alone', () => {
  onNode('dns', { DNSMASQ_UNIT: 'dnsmasq.service', STACKSEED_DNS_SERVERS: '' }, (node) => {
    node.stub('ip');
    node.stub('dnsmasq', 'echo "dnsmasq: bad option at line 3"; exit 1');
    layPrograms(node, 'identity', 'uplink-resolvers');
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.is(ran.why, 'dnsmasq refuses its configuration: dnsmasq: bad option at line 3');
    assert.equal(restarts(ran.calls), []);
  });
});

test('dns is healthy when it knows its own name', () => {
  onNode('dns', { STACKSEED_ADDRESSES: '192.168.0.1/24 10.0.0.1/24', DNS_FORWARDERS: '' }, (node) => {
    node.write('/etc/resolv.stackseed-dns.conf', '# Written by stackseed.\nnameserver 10.9.9.1\n');
    node.stub('host', 'echo "cnt1.example.net has address 192.168.0.1"');
    const well = node.run('health');
    assert.is(well.stdout, 'answers on 192.168.0.1, asks 10.9.9.1\n');
    assert.ok(well.calls.includes('host -W 3 -t A cnt1.example.net 192.168.0.1'));
    node.stub('host', 'echo ";; connection timed out"; exit 1');
    assert.is(node.run('health').status, 1);
  });
});

test.run();
