import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, type Ran, script } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('lib', {} as Context);
test.before.each((context) => {
  context.node = pretendNode({ QUOTED: `it'\\''s $(here)` });
  context.node.lay({ one: { files: { '/etc/one.conf': { content: 'one\n' } } } });
  context.node.write('/etc/one.conf', 'one\n');
});
test.after.each(({ node }) => node.end());

function run(node: PretendNode, body: string): Ran {
  node.write('/seed/one/try.sh', script(body));
  return node.exec(['bash', `${node.root}/seed/one/try.sh`]);
}

test('node.env reaches the script as it is', ({ node }) => {
  assert.is(run(node, 'printf "%s" "$QUOTED $STACKSEED_COMPONENT"').stdout, "it's $(here) one");
});

test('without node.env a script waits', ({ node }) => {
  node.write('/etc/stackseed/node.env', '');
  assert.is(run(node, 'true').status, 75);
});

test('write_file tells by its status whether it changed anything', ({ node }) => {
  const write = (text: string, mode = '0640') =>
    run(
      node,
      `if write_file "$ROOT/etc/new/file" ${mode} <<<'${text}'; then echo changed; else echo "same $?"; fi`,
    ).stdout;
  assert.is(write('a'), 'changed\n');
  assert.is(write('a'), 'same 1\n');
  assert.is(write('a', '0600'), 'changed\n');
  assert.is(write('b', '0600'), 'changed\n');
  assert.is(node.read('/etc/new/file'), 'b\n');
  assert.is(node.mode('/etc/new/file'), '0600');
});

test('write_file that fails ends the script, even in a condition', ({ node }) => {
  const ran = run(node, 'if write_file /proc/none/such 0644 <<<x; then echo changed; else echo same; fi');
  assert.is(ran.status, 74);
  assert.is(ran.stdout, '');
  assert.match(ran.stderr, /cannot write \/proc\/none\/such/);
});

test('restart_if_changed enables, starts, and then leaves a service alone', ({ node }) => {
  const calls = () => node.calls('systemctl').filter((call) => /restart|enable /.test(call));
  run(node, 'restart_if_changed one.service');
  assert.equal(calls(), [
    'systemctl --quiet enable --no-reload one.service',
    'systemctl restart one.service',
  ]);
  run(node, 'restart_if_changed one.service');
  assert.is(calls().length, 2);
});

const reasons: Record<string, (node: PretendNode) => void> = {
  'a laid file changed': (node) => node.write('/etc/one.conf', 'two\n'),
  'the mode of a laid file changed': (node) => node.exec(['chmod', '0600', `${node.root}/etc/one.conf`]),
  'a laid file is gone': (node) => node.remove('/etc/one.conf'),
  'a file of write_file changed': (node) => node.write('/etc/written.conf', 'other\n'),
  'a named file changed': (node) => node.write('/etc/named.conf', 'other\n'),
  'the service died': (node) => node.remove('/stub/active/one.service'),
  'the record is torn': (node) => node.write('/var/lib/stackseed/components/one/started/one.service', ''),
};
for (const [name, change] of Object.entries(reasons)) {
  test(`restart_if_changed restarts when ${name}`, ({ node }) => {
    const converge = 'restart_if_changed one.service "$ROOT/etc/named.conf"';
    node.write('/etc/named.conf', 'named\n');
    run(node, `write_file "$ROOT/etc/written.conf" 0644 <<<x || true\n${converge}`);
    run(node, converge);
    assert.is(node.calls('systemctl restart').length, 1);
    change(node);
    run(node, converge);
    assert.is(node.calls('systemctl restart').length, 2);
    run(node, converge);
    assert.is(node.calls('systemctl restart').length, 2);
  });
}

test('a restart that fails is not recorded as done', ({ node }) => {
  node.stub(
    'systemctl',
    'case $1 in restart) exit 1 ;; is-active) [ "$(grep -c restart "$ROOT/stub/calls")" -gt 0 ] ;; esac',
  );
  assert.is(run(node, 'restart_if_changed one.service').status, 1);
  assert.not(node.has('/var/lib/stackseed/components/one/started/one.service'));
});

test('a unit whose file changed is read again before its restart', ({ node }) => {
  node.stub(
    'systemctl',
    'case $* in *NeedDaemonReload*) echo NeedDaemonReload=yes ;; is-active*) false ;; esac',
  );
  run(node, 'restart_if_changed one.service');
  const order = node.calls('systemctl').filter((call) => /daemon-reload|restart/.test(call));
  assert.equal(order, ['systemctl daemon-reload', 'systemctl restart one.service']);
});

test('have_unit', ({ node }) => {
  node.stub('systemctl', '[ "$2" = chrony.service ]');
  const said = run(node, 'for unit in chrony ntp; do if have_unit $unit.service; then echo $unit; fi; done');
  assert.is(said.stdout, 'chrony\n');
});

test('reach tells whether somebody takes a connection, and does not hang', ({ node }) => {
  const said = (address: string, port: string, seconds = '') =>
    run(node, `if reach ${address} ${port} ${seconds}; then echo yes; else echo no; fi`);
  assert.is(said('127.0.0.1', '1').stdout, 'no\n');
  const listens = run(
    node,
    `exec 4< <(exec node -e '
      const server = require("net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port));
      setTimeout(() => process.exit(), 5000)')
    read -r port <&4
    if reach 127.0.0.1 "$port"; then echo yes; else echo no; fi`,
  );
  assert.equal(listens, { status: 0, stdout: 'yes\n', stderr: '' });
  // No bash gets through to an address without a reply: the stub stands for one.
  node.write('/slow/bash', '#!/bin/sh\nexec sleep 20\n', 0o755);
  const began = Date.now();
  const slow = run(node, 'PATH=$ROOT/slow:$PATH; reach 192.0.2.1 80 0.2 || echo "status $?"');
  assert.is(slow.stdout, 'status 124\n');
  assert.ok(Date.now() - began < 10_000);
});

test.run();
