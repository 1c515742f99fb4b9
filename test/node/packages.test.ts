import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, type Ran, seed, shipped } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('packages', {} as Context);
test.before.each((context) => {
  const node = pretendNode();
  context.node = node;
  node.lay(
    { packages: { converge: shipped('packages/converge.sh'), health: shipped('packages/health.sh') } },
    { [`${seed}/packages.list`]: 'chrony\nnftables\n' },
  );
  node.write('/proc/locks', '');
  node.write('/var/lib/apt/lists/lock', '');
  node.write('/var/lib/apt/lists/good_Packages', 'Package: chrony\n');
  node.write('/var/lib/dpkg/updates/.keep', '');
  node.remove('/var/lib/dpkg/updates/.keep');
  // The state of the machine: "STATUS<TAB>PACKAGE" lines.
  node.write('/dpkg', 'install ok installed\tbash\n');
  node.stub('dpkg-query', 'cat "$ROOT/dpkg"');
  node.stub(
    'dpkg',
    'case $* in *--configure*) sed -i "s/ok half-configured/ok installed/; s/ok unpacked/ok installed/" "$ROOT/dpkg"; rm -f "$ROOT"/var/lib/dpkg/updates/* ;; esac',
  );
  node.stub('debconf-set-selections');
  node.stub('sync');
  node.stub('apt-get', aptGet);
});
test.after.each(({ node }) => node.end());

/** apt-get that installs into /dpkg. What /fail-VERB holds is said, and is its end if /fail-VERB-status is there. */
const aptGet = `
for verb in update install clean; do case " $* " in *" $verb "*) break ;; esac; done
case "$*" in *' -f install'*) exit 0 ;; esac
[ ! -e "$ROOT/fail-$verb" ] || { cat "$ROOT/fail-$verb"; exit "$(cat "$ROOT/fail-$verb-status" 2>/dev/null || echo 0)"; }
[ "$verb" = install ] || exit 0
cat "$ROOT/usr/sbin/policy-rc.d" >"$ROOT/policy-during"
echo "frontend $DEBIAN_FRONTEND" >"$ROOT/frontend"
for word in "$@"; do
  case $word in chrony|nftables|half)
    [ ! -e "$ROOT/cut" ] || { printf 'install ok half-configured\\t%s\\n' "$word" >>"$ROOT/dpkg"; kill -9 "$(cat "$ROOT/pid")"; exit 1; }
    sed -i "/\\t$word$/d" "$ROOT/dpkg"
    printf 'install ok installed\\t%s\\n' "$word" >>"$ROOT/dpkg" ;;
  esac
done`;

function converge(node: PretendNode): Ran {
  node.write('/why', '');
  const path = join(node.root, seed, 'components/packages/converge.sh');
  return node.exec(['bash', '-c', 'echo $$ >"$ROOT/pid"; exec bash "$0"', path], {
    STACKSEED_COMPONENT: 'packages',
    STACKSEED_WHY: join(node.root, 'why'),
  });
}

function health(node: PretendNode): Ran {
  return node.exec(['bash', join(node.root, seed, 'components/packages/health.sh')]);
}

function failing(node: PretendNode, verb: string, said: string, status?: number): void {
  node.write(`/fail-${verb}`, `${said}\n`);
  if (status !== undefined) node.write(`/fail-${verb}-status`, `${status}\n`);
}

const verbs = (node: PretendNode) =>
  node
    .calls('apt-get')
    .map((call) => / (update|clean|-f install|install( --reinstall)?)( .*)?$/.exec(call)?.[0].trim());

test('one transaction installs what is missing, and nothing else', ({ node }) => {
  node.write('/dpkg', 'install ok installed\tnftables\n');
  const ran = converge(node);
  assert.is(ran.status, 0, ran.stderr);
  assert.equal(verbs(node), ['update', 'install chrony']);
  const [, install = ''] = node.calls('apt-get');
  for (const option of ['-y', '--no-install-recommends', '--force-confold', '--force-confdef'])
    assert.match(install, option);
  assert.is(node.read('/frontend'), 'frontend noninteractive\n');
  assert.ok(node.calls('sync').includes('sync '));
});

test('when all is installed, no network and no lock is touched', ({ node }) => {
  node.write('/dpkg', 'install ok installed\tchrony\nhold ok installed\tnftables\n');
  assert.is(converge(node).status, 0);
  assert.equal(
    node.calls().filter((call) => !call.startsWith('dpkg-query')),
    [],
  );
});

test('a foreign architecture counts by its whole name', ({ node }) => {
  node.lay({ packages: {} }, { [`${seed}/packages.list`]: 'libc6:i386\n' });
  node.lay(
    { packages: { converge: shipped('packages/converge.sh') } },
    { [`${seed}/packages.list`]: 'libc6:i386\n' },
  );
  node.write('/dpkg', 'install ok installed\tlibc6\ninstall ok installed\tlibc6:i386\n');
  assert.is(converge(node).status, 0);
  assert.equal(node.calls('apt-get'), []);
});

test('services are held during the transaction and free afterwards', ({ node }) => {
  converge(node);
  assert.match(node.read('/policy-during'), /^#!\/bin\/sh\n# stackseed: .*\nexit 101\n$/);
  assert.not(node.has('/usr/sbin/policy-rc.d'));
});

test("an operator's policy is put aside and back, when it fails too", ({ node }) => {
  const theirs = '#!/bin/sh\nexit 104\n';
  node.write('/usr/sbin/policy-rc.d', theirs, 0o755);
  failing(node, 'update', 'W: Failed to fetch http://m.example/d/InRelease  Connection refused');
  assert.is(converge(node).status, 75);
  assert.is(node.read('/usr/sbin/policy-rc.d'), theirs);
  node.remove('/fail-update');
  assert.is(converge(node).status, 0);
  assert.match(node.read('/policy-during'), /exit 101/);
  assert.is(node.read('/usr/sbin/policy-rc.d'), theirs);
  assert.is(node.mode('/usr/sbin/policy-rc.d'), '0755');
});

test('cut off in the middle, the next run repairs, installs and frees services', ({ node }) => {
  const theirs = '#!/bin/sh\nexit 104\n';
  node.write('/usr/sbin/policy-rc.d', theirs, 0o755);
  node.write('/cut', '');
  assert.is(converge(node).status, null);
  assert.match(node.read('/usr/sbin/policy-rc.d'), /stackseed/);
  assert.is(node.read('/usr/sbin/policy-rc.d.stackseed-aside'), theirs);
  node.remove('/cut');
  const ran = converge(node);
  assert.is(ran.status, 0, ran.stderr);
  assert.match(node.read('/policy-during'), /exit 101/);
  assert.is(node.read('/usr/sbin/policy-rc.d'), theirs);
  assert.is(node.calls('dpkg ').length, 1);
  assert.is(health(node).stdout, '2 packages installed\n');
});

test('services held by a run that was cut off are freed even when all is installed', ({ node }) => {
  node.write(
    '/usr/sbin/policy-rc.d',
    '#!/bin/sh\n# stackseed: no service starts while packages are installed\nexit 101\n',
  );
  node.write('/dpkg', 'install ok installed\tchrony\ninstall ok installed\tnftables\n');
  assert.is(converge(node).status, 0);
  assert.not(node.has('/usr/sbin/policy-rc.d'));
});

test("dpkg's journal of a power cut is worked off", ({ node }) => {
  node.write('/dpkg', 'install ok installed\tchrony\ninstall ok installed\tnftables\n');
  node.write('/var/lib/dpkg/updates/0000', 'Package: chrony\n');
  assert.is(converge(node).status, 0);
  assert.equal(node.calls('dpkg '), ['dpkg --force-confdef --force-confold --configure -a']);
  assert.equal(verbs(node), ['-f install']);
});

test('a package that is half installed is installed again', ({ node }) => {
  node.write(
    '/dpkg',
    'install ok installed\tchrony\ninstall ok installed\tnftables\ninstall reinstreq half-installed\thalf\n',
  );
  assert.is(converge(node).status, 0);
  assert.equal(verbs(node), ['update', 'install --reinstall half', '-f install']);
});

test('a package that cannot be configured is named', ({ node }) => {
  node.write('/dpkg', 'install ok half-configured\tbroken\n');
  node.stub('dpkg', 'echo "dpkg: error processing package broken (--configure):"; exit 1');
  assert.is(converge(node).status, 1);
  assert.match(node.read('/why'), /^not configured: broken - /);
  assert.not(node.has('/usr/sbin/policy-rc.d'));
});

test('a lock of apt is waited for, with the name of who has it', ({ node }) => {
  node.write('/var/lib/dpkg/lock', '');
  const inode = node.exec(['stat', '-c', '%i', join(node.root, 'var/lib/dpkg/lock')]).stdout.trim();
  node.write(
    '/proc/locks',
    `1: POSIX  ADVISORY  WRITE 1234 fd:01:${inode} 0 EOF\n2: FLOCK  ADVISORY  WRITE 77 00:2e:9 0 EOF\n`,
  );
  node.write('/proc/1234/comm', 'unattended-upgr\n');
  node.exec(['mkdir', join(node.root, 'proc/1234/fd')]);
  node.exec(['ln', '-s', join(node.root, 'var/lib/dpkg/lock'), join(node.root, 'proc/1234/fd/4')]);
  assert.is(converge(node).status, 75);
  assert.is(node.read('/why'), 'for unattended-upgr (pid 1234), which holds /var/lib/dpkg/lock\n');
  assert.equal(node.calls('apt-get'), []);
});

test('a lock on another file with the same inode number is nobody waiting', ({ node }) => {
  node.write('/var/lib/dpkg/lock', '');
  const inode = node.exec(['stat', '-c', '%i', join(node.root, 'var/lib/dpkg/lock')]).stdout.trim();
  node.write('/proc/locks', `1: POSIX  ADVISORY  WRITE 1234 fd:02:${inode} 0 EOF\n`);
  node.write('/proc/1234/fd/3', '');
  assert.is(converge(node).status, 0);
});

const troubles: Record<string, { verb: string; said: string; status?: number; code: number; why: RegExp }> = {
  'a mirror that does not answer': {
    verb: 'update',
    said: "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'\nW: Some index files failed to download. They have been ignored, or old ones used instead.",
    code: 75,
    why: /^for the mirror deb\.debian\.org: Temporary failure resolving 'deb\.debian\.org'$/m,
  },
  'a password in the address of a mirror is not told': {
    verb: 'install',
    said: 'E: Failed to fetch https://me:secret@m.example/pool/c.deb  503  Service Unavailable [IP: 10.0.0.1 443]',
    status: 100,
    code: 75,
    why: /^for the mirror m\.example: 503 {2}Service Unavailable/,
  },
  'a lock taken in between': {
    verb: 'install',
    said: 'E: Could not get lock /var/lib/dpkg/lock-frontend - open (11: Resource temporarily unavailable)',
    status: 100,
    code: 75,
    why: /^for another program that holds a lock of apt$/m,
  },
  'a full disk': {
    verb: 'install',
    said: 'E: Write error - write (28: No space left on device)',
    status: 100,
    code: 78,
    why: /disk is full/,
  },
  'a clock before the lists': {
    verb: 'update',
    said: 'E: Release file for http://m.example/InRelease is not valid yet (invalid for another 9d). Updates for this repository will not be applied.',
    status: 100,
    code: 75,
    why: /^for the clock: it says \d{4}-\d\d-\d\dT/,
  },
  'a source without a good signature': {
    verb: 'update',
    said: "W: GPG error: http://m.example stable InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0123",
    code: 78,
    why: /no good signature: W: GPG error: http:\/\/m\.example/,
  },
  'a script of a package that fails': {
    verb: 'install',
    said: 'dpkg: error processing package chrony (--configure):\nE: Sub-process /usr/bin/dpkg returned an error code (1)',
    status: 100,
    code: 1,
    why: /^E: Sub-process \/usr\/bin\/dpkg returned an error code \(1\)$/m,
  },
};
for (const [name, { verb, said, status, code, why }] of Object.entries(troubles)) {
  test(name, ({ node }) => {
    failing(node, verb, said, status);
    assert.is(converge(node).status, code);
    assert.match(node.read('/why'), why);
    assert.not.match(node.read('/why'), 'secret');
    assert.not(node.has('/usr/sbin/policy-rc.d'));
  });
}

test('a source that fails is waited for, although apt-get update calls it a success', ({ node }) => {
  failing(node, 'update', 'Err:1 http://m.example/debian bookworm InRelease\n  Connection refused');
  assert.is.not(converge(node).status, 0);
  assert.equal(verbs(node), ['update']);
});

test('empty lists of a power cut go before the update', ({ node }) => {
  node.write('/var/lib/apt/lists/torn_Packages', '');
  assert.is(converge(node).status, 0);
  assert.not(node.has('/var/lib/apt/lists/torn_Packages'));
  assert.ok(node.has('/var/lib/apt/lists/good_Packages') && node.has('/var/lib/apt/lists/lock'));
});

test('torn lists are fetched anew', ({ node }) => {
  failing(node, 'update', 'E: Failed to fetch http://m.example/Packages.xz  Hash Sum mismatch', 100);
  assert.is(converge(node).status, 75);
  assert.not(node.has('/var/lib/apt/lists/good_Packages'));
  assert.ok(node.has('/var/lib/apt/lists/lock'));
});

test('a package that arrived torn is fetched anew', ({ node }) => {
  failing(node, 'install', 'dpkg-deb: error: unexpected end of file in archive magic version number', 100);
  assert.is(converge(node).status, 75);
  assert.equal(verbs(node), ['update', 'install chrony nftables', 'clean']);
});

test('a package that no source has: once with new lists, then it halts', ({ node }) => {
  failing(node, 'install', 'E: Unable to locate package chrony\nE: Unable to locate package nftables', 100);
  assert.is(converge(node).status, 75);
  assert.not(node.has('/var/lib/apt/lists/good_Packages'));
  assert.is(converge(node).status, 78);
  assert.is(node.read('/why'), 'no source has the packages chrony nftables\n');
});

test('answers for debconf go in before the packages', ({ node }) => {
  node.lay(
    {
      packages: { converge: shipped('packages/converge.sh') },
      keystone: { debconf: 'keystone keystone/configure_db boolean false\n' },
    },
    { [`${seed}/packages.list`]: 'chrony\n' },
  );
  assert.is(converge(node).status, 0);
  const order = node.calls().filter((call) => /^(debconf|apt-get.* install )/.test(call));
  assert.is(order.length, 2);
  assert.is(order[0], `debconf-set-selections ${node.root}${seed}/components/keystone/debconf`);
});

test('health says what is missing', ({ node }) => {
  node.write('/dpkg', 'install ok installed\tchrony\ndeinstall ok config-files\tnftables\n');
  assert.equal(health(node), { status: 1, stdout: '1 not installed: nftables\n', stderr: '' });
});

test.run();
