import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, shipped } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('bootcmd', {} as Context);
test.before.each((context) => {
  const node = pretendNode();
  context.node = node;
  for (const mark of marks) node.write(`/var/lib/cloud/instances/i-one/sem/${mark}`, '1: 2\n');
  symlinkSync('instances/i-one', join(node.root, 'var/lib/cloud/instance'));
  node.write('/var/lib/cloud/data/set-hostname', '');
  node.write('/etc/ssh/ssh_host_rsa_key', '');
  node.write('/etc/ssh/ssh_host_rsa_key.pub', 'x');
  node.write('/etc/ssh/ssh_host_ed25519_key', 'key');
  node.write('/etc/ssh/ssh_host_ed25519_key.pub', '');
  node.stub('sync');
  node.stub('systemd-run');
});
test.after.each(({ node }) => node.end());

const again = [
  'config_write_files',
  'config_users_groups',
  'config_ssh',
  'config_set_hostname',
  'config_runcmd',
  'config_scripts_user',
];
const never = ['config_disk_setup', 'config_growpart', 'config_seed_random', 'consume_data'];
const marks = [...again, ...never];

/** As cloud-init runs it: `sh -c TEXT`, with the shells that /bin/sh may be. */
function boot(node: PretendNode, shell = 'sh'): string[] {
  const ran = node.exec([shell, '-c', shipped('node/bootcmd.sh')]);
  assert.equal(ran, { status: 0, stdout: '', stderr: '' });
  assert.equal(node.calls('sync'), ['sync ']);
  return readdirSync(join(node.root, 'var/lib/cloud/instance/sem')).sort();
}

for (const shell of ['sh', 'bash']) {
  test(`while nothing is laid, the modules that lay run again (${shell})`, ({ node }) => {
    assert.equal(boot(node, shell), [...never].sort());
    assert.not(node.has('/var/lib/cloud/data/set-hostname'));
    assert.not(node.has('/etc/ssh/ssh_host_rsa_key'));
    assert.not(node.has('/etc/ssh/ssh_host_rsa_key.pub'));
    assert.ok(node.has('/etc/ssh/ssh_host_ed25519_key'));
  });
}

test('once this instance-id is laid, nothing is touched', ({ node }) => {
  node.write('/var/lib/stackseed/laid', 'i-one\n');
  assert.equal(boot(node), [...marks].sort());
  assert.ok(node.has('/var/lib/cloud/data/set-hostname'));
  assert.ok(node.has('/etc/ssh/ssh_host_rsa_key'));
});

test('at the first boot the components begin when the files lie, later the target itself does', ({
  node,
}) => {
  node.remove('/etc/systemd/system/stackseed.target');
  boot(node);
  const [call, ...more] = node.calls('systemd-run');
  assert.match(call ?? '', /^systemd-run .*-p After=cloud-init\.service cloud-init-network\.service sh -c /);
  assert.equal(more, []);
  node.write('/etc/systemd/system/stackseed.target', '');
  node.write('/stub/calls', '');
  boot(node);
  assert.equal(node.calls('systemd-run'), []);
});

test('a systemd that cannot begin early is no harm', ({ node }) => {
  node.remove('/etc/systemd/system/stackseed.target');
  node.stub('systemd-run', 'exit 1');
  boot(node);
});

const unlaid: Record<string, [id: string, laid: string]> = {
  'another instance-id was laid': ['i-one\n', 'i-zero\n'],
  'one id is the beginning of the other': ['i-one\n', 'i-on\n'],
  'laid is empty': ['i-one\n', ''],
  'laid is zero bytes': ['i-one\n', '\0\0\0'],
  'both are empty': ['', ''],
  'both are zero bytes': ['\0\0', '\0\0'],
};
for (const [name, [id, laid]] of Object.entries(unlaid)) {
  test(`modules run again when ${name}`, ({ node }) => {
    node.write('/var/lib/cloud/data/instance-id', id);
    node.write('/var/lib/stackseed/laid', laid);
    assert.equal(boot(node), [...never].sort());
  });
}

test('the first boot, where there are no marks and no keys yet', ({ node }) => {
  node.remove('/var/lib/cloud');
  node.remove('/etc/ssh');
  assert.equal(node.exec(['sh', '-c', shipped('node/bootcmd.sh')]), { status: 0, stdout: '', stderr: '' });
});

test.run();
