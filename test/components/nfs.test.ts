import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../needs.ts';
import { onNode, type PretendNode } from './pretend-node.ts';

const serverValues = {
  NFS_SERVER_UNIT: 'nfs-server.service',
  NFS_SERVER_ROOT: '/srv/nfs',
  NFS_SERVER_ROOT_IS_MOUNT: 'false',
  NFS_SERVER_THREADS: '16',
  NFS_SERVER_DEFAULTS: '',
};
const owned = needs(test, 'root');
const starts = (calls: string[]) => calls.filter((call) => /^systemctl (restart|start|stop) /.test(call));

function server(node: PretendNode): void {
  node.write('/etc/stackseed/nfs-exports', '64061 64061 /srv/nfs/cinder\n64062 64062 /srv/nfs/glance\n');
  node.write('/etc/exports.d/stackseed.exports', '# c\n/srv/nfs/cinder 192.168.1.0/24(rw)\n');
  node.write('/etc/nfs.conf.d/stackseed.conf', '[nfsd]\nthreads=16\n');
  node.stub('exportfs', '[ "$1" != -s ] || cat "$STATE/exported" 2>/dev/null');
}

owned('nfs-server makes the folders with their owners and markers, and starts once', () => {
  onNode('nfs-server', serverValues, (node) => {
    server(node);
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.equal(starts(first.calls), ['systemctl restart nfs-server.service']);
    assert.ok(first.calls.includes('exportfs -ra'));
    const folder = statSync(join(node.root, 'srv/nfs/glance'));
    assert.equal([folder.uid, folder.gid, folder.mode & 0o7777], [64062, 64062, 0o751]);
    assert.is(node.read('/srv/nfs/glance/.stackseed-share'), 'cnt1.example.net /srv/nfs/glance\n');
    assert.is(statSync(join(node.root, 'srv/nfs/glance/.stackseed-share')).uid, 0);
    assert.equal(starts(node.run('converge').calls), []);
  });
});

owned('nfs-server reads new exports without stopping its clients, and restarts for options', () => {
  onNode('nfs-server', serverValues, (node) => {
    server(node);
    node.run('converge');
    node.write('/etc/exports.d/stackseed.exports', '/srv/nfs/cinder 192.168.1.51(rw)\n');
    const exports = node.run('converge');
    assert.equal(starts(exports.calls), []);
    assert.ok(exports.calls.includes('exportfs -ra'));
    node.write('/etc/nfs.conf.d/stackseed.conf', '[nfsd]\nthreads=32\n');
    assert.equal(starts(node.run('converge').calls), ['systemctl restart nfs-server.service']);
  });
});

owned('nfs-server writes the defaults file of old releases', () => {
  onNode('nfs-server', { ...serverValues, NFS_SERVER_DEFAULTS: '/etc/default/nfs-kernel-server' }, (node) => {
    server(node);
    const first = node.run('converge');
    assert.match(
      node.read('/etc/default/nfs-kernel-server'),
      /^RPCNFSDCOUNT=16\n.*^RPCNFSDOPTS="-N 2 -N 3"$/ms,
    );
    assert.equal(starts(first.calls), [
      'systemctl restart nfs-config.service',
      'systemctl restart nfs-server.service',
    ]);
    assert.equal(starts(node.run('converge').calls), []);
  });
});

test('nfs-server makes nothing below a root whose disk is not mounted', () => {
  onNode('nfs-server', { ...serverValues, NFS_SERVER_ROOT_IS_MOUNT: 'true' }, (node) => {
    server(node);
    node.stub('mountpoint', 'exit 1');
    const ran = node.run('converge');
    assert.is(ran.status, 75);
    assert.is(ran.why, 'for a disk to be mounted at /srv/nfs');
    assert.not.ok(node.exists('/srv'));
  });
});

test('nfs-server halts when nobody may mount', () => {
  onNode('nfs-server', serverValues, (node) => {
    server(node);
    node.write('/etc/exports.d/stackseed.exports', '# Written by stackseed.\n');
    assert.is(node.run('converge').status, 78);
  });
});

test('nfs-server is healthy when every folder is exported and it listens', async () => {
  const listener = spawn(process.execPath, [
    '-e',
    "require('net').createServer().listen(2049, '127.0.0.1', () => process.stdout.write('up'))",
  ]);
  const [up] = await Promise.race([once(listener.stdout, 'data'), once(listener, 'exit')]);
  assert.is(String(up), 'up', 'port 2049 is taken on this machine');
  try {
    onNode('nfs-server', serverValues, (node) => {
      server(node);
      node.write(
        '../state/exported',
        '/srv/nfs/cinder  192.168.1.0/24(rw)\n/srv/nfs/glance-old  192.168.1.0/24(rw)\n',
      );
      assert.is(node.run('health').stdout, '/srv/nfs/glance is not exported\n');
      node.write(
        '../state/exported',
        '/srv/nfs/cinder  192.168.1.0/24(rw)\n/srv/nfs/glance\t192.168.1.0/24(rw)\n',
      );
      assert.is(node.run('health').stdout, '2 folders exported\n');
      listener.kill();
    });
    await once(listener, 'exit');
    onNode('nfs-server', serverValues, (node) => {
      server(node);
      node.write('../state/exported', '/srv/nfs/cinder  x(rw)\n/srv/nfs/glance  x(rw)\n');
      assert.is(node.run('health').stdout, 'nothing listens on port 2049\n');
    });
  } finally {
    listener.kill();
  }
});

const images = '/var/lib/glance/images';
const unit = '/etc/systemd/system/var-lib-glance-images.mount';

/** A client whose mount is a mount exactly while its unit runs. */
function client(node: PretendNode): void {
  node.write('/etc/stackseed/nfs-mounts', `${images} 192.168.1.1:/srv/nfs/glance nfsvers=4,hard\n`);
  node.stub('mountpoint', '[ -e "$STATE/active-var-lib-glance-images.mount" ]');
}

needs(test, 'systemd-escape')('nfs-client mounts by a unit of its own, once', () => {
  onNode('nfs-client', {}, (node) => {
    client(node);
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.ok(first.calls.includes('systemctl start var-lib-glance-images.mount'));
    assert.match(
      node.read(unit),
      /^What=192\.168\.1\.1:\/srv\/nfs\/glance\nWhere=\/var\/lib\/glance\/images\nType=nfs\nOptions=_netdev,nofail,nfsvers=4,hard$/m,
    );
    assert.is(statSync(join(node.root, images)).mode & 0o777, 0);
    const second = node.run('converge');
    assert.is(second.status, 0);
    assert.equal(starts(second.calls), []);
    assert.not.ok(second.calls.includes('systemctl daemon-reload'));
  });
});

needs(test, 'systemd-escape')(
  'nfs-client waits while the server is away, and mounts anew when its options changed',
  () => {
    onNode('nfs-client', {}, (node) => {
      client(node);
      node.write('../state/broken-var-lib-glance-images.mount', '');
      const away = node.run('converge');
      assert.is(away.status, 75);
      assert.is(away.why, `192.168.1.1:/srv/nfs/glance cannot be mounted at ${images} yet`);
      node.remove('../state/broken-var-lib-glance-images.mount');
      assert.is(node.run('converge').status, 0);
      node.write('/etc/stackseed/nfs-mounts', `${images} 192.168.1.1:/srv/nfs/glance nfsvers=4,soft\n`);
      assert.equal(starts(node.run('converge').calls), [
        'systemctl stop var-lib-glance-images.mount',
        'systemctl start var-lib-glance-images.mount',
      ]);
    });
  },
);

needs(test, 'systemd-escape')("nfs-client unmounts what left the inventory, and nobody else's mounts", () => {
  onNode('nfs-client', {}, (node) => {
    client(node);
    node.write('/etc/systemd/system/mnt-theirs.mount', '[Mount]\nWhere=/mnt/theirs\n');
    node.run('converge');
    node.write('/etc/stackseed/nfs-mounts', '');
    const ran = node.run('converge');
    assert.is(ran.status, 0);
    assert.equal(starts(ran.calls), ['systemctl stop var-lib-glance-images.mount']);
    assert.not.ok(node.exists(unit));
    assert.ok(node.exists('/etc/systemd/system/mnt-theirs.mount'));
    assert.is(node.run('health').stdout, '0 mounts\n');
  });
});

test('nfs-client halts when there is a mount and no server', () => {
  onNode('nfs-client', {}, (node) => {
    client(node);
    node.write('/etc/stackseed/nfs-mounts', `${images} -:/srv/nfs/glance hard\n`);
    assert.is(node.run('converge').status, 78);
    assert.not.ok(node.exists(unit));
  });
});

test('nfs-client is healthy when the marker of the share is to be seen through the mount', () => {
  onNode('nfs-client', {}, (node) => {
    client(node);
    assert.is(node.run('health').stdout, `${images} is not mounted\n`);
    node.write('../state/active-var-lib-glance-images.mount', '');
    node.write(`${images}/other`, '');
    assert.is(
      node.run('health').stdout,
      `192.168.1.1:/srv/nfs/glance at ${images}: the server is away, or it is not a share of stackseed\n`,
    );
    node.write(`${images}/.stackseed-share`, 'nfs.example.net /srv/nfs/glance\n');
    const well = node.run('health');
    assert.is(well.status, 0);
    assert.is(well.stdout, '1 mounts\n');
  });
});

test.run();
