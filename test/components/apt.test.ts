import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onNode, type PretendNode } from './pretend-node.ts';

const own = 'deb http://archive.ubuntu.com/ubuntu xenial main universe';
const cloud = 'deb http://ubuntu-cloud.archive.canonical.com/ubuntu xenial-updates/pike main';

/** A dpkg that knows the packages named in $STATE/installed, and an apt-get that adds to them. */
function packages(node: PretendNode): void {
  node.stub(
    'dpkg-query',
    'for name; do :; done; grep -qxF "$name" "$STATE/installed" 2>/dev/null && printf installed',
  );
  node.stub('dpkg');
  node.stub(
    'apt-get',
    `[ ! -e "$STATE/away" ] || { echo 'W: noise'; echo 'E: Failed to fetch http://archive.ubuntu.com/x'; exit 100; }
     cp "$ROOT/etc/apt/sources.list" "$STATE/sources-$(date +%N)"
     case "$*" in *install*) for name; do :; done; echo "$name" >>"$STATE/installed" ;; esac`,
  );
  node.write('/etc/stackseed/apt-sources', `- ${own}\nubuntu-cloud-keyring ${cloud}\n`);
}

const asked = (calls: string[]) =>
  calls.filter((call) => call.startsWith('apt-get')).map((call) => call.split(' ').slice(5).join(' '));

test('apt installs the keyring from the other sources before it names the one that needs it', () => {
  onNode('apt', {}, (node) => {
    packages(node);
    node.write('../state/away', '');
    const away = node.run('converge');
    assert.is(away.status, 75);
    assert.match(away.why, /^ubuntu-cloud-keyring cannot be installed: [EW]: /);
    assert.is(node.read('/etc/apt/sources.list'), `# Written by stackseed.\n${own}\n`);
    assert.is(node.run('health').status, 1);
  });
  onNode('apt', {}, (node) => {
    packages(node);
    const ran = node.run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(asked(ran.calls), ['update', 'install ubuntu-cloud-keyring']);
    assert.is(node.read('/etc/apt/sources.list'), `# Written by stackseed.\n${own}\n${cloud}\n`);
    assert.is(node.run('health').stdout, '2 sources\n');
    assert.equal(asked(node.run('converge').calls), []);
  });
});

test('apt completes what dpkg was cut off in before it installs a keyring', () => {
  onNode('apt', {}, (node) => {
    packages(node);
    const { calls } = node.run('converge');
    const order = calls
      .filter((call) => /^(dpkg --configure|apt-get)/.test(call))
      .map((call) => call.split(' ')[0]);
    assert.equal(order, ['dpkg', 'apt-get', 'apt-get']);
  });
});

test("apt moves the image's own sources aside, and only those that double ours", () => {
  onNode('apt', {}, (node) => {
    packages(node);
    const lists = '/etc/apt/sources.list.d';
    node.write(`${lists}/ubuntu.sources`, 'Types: deb\nURIs: http://archive.ubuntu.com/ubuntu\n');
    node.write(
      `${lists}/double.list`,
      '# mine\ndeb [arch=amd64] http://archive.ubuntu.com/ubuntu/ xenial main\n',
    );
    node.write(`${lists}/own.list`, 'deb [signed-by=/k.gpg] https://apt.example.net/x stable main\n');
    node.write(`${lists}/mixed.list`, `${own}\ndeb https://apt.example.net/x stable main\n`);
    node.write(`${lists}/empty.list`, '# nothing\n');
    assert.is(node.run('converge').status, 0);
    for (const name of ['ubuntu.sources', 'double.list']) {
      assert.not.ok(node.exists(`${lists}/${name}`), name);
      assert.ok(node.exists(`/var/lib/stackseed/aside${lists}/${name}`), name);
    }
    for (const name of ['own.list', 'mixed.list', 'empty.list'])
      assert.ok(node.exists(`${lists}/${name}`), name);
  });
});

test.run();
