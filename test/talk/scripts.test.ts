import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onNode, type PretendNode } from '../components/pretend-node.ts';
import { root } from '../fixtures.ts';
import { files } from '../lint/sources.ts';
import { cluster, reportKey, serve, type TalkHost, talkHost } from './hosts.ts';

const PY = 'usr/local/lib/stackseed/py';
const SOCKET = '/etc/systemd/system/stackseed-report.socket';
const KEY = '/etc/stackseed/report.key';

function layPython(node: PretendNode): void {
  for (const component of ['report', 'peers'])
    cpSync(join(root, 'cloud-config/components', component, 'files', PY), join(node.root, PY), {
      recursive: true,
    });
}

async function serving(host: TalkHost, use: (port: string) => void): Promise<void> {
  const at = await serve(host);
  try {
    use(String(at.port));
  } finally {
    await at.close();
    host.end();
  }
}

test('report opens its socket once, and again when the unit or the key is another', () => {
  onNode('report', {}, (node) => {
    const list = [SOCKET, KEY].map((path) => `0644 root root ${path}\n`).join('');
    node.write('/var/lib/stackseed/seed/components/report/files.list', list);
    node.write(SOCKET, '[Socket]\nListenStream=127.0.0.1:9199\n');
    node.write(KEY, 'a'.repeat(64));
    const restarts = () => node.run('converge').calls.filter((call) => /restart/.test(call));
    assert.equal(restarts(), ['systemctl restart stackseed-report.socket']);
    assert.equal(restarts(), []);
    node.write(KEY, 'b'.repeat(64));
    assert.equal(restarts(), ['systemctl restart stackseed-report.socket']);
    node.write(SOCKET, '[Socket]\nListenStream=127.0.0.2:9199\n');
    assert.equal(restarts(), ['systemctl restart stackseed-report.socket']);
    assert.equal(restarts(), []);
  });
});

test('report is healthy when it answers on the address of its unit', () =>
  serving(talkHost('cnt1'), (port) =>
    onNode('report', {}, (node) => {
      layPython(node);
      node.write(SOCKET, `[Socket]\nListenStream=127.0.0.1:${port}\n`);
      node.write(KEY, reportKey('cnt1'));
      const ran = node.run('health');
      assert.is(ran.stdout, `answers on 127.0.0.1 port ${port}\n`);
      assert.is(ran.status, 0);
      node.write(KEY, reportKey('cnt2'));
      assert.match(node.run('health').stdout, /^no good answer on 127\.0\.0\.1 port /);
    }),
  ));

test('report is not healthy when nobody listens, or its key is torn', () => {
  onNode('report', {}, (node) => {
    layPython(node);
    node.write(SOCKET, '[Socket]\nListenStream=127.0.0.1:1\n');
    node.write(KEY, 'a'.repeat(64));
    const away = node.run('health');
    assert.is(away.status, 1);
    assert.match(away.stdout, /^nobody listens on 127\.0\.0\.1 port 1: .*\n$/);
    node.write(KEY, '');
    assert.is(node.run('health').stdout, 'no key in /etc/stackseed/report.key\n');
  });
});

test('peers halts on a torn list, and else has nothing to do', () => {
  onNode('peers', {}, (node) => {
    layPython(node);
    node.write('/etc/stackseed/peers.key', '9'.repeat(64));
    const torn = node.run('converge');
    assert.is(torn.status, 78);
    assert.is(torn.why, 'no list of controllers in /etc/stackseed/cluster.json');
    assert.is(node.run('health').status, 1);
    node.write('/etc/stackseed/cluster.json', cluster('cnt1', { cnt1: '127.0.0.1', cnt2: '127.0.0.2' }, 1));
    assert.equal(node.run('converge').status, 0);
    const alone = node.run('health');
    assert.is(alone.stdout, 'silent: cnt2\n');
    assert.is(alone.status, 0);
  });
});

test('what runs on nodes is Python 3.5', () => {
  const modules = files('cloud-config').filter((path) => path.endsWith('.py'));
  assert.ok(modules.length > 6);
  const parse =
    'import ast, sys\nfor path in sys.argv[1:]: ast.parse(open(path).read(), path, feature_version=(3, 5))';
  const ran = spawnSync('/usr/bin/python3', ['-c', parse, ...modules], { cwd: root, encoding: 'utf8' });
  assert.is(ran.stderr, '');
  assert.is(ran.status, 0);
});

test.run();
