import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode } from '../components/pretend-node.ts';
import { memo, rendered } from '../components/rendered.ts';

const values = { HAPROXY_UNIT: 'haproxy.service' };
const folder = '/etc/haproxy/stackseed.d';
const config = '/etc/haproxy/haproxy.cfg';
const unit = '../state/active-haproxy.service';

function onController(use: (node: PretendNode) => void): void {
  onNode('haproxy', values, (node) => {
    layPrograms(node, 'haproxy', 'haproxy-config');
    layPrograms(node, 'sysctl', 'kernel-settings');
    node.write('/proc/sys/net/ipv4/ip_nonlocal_bind', '0\n');
    node.write('/etc/sysctl.d/62-stackseed-haproxy.conf', 'net.ipv4.ip_nonlocal_bind = 1\n');
    node.write(`${folder}/10-one.cfg`, 'listen one\n');
    node.write(`${folder}/00-global.cfg`, 'global\n');
    node.stub(
      'haproxy',
      // As the real one: told to be quiet it does not even say what is wrong.
      `if grep -q broken "\${@: -1}"; then
        [[ " $* " == *' -q '* ]] || echo "[ALERT] (1) : config : unknown keyword"
        exit 1
      fi`,
    );
    use(node);
  });
}

const acts = (calls: string[]) => calls.filter((call) => /^systemctl (re)?(start|load|stop) /.test(call));

test('the configuration is made of the fragments in order, and the unit is left to Pacemaker', () => {
  onController((node) => {
    node.write('../state/enabled-haproxy.service', '');
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.match(node.read(config), /global\n[\s\S]*listen one\n/);
    assert.is(node.read('/proc/sys/net/ipv4/ip_nonlocal_bind'), '1\n');
    assert.ok(node.exists('/run/stackseed/allow/haproxy'));
    assert.ok(ran.calls.includes('systemctl --quiet disable --no-reload haproxy.service'));
    assert.equal(acts(ran.calls), []);
  });
});

test('after a boot it is started at once, and only then', () => {
  onController((node) => {
    node.write('/var/lib/stackseed/converged', '');
    const early = 'systemctl start --no-block --job-mode=ignore-dependencies haproxy.service';
    assert.equal(acts(node.run('converge').calls), [early]);
    node.remove(unit);
    assert.equal(acts(node.run('converge').calls), []);
  });
});

test('a running HAProxy reads a changed configuration, and only then', () => {
  onController((node) => {
    node.run('converge');
    node.write(unit, '');
    assert.equal(acts(node.run('converge').calls), []);
    node.write(`${folder}/20-two.cfg`, 'listen two\n');
    assert.equal(acts(node.run('converge').calls), ['systemctl reload haproxy.service']);
    assert.equal(acts(node.run('converge').calls), []);
  });
});

test('a fragment that haproxy refuses changes nothing', () => {
  onController((node) => {
    node.run('converge');
    node.write(unit, '');
    const before = node.read(config);
    node.write(`${folder}/20-bad.cfg`, 'broken\n');
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.is(ran.why, 'haproxy refuses its configuration: [ALERT] (1) : config : unknown keyword');
    assert.is(node.read(config), before);
    assert.equal(acts(ran.calls), []);
  });
});

test('a reload that was cut off is made up for', () => {
  onController((node) => {
    node.run('converge');
    node.write(unit, '');
    node.write('/run/stackseed/haproxy.pending', '');
    assert.equal(acts(node.run('converge').calls), ['systemctl reload haproxy.service']);
    assert.not.ok(node.exists('/run/stackseed/haproxy.pending'));
  });
});

test('health asks a running HAProxy, and is well before Pacemaker has started it', () => {
  onController((node) => {
    node.run('converge');
    assert.is(node.run('health').stdout, 'ready for Pacemaker to start it\n');
    node.write(unit, '');
    const silent = node.inNetwork('bash "$HEALTH"');
    assert.is(silent.status, 1);
    assert.is(silent.stdout, 'runs, but does not answer\n');
    const answering = node.inNetwork(`ip link set lo up
      python3 -c 'import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 9197)); s.listen(1); print(flush=True)
c, _ = s.accept(); c.recv(99); c.send(b"HTTP/1.0 200 OK\\r\\n\\r\\n")' > "$STATE/ready" & until [ -s "$STATE/ready" ]; do sleep 0.1; done
      bash "$HEALTH"; wait`);
    assert.is(answering.stdout, 'answers, 0 services\n', answering.stderr);
  });
});

test('the database has one writer, which is stuck to wherever the address goes', () => {
  const text = rendered(memo, 'cnt2', `${folder}/10-database.cfg`);
  const servers = text.match(/^\tserver .*$/gm) ?? [];
  assert.is(servers.length, 3);
  for (const server of servers)
    assert.match(server, / id 30[789] backup check port 9200 .*on-marked-down shutdown-sessions$/);
  assert.match(text, /^\tbind 192\.168\.1\.50:3306$/m);
  assert.not.match(text, /bind 192\.168\.0\./);
  assert.match(text, /stick-table type integer .* peers stackseed\n\tstick on dst_port/);
  const peers = rendered(memo, 'cnt2', `${folder}/00-global.cfg`).match(/^\tpeer .*$/gm);
  assert.equal(peers, [
    '\tpeer cnt1 192.168.1.51:9198',
    '\tpeer cnt2 192.168.1.52:9198',
    '\tpeer cnt3 192.168.1.53:9198',
  ]);
});

test.run();
