import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onNode, type PretendNode } from '../components/pretend-node.ts';
import { root } from '../fixtures.ts';

const lib = 'usr/local/lib/stackseed';
const share = '/var/lib/stackseed/shares/cinder';
const ready = 'attrd_updater --name cinder-volume-ready --update 1';

/** A controller with the package, a share that is mounted, and a Pacemaker that runs the unit where $STATE/where says. */
function onController(use: (node: PretendNode) => void): void {
  onNode('cinder-volume', { CINDER_VOLUME_SHARE: share }, (node) => {
    node.write('/usr/bin/cinder-volume', '', 0o755);
    node.write('/etc/cinder/nfs_shares', '192.168.1.1:/srv/nfs/cinder\n');
    node.write('/etc/cinder/cinder.conf', 'first\n');
    node.write(`${share}/.stackseed-share`, 'nfs /srv/nfs/cinder\n');
    node.stub('mountpoint', '[ ! -e "$STATE/unmounted" ]');
    node.stub('attrd_updater', '[ ! -e "$STATE/deaf" ] && cat "$STATE/attribute"');
    node.write('../state/attribute', 'name="cinder-volume-ready" host="cnt1" value="1"\n');
    node.stub('crm_resource', 'cat "$STATE/where"');
    node.write('../state/where', 'resource cinder-volume is running on: cnt2 \n');
    for (const from of ['node', 'openstack'])
      cpSync(join(root, 'cloud-config/components', from, 'files', lib), join(node.root, lib), {
        recursive: true,
      });
    const env = { STACKSEED_LIB: join(node.root, lib) };
    use({ ...node, run: (script) => node.run(script, env) });
  });
}

test('a controller offers itself once the share is there, and starts nothing by itself', () => {
  onController((node) => {
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(ran.calls.includes(ready));
    assert.equal(
      ran.calls.filter((call) => /^systemctl .*(start|enable)/.test(call) && !call.includes('is-enabled')),
      [],
    );
    assert.ok(node.exists('/run/stackseed/allow/cinder-volume'));
  });
});

test('it waits for the mount and for the marker on it', () => {
  onController((node) => {
    node.write('../state/unmounted', '');
    const ran = node.run('converge');
    assert.is(ran.status, 75);
    assert.match(ran.why, /to be mounted at/);
    assert.not(ran.calls.includes(ready));
    node.remove('../state/unmounted');
    node.remove(`${share}/.stackseed-share`);
    assert.match(node.run('converge').why, /for the NFS server/);
  });
});

test('without a share in the inventory an operator has to act', () => {
  onController((node) => {
    node.write('/etc/cinder/nfs_shares', '');
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.match(ran.why, /no mount/);
  });
});

test('it waits for a Pacemaker that does not answer', () => {
  onController((node) => {
    node.write('../state/deaf', '');
    assert.is(node.run('converge').status, 75);
  });
});

test('a unit that the package has enabled is disabled, and one that runs with old files is restarted by Pacemaker', () => {
  onController((node) => {
    node.write('../state/enabled-cinder-volume.service', '');
    node.write('../state/active-cinder-volume.service', '');
    const restart = 'crm_resource --restart --resource cinder-volume --timeout 120s';
    const first = node.run('converge');
    assert.ok(first.calls.includes('systemctl --quiet disable --no-reload cinder-volume.service'));
    assert.not(node.run('converge').calls.includes(restart));
    node.write('/etc/cinder/cinder.conf', 'second\n');
    assert.ok(node.run('converge').calls.includes(restart));
    assert.not(node.run('converge').calls.includes(restart));
  });
});

test('it is healthy where Pacemaker knows of it and the unit runs somewhere', () => {
  onController((node) => {
    const ran = node.run('health');
    assert.is(`${ran.status} ${ran.stdout}`, '0 runs on cnt2\n');
    node.write('../state/where', 'resource cinder-volume is running on: cnt1 \n');
    assert.is(node.run('health').status, 1);
    node.write('../state/active-cinder-volume.service', '');
    assert.is(node.run('health').status, 0);
    node.write('../state/where', 'resource cinder-volume is NOT running\n');
    assert.is(node.run('health').stdout, 'runs nowhere\n');
    node.write('../state/attribute', '');
    assert.is(node.run('health').status, 1);
  });
});

test.run();
