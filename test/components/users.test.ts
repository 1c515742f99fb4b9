import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode } from './pretend-node.ts';

/** Accounts as files: passwd and shadow lines in $STATE, which the stubs read and change. */
function accounts(node: PretendNode): void {
  node.stub('getent', 'grep "^$2:" "$STATE/$1" 2>/dev/null');
  node.stub(
    'useradd',
    `for name; do :; done
     while [ $# -gt 0 ]; do case $1 in --shell) shell=$2 ;; esac; shift; done
     echo "$name:x:1001:1001::/home/$name:$shell" >>"$STATE/passwd"
     echo "$name:!:19000:0:99999:7:::" >>"$STATE/shadow"
     mkdir -p "$ROOT/home/$name"`,
  );
  node.stub(
    'usermod',
    `for name; do :; done
     while [ $# -gt 0 ]; do
       case $1 in
         --shell) sed -i "s|^\\($name:.*\\):.*|\\1:$2|" "$STATE/passwd" ;;
         --expiredate) [ -z "$2" ] || two=1; sed -i "s|^\\($name:.*:\\)[^:]*:\\([^:]*\\)$|\\1\${two:-}:\\2|" "$STATE/shadow" ;;
       esac
       shift
     done`,
  );
  node.stub('chpasswd', 'IFS=: read -r name hash; sed -i "s|^$name:[^:]*|$name:$hash|" "$STATE/shadow"');
  node.stub('runuser', 'shift 3; "$@"');
  node.stub('visudo');
  node.write('../state/passwd', 'debian:x:1000:1000::/home/debian:/bin/bash\n');
  node.write('../state/shadow', 'debian:!:19000:0:99999:7:::\n');
  layPrograms(node, 'users', 'authorized-keys');
}

const operator =
  'user operator\nshell /bin/bash\nsudo true\npassword $6$salt$hash\nkey ssh-ed25519 AAAA me at home\nkey ssh-rsa BBBB\n';
const changes = (calls: string[]) => calls.filter((call) => /^(useradd|usermod|chpasswd)/.test(call));

test('users makes an account with keys, password and sudo, and nothing the second time', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('/etc/stackseed/users', operator, 0o600);
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.equal(changes(first.calls), [
      'useradd --create-home --shell /bin/bash --user-group operator',
      'chpasswd --encrypted',
    ]);
    assert.is(
      node.read('/home/operator/.ssh/authorized_keys'),
      'ssh-ed25519 AAAA me at home\nssh-rsa BBBB\n',
    );
    assert.is(node.read('/etc/sudoers.d/stackseed-operator'), 'operator ALL=(ALL) NOPASSWD:ALL\n');
    assert.match(node.read('../state/shadow'), /^operator:\$6\$salt\$hash:/m);
    assert.ok(
      first.calls.every((call) => !call.includes('$6$')),
      'a hash is in the arguments of a program',
    );
    const second = node.run('converge');
    assert.is(second.status, 0);
    assert.equal(changes(second.calls), []);
    assert.is(node.run('health').stdout, '1 users\n');
  });
});

test('users takes a password away that left the inventory, once, and never one that it did not give', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    const without = operator.replace('password $6$salt$hash\n', '');
    node.write('/etc/stackseed/users', operator, 0o600);
    assert.is(node.run('converge').status, 0);
    node.write('/etc/stackseed/users', without, 0o600);
    assert.equal(changes(node.run('converge').calls), ['usermod --lock operator']);
    assert.equal(changes(node.run('converge').calls), []);
  });
});

test('users takes over an account that cloud-init made, and its sudo', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('../state/passwd', 'operator:x:1001:1001::/home/operator:/bin/sh\n');
    node.write('../state/shadow', 'operator:!:19000:0:99999:7:::\n');
    node.write(
      '/etc/sudoers.d/90-cloud-init-users',
      '# Created\n\n# User rules for operator\noperator ALL=(ALL) NOPASSWD:ALL\n',
      0o440,
    );
    node.write('/etc/stackseed/users', 'user operator\nshell /bin/bash\nsudo false\n');
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(changes(ran.calls), ['usermod --shell /bin/bash operator']);
    assert.is(node.read('/etc/sudoers.d/90-cloud-init-users'), '# Created\n');
    assert.not.ok(node.exists('/etc/sudoers.d/stackseed-operator'));
  });
});

test('users locks who left the inventory, once, and nobody else', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('/etc/stackseed/users', operator);
    node.run('converge');
    node.write('/etc/stackseed/users', '');
    const left = node.run('converge');
    assert.is(left.status, 0, left.stderr);
    assert.equal(changes(left.calls), ['usermod --lock --expiredate 1970-01-02 operator']);
    assert.not.ok(node.exists('/etc/sudoers.d/stackseed-operator'));
    assert.equal(changes(node.run('converge').calls), []);
    node.write('/etc/stackseed/users', operator);
    const back = node.run('converge');
    assert.ok(
      changes(back.calls).includes('usermod --expiredate operator') ||
        changes(back.calls).includes('usermod --expiredate  operator'),
    );
    assert.ok(node.exists('/etc/sudoers.d/stackseed-operator'));
  });
});

test('users never locks a system account', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('../state/passwd', 'www-data:x:33:33::/var/www:/usr/sbin/nologin\n');
    node.write('/var/lib/stackseed/components/users/users/www-data', '');
    node.write('/etc/stackseed/users', '');
    const ran = node.run('converge');
    assert.is(ran.status, 0);
    assert.equal(changes(ran.calls), []);
  });
});

test('users withdraws keys that left the inventory', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('/etc/stackseed/users', operator);
    node.run('converge');
    node.write('/etc/stackseed/users', operator.replace('key ssh-rsa BBBB\n', ''));
    node.run('converge');
    assert.is(node.read('/home/operator/.ssh/authorized_keys'), 'ssh-ed25519 AAAA me at home\n');
  });
});

test('users halts before visudo would find a broken file in place', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.stub('visudo', 'exit 1');
    node.write('/etc/stackseed/users', operator);
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.is(ran.why, 'visudo refuses what stackseed-operator would be');
    assert.not.ok(node.exists('/etc/sudoers.d/stackseed-operator'));
  });
});

test('users refuses a name that is none', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('/etc/stackseed/users', 'user ALL,!x\nsudo true\nshell /bin/sh\n');
    assert.is(node.run('converge').status, 78);
    assert.not.ok(node.exists('/etc/sudoers.d'));
  });
});

test('users is not healthy while one is missing', () => {
  onNode('users', {}, (node) => {
    accounts(node);
    node.write('/etc/stackseed/users', operator);
    const ran = node.run('health');
    assert.is(ran.status, 1);
    assert.is(ran.stdout, 'user operator is missing\n');
  });
});

test.run();
