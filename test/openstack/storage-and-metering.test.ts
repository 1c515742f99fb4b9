import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { rendered } from '../components/rendered.ts';
import { example, root } from '../fixtures.ts';

const cloud = readFileSync(example('cloud'), 'utf8');
const platforms = ['debian-12', 'debian-13', 'ubuntu-24.04', 'ubuntu-16.04'];
const on = (platform: string) => cloud.replace(/^platform: .*$/m, `platform: ${platform}`);

/** Values of an oslo.config file by "section.option"; an option or a section that is there twice is an error. */
function options(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const sections = new Set<string>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(\S+)\]$/.exec(line)?.[1];
    const [, name, value] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (header !== undefined) {
      assert.not(sections.has(header), `[${header}] is there twice`);
      sections.add(header);
      section = header;
    } else {
      assert.ok(name !== undefined && value !== undefined, `not an option: ${line}`);
      assert.not(found.has(`${section}.${name}`), `${section}.${name} is there twice`);
      found.set(`${section}.${name}`, value ?? '');
    }
  }
  return found;
}

const files: [string, string][] = [
  ['cnt1', '/etc/cinder/cinder.conf'],
  ['cnt1', '/etc/cinder/cinder-volume.conf'],
  ['cnt1', '/etc/heat/heat.conf'],
  ['cnt1', '/etc/gnocchi/gnocchi.conf'],
  ['cnt1', '/etc/ceilometer/ceilometer.conf'],
  ['cm1', '/etc/ceilometer/compute.conf'],
];

for (const [host, path] of files) {
  test(`${path} is whole on every platform`, () => {
    for (const platform of platforms) assert.ok(options(rendered(on(platform), host, path)).size > 5);
  });
}

test('a compute node knows no password of a database, of Redis or of a store', () => {
  const text = rendered(cloud, 'cm1', '/etc/ceilometer/compute.conf');
  assert.not.match(text, /mysql|redis|memcache/);
});

test('cinder-volume has the same name on every controller, and the share of nfs-client', () => {
  const [first, ...others] = ['cnt1', 'cnt2', 'cnt3'].map((host) =>
    rendered(cloud, host, '/etc/cinder/cinder-volume.conf'),
  );
  for (const other of others) assert.is(other, first);
  assert.is(options(first ?? '').get('DEFAULT.host'), 'cinder');
  assert.is(rendered(cloud, 'cnt2', '/etc/cinder/nfs_shares'), '192.168.1.1:/srv/nfs/cinder\n');
});

test('Gnocchi and Ceilometer find Redis by every sentinel', () => {
  const wanted =
    /^redis:\/\/:[^@]+@192\.168\.1\.51:26379\?sentinel=stackseed&socket_timeout=10&sentinel_fallback=192\.168\.1\.52:26379&sentinel_fallback=192\.168\.1\.53:26379(&db=0)?$/;
  const gnocchi = options(rendered(cloud, 'cnt3', '/etc/gnocchi/gnocchi.conf'));
  assert.match(gnocchi.get('DEFAULT.coordination_url') ?? '', wanted);
  for (const section of ['storage', 'incoming']) {
    const url = gnocchi.get(`${section}.redis_url`) ?? '';
    assert.match(url, wanted);
    assert.match(url, /&db=0$/);
  }
  const pike = options(rendered(on('ubuntu-16.04'), 'cnt3', '/etc/gnocchi/gnocchi.conf'));
  assert.match(pike.get('storage.coordination_url') ?? '', wanted);
  const ceilometer = options(rendered(cloud, 'cnt3', '/etc/ceilometer/ceilometer.conf'));
  assert.match(ceilometer.get('coordination.backend_url') ?? '', wanted);
});

test('Ceilometer sends everything to Gnocchi, and nothing to a queue that nobody empties', () => {
  for (const name of ['pipeline', 'event_pipeline']) {
    const { sinks } = parse(rendered(cloud, 'cnt1', `/etc/ceilometer/${name}.yaml`));
    assert.equal(sinks[0].publishers, ['gnocchi://?filter_project=service&timeout=60']);
  }
});

test("Heat's trustee has no project, since a trust names its own", () => {
  const heat = options(rendered(cloud, 'cnt1', '/etc/heat/heat.conf'));
  assert.ok(heat.has('trustee.password'));
  assert.not(heat.has('trustee.project_name'));
});

/** Runs Python on the dashboard's settings with a cryptography that only marks what it seals. */
function python(settings: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-horizon-'));
  try {
    mkdirSync(join(folder, 'cryptography'));
    writeFileSync(join(folder, 'cryptography/__init__.py'), '');
    writeFileSync(
      join(folder, 'cryptography/fernet.py'),
      `class InvalidToken(Exception): pass
class Fernet:
    def __init__(self, key): self.key = key.encode()
    def encrypt(self, text): return self.key + text
    def decrypt(self, text):
        if not text.startswith(self.key): raise InvalidToken()
        return text[len(self.key):]
`,
    );
    writeFileSync(join(folder, 'local_settings.py'), settings);
    const ran = spawnSync('python3', ['-B', '-c', `from local_settings import *\n${text}`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: folder },
    });
    assert.is(ran.status, 0, ran.stderr);
    return ran.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the dashboard's settings are Python on every platform, and name the hosts that browsers use", () => {
  for (const platform of platforms) {
    const settings = rendered(on(platform), 'cnt1', '/etc/openstack-dashboard/local_settings.py');
    const said = python(settings, 'import json; print(json.dumps([ALLOWED_HOSTS, SESSION_ENGINE, DEBUG]))');
    const [hosts, engine, debug] = JSON.parse(said);
    for (const host of ['cnt.pikesaku.net', '192.168.0.50', '192.168.1.51']) assert.ok(hosts.includes(host));
    assert.not(hosts.includes('*'));
    assert.is(debug, false);
    const kind = platform === 'ubuntu-16.04' ? 'signed_cookies' : 'cache';
    assert.is(engine, `django.contrib.sessions.backends.${kind}`);
  }
});

test('a session is read under its own key alone, and never what others have put there', () => {
  const settings = rendered(cloud, 'cnt1', '/etc/openstack-dashboard/local_settings.py');
  const said = python(
    settings,
    `serde = CACHES['default']['OPTIONS']['serde']
kept, flags = serde.serialize('one', {'token': 'x'})
print(serde.deserialize('one', kept, flags), serde.deserialize(b'one', kept, flags))
print(serde.deserialize('two', kept, flags))
import os, pickle
class Evil:
    def __reduce__(self): return (print, ('ran',))
print(serde.deserialize('one', pickle.dumps(Evil()), flags))`,
  );
  assert.is(said, "{'token': 'x'} {'token': 'x'}\nNone\nNone\n");
});

const modules = (component: string) =>
  join(root, 'cloud-config/components', component, 'files/usr/local/lib/stackseed/py');

test('the central agents that are alive are counted', () => {
  const ran = spawnSync('python3', ['-I', '-B', '-'], {
    encoding: 'utf8',
    input: `import sys
sys.path[:0] = ${JSON.stringify(['ceilometer', 'redis', 'peers', 'report', 'galera'].map(modules))}
import ceilometer_group
state = {('SMEMBERS', '_tooz_groups'): ['central-a', 'central-b', 'gnocchi-processing'],
         ('HKEYS', '_tooz_group:central-a'): ['__created__', 'one', 'two', 'gone'],
         ('HKEYS', '_tooz_group:central-b'): ['__created__', 'one'],
         ('EXISTS', '_tooz_beats:one'): 1, ('EXISTS', '_tooz_beats:two'): 1, ('EXISTS', '_tooz_beats:gone'): 0}
print(ceilometer_group.count(lambda *words: state[words]))
`,
  });
  assert.is(`${ran.stdout}${ran.stderr}`, '2\n');
});

/** Runs cinder_types.py against a Keystone and a Cinder that have one type; what it said, and what it made. */
async function makeTypes(
  wanted: unknown,
): Promise<{ status: number | null; stderr: string; user: string; made: unknown[] }> {
  const made: unknown[] = [];
  let user = '';
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      response.setHeader('X-Subject-Token', 'token');
      if (request.url?.endsWith('/auth/tokens')) {
        user = JSON.parse(text).auth.identity.password.user.name;
        response.end(JSON.stringify({ token: { project: { id: 'p1' } } }));
      } else if (request.headers['x-auth-token'] !== 'token' || !request.url?.startsWith('/v3/p1/types')) {
        response.writeHead(404).end();
      } else if (request.method === 'POST') {
        made.push(JSON.parse(text));
        response.end('{}');
      } else {
        response.end(JSON.stringify({ volume_types: [{ name: 'there' }] }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const base = mkdtempSync(join(tmpdir(), 'stackseed-types-'));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  put('etc/stackseed/openstack/cinder-types.json', JSON.stringify(wanted));
  put('etc/stackseed/openstack/cinder.catalogue.json', '{"user": "cinder-2"}');
  put('etc/stackseed/openstack/cinder.service', 'secret\n');
  put('etc/stackseed/openstack/internal', 'http://127.0.0.1\n');
  // Both are asked on the port of this test.
  const script = readFileSync(join(modules('cinder'), 'cinder_types.py'), 'utf8').replace(
    /:(5000|8776)\//g,
    `:${port}/`,
  );
  put('cinder_types.py', script);
  const shared = 'openstack_catalogue.py';
  copyFileSync(join(modules('openstack'), shared), join(base, shared));
  try {
    const child = spawn('python3', ['-I', '-S', '-B', join(base, 'cinder_types.py')], {
      env: { ...process.env, ROOT: base },
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { status, stderr, user, made };
  } finally {
    server.close();
    rmSync(base, { recursive: true, force: true });
  }
}

test('volume types that are missing are made, and those that are there are left alone', async () => {
  const { status, stderr, user, made } = await makeTypes({
    there: { a: 'b' },
    nfs: { volume_backend_name: 'nfs' },
  });
  assert.is(status, 0, stderr);
  assert.is(user, 'cinder-2');
  assert.equal(made, [{ volume_type: { name: 'nfs', extra_specs: { volume_backend_name: 'nfs' } } }]);
});

test.run();
