import { createHash } from 'node:crypto';
import { lstatSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { convergeUntil, type PretendNode, pretendNode, script, seed } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('lay', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
});
test.after.each(({ node }) => node.end());

const files = {
  '/etc/one/plain.conf': { content: 'plain\n' },
  '/etc/one/secret file.conf': { content: 'secret\n', mode: '0600' },
};

test('files get their bytes and modes, folders are made, no temporary file stays', ({ node }) => {
  node.lay({ one: { files } });
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/one/plain.conf'), 'plain\n');
  assert.is(node.mode('/etc/one/plain.conf'), '0644');
  assert.is(node.mode('/etc/one/secret file.conf'), '0600');
  assert.is(node.exec(['ls', '-A', join(node.root, 'etc/one')]).stdout, 'plain.conf\nsecret file.conf\n');
});

test('a second run touches nothing', ({ node }) => {
  node.lay({ one: { files } });
  node.run(['converge', 'one']);
  const before = statSync(join(node.root, 'etc/one/plain.conf'));
  const { stderr } = node.run(['converge', 'one']);
  const after = statSync(join(node.root, 'etc/one/plain.conf'));
  assert.is(after.ino, before.ino);
  assert.is(after.ctimeMs, before.ctimeMs);
  assert.not.match(stderr, /laid/);
});

test('a wrong mode is mended', ({ node }) => {
  node.lay({ one: { files } });
  node.run(['converge', 'one']);
  node.exec(['chmod', '0666', join(node.root, 'etc/one/plain.conf')]);
  node.run(['converge', 'one']);
  assert.is(node.mode('/etc/one/plain.conf'), '0644');
});

test('a link in the way is replaced, and what it leads to is left alone', ({ node }) => {
  node.lay({ one: { files } });
  node.write('/etc/one/target', 'plain\n');
  symlinkSync('target', join(node.root, 'etc/one/plain.conf'));
  node.run(['converge', 'one']);
  assert.not(lstatSync(join(node.root, 'etc/one/plain.conf')).isSymbolicLink());
  assert.is(node.read('/etc/one/target'), 'plain\n');
});

test('half a file that a power cut left beside is written over', ({ node }) => {
  node.lay({ one: { files } });
  node.write('/etc/one/.plain.conf.stackseed-new', 'pla');
  node.run(['converge', 'one']);
  assert.is(node.read('/etc/one/plain.conf'), 'plain\n');
  assert.not(node.has('/etc/one/.plain.conf.stackseed-new'));
});

test('an owner who is not there yet is waited for', async ({ node }) => {
  node.lay({ one: { files: { '/etc/late.conf': { content: 'x\n', owner: 'stackseed-nobody' } } } });
  node.stub('getent', '[ -e "$ROOT/users-are-there" ]');
  const { reason = '' } = await convergeUntil(node, 'one', 'waiting');
  assert.match(reason, /^for stackseed-nobody:\S+, who is to own \/etc\/late\.conf$/);
});

test('a file that cannot be laid is a failure with its path', async ({ node }) => {
  node.lay({ one: { files } });
  node.write('/etc/one/plain.conf/in-the-way', 'x');
  const { reason } = await convergeUntil(node, 'one', 'failed');
  assert.is(reason, 'cannot lay /etc/one/plain.conf');
});

test('a file that left the list is removed, unless it was changed', ({ node }) => {
  node.lay({
    one: { files: { ...files, '/etc/old.conf': { content: 'old\n' }, '/etc/kept.conf': { content: 'k\n' } } },
  });
  node.run(['converge', 'one']);
  node.write('/etc/kept.conf', 'changed\n');
  node.lay({ one: { files } });
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  const { stderr } = node.run(['converge', 'one']);
  assert.not(node.has('/etc/old.conf'));
  assert.is(node.read('/etc/kept.conf'), 'changed\n');
  assert.match(stderr, /removing \/etc\/old\.conf/);
  assert.match(stderr, /leaving \/etc\/kept\.conf/);
});

test('a file that cloud-init lays now, and a component laid before, stays', ({ node }) => {
  node.lay({ one: { files: { ...files, '/etc/moved.conf': { content: 'moved\n' } } } });
  node.run(['converge', 'one']);
  node.lay({ one: { files } });
  const list = '/var/lib/stackseed/seed/seed.list';
  const lines = node.read(list).split('\n').slice(0, -2);
  const digest = createHash('sha256').update('moved\n').digest('hex');
  node.write(list, `${[...lines, `${digest}  /etc/moved.conf`, `# end ${lines.length + 1}`].join('\n')}\n`);
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  assert.is(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/moved.conf'), 'moved\n');
});

test('a unit file makes systemd read its units again, once', ({ node }) => {
  node.lay({ one: { files: { '/etc/systemd/system/one.service': { content: '[Service]\n' } } } });
  node.run(['converge', 'one']);
  node.run(['converge', 'one']);
  assert.equal(node.calls('systemctl'), ['systemctl daemon-reload']);
});

test('a component without files and scripts is healthy once the seed is whole', ({ node }) => {
  node.lay({ node: {} });
  node.remove(`${seed}/components/node`);
  node.lay({ node: {} }, {});
  assert.is(node.run(['converge', 'node']).status, 0);
  assert.is(node.state('node')['state'], 'healthy');
});

test('a restart is not lost between laying a file and doing it', ({ node }) => {
  const component = (content: string) => ({
    one: {
      converge: script('[ ! -e "$ROOT/cut" ] || kill -9 $PPID $$\nrestart_if_changed one.service'),
      files: { '/etc/one.conf': { content } },
    },
  });
  const restarts = () => node.calls('systemctl restart').length;
  node.lay(component('first\n'));
  node.run(['converge', 'one']);
  node.run(['converge', 'one']);
  assert.is(restarts(), 1);
  node.lay(component('second\n'));
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  node.write('/cut', '');
  assert.is.not(node.run(['converge', 'one']).status, 0);
  assert.is(node.read('/etc/one.conf'), 'second\n');
  assert.is(restarts(), 1);
  // Power is back, and the service was started by the boot: it is restarted all the same.
  node.remove('/cut');
  node.remove('/run/stackseed');
  node.run(['converge', 'one']);
  assert.is(restarts(), 2);
  node.run(['converge', 'one']);
  assert.is(restarts(), 2);
});

test('a list that cannot be written, as on a full disk, takes no file away', async ({ node }) => {
  node.lay({ one: { converge: script(''), files: { ...files, '/etc/old.conf': { content: 'old\n' } } } });
  node.run(['converge', 'one']);
  node.lay({ one: { converge: script(''), files } });
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  node.write('/var/lib/stackseed/components/one/.laid.list.stackseed-new/in-the-way', '');
  node.remove('/run/stackseed/components/one');
  const { reason } = await convergeUntil(node, 'one', 'waiting');
  assert.is(reason, 'for the disk: cannot record what was laid');
  for (const path of Object.keys(files)) assert.ok(node.has(path), path);
});

test('units of all components are laid before the first, and systemd reads them once', ({ node }) => {
  const unit = (name: string) => ({
    [`/etc/systemd/system/${name}.service`]: { content: `[Unit]\nDescription=${name}\n` },
    [`/etc/${name}.conf`]: { content: 'x\n' },
  });
  node.lay({
    one: { files: unit('one') },
    two: { converge: script('restart_if_changed two.service'), files: unit('two') },
  });
  node.run(['converge', 'two']);
  node.run(['converge', 'one']);
  assert.is(node.calls('systemctl daemon-reload').length, 1);
  // Another unit in the next seed: what runs with the old one is started anew, in the turn of its component.
  node.lay({
    one: { files: unit('one') },
    two: {
      converge: script('restart_if_changed two.service'),
      files: { '/etc/systemd/system/two.service': { content: 'new' } },
    },
  });
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  node.run(['converge', 'one']);
  assert.is(node.read('/etc/systemd/system/two.service'), 'new');
  assert.ok(node.has('/etc/two.conf'));
  node.run(['converge', 'two']);
  assert.not(node.has('/etc/two.conf'));
  assert.is(node.calls('systemctl daemon-reload').length, 2);
  assert.is(node.calls('systemctl restart').length, 2);
});

test('a unit that cannot be laid holds up its own component only', async ({ node }) => {
  const files = { '/etc/systemd/system/two.service': { content: 'x', owner: 'stackseed-nobody' } };
  node.lay({ one: { files: { '/etc/systemd/system/one.service': { content: 'x' } } }, two: { files } });
  assert.is(node.run(['converge', 'one']).status, 0);
  const { reason } = await convergeUntil(node, 'two', 'waiting');
  assert.match(reason ?? '', /stackseed-nobody/);
});

test('when one file cannot be written, none is put in its place', async ({ node }) => {
  node.lay({ one: { files } });
  node.run(['converge', 'one']);
  node.lay({
    one: { files: { '/etc/one/plain.conf': { content: 'new\n' }, '/etc/two/new.conf': { content: '' } } },
  });
  node.write('/etc/two', 'no folder');
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  const { reason } = await convergeUntil(node, 'one', 'failed');
  assert.is(reason, 'cannot lay /etc/two/new.conf');
  assert.is(node.read('/etc/one/plain.conf'), 'plain\n');
  assert.not(node.has('/etc/one/.plain.conf.stackseed-new'));
});

test('a file that was changed by hand and is laid again restarts its service', ({ node }) => {
  node.lay({ one: { converge: script('restart_if_changed one.service'), files } });
  node.run(['converge', 'one']);
  // Whoever changed it may have restarted the service, so it runs with the change.
  node.write('/etc/one/plain.conf', 'by hand\n');
  node.run(['converge', 'one']);
  assert.is(node.read('/etc/one/plain.conf'), 'plain\n');
  assert.is(node.calls('systemctl restart').length, 2);
});

test.run();
