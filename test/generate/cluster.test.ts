import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { generateFleet } from '../../src/generate/generate.ts';
import type { GenerateOptions } from '../../src/generate/types.ts';
import { type LockedCluster, parseLock } from '../../src/plan/lock.ts';
import { FindingsError } from '../../src/report/finding.ts';
import { initSecrets, rotateSecret } from '../../src/secrets/index.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';

interface WrittenFile {
  path: string;
  permissions: string;
  content: string;
}

const SEED = '/var/lib/stackseed/seed/components/mine';

/** A component of the operator's own on the controllers, and one that prints the cluster. */
const site: Record<string, string> = {
  'site/roles/mine.yaml': 'summary: mine\nlisted: false\ncount: any\ncomponents: [mine]\n',
  'site/components/mine/component.yaml': `summary: mine
talks_to: [controller]
debconf: { default: [mine mine/answer boolean false], ubuntu-16.04: [mine mine/answer boolean true] }
secrets:
  - { label: mine, scope: fleet, format: hex, summary: mine }
  - { label: mine-account, scope: fleet, format: password, alternates: true, summary: mine }
  - { label: mine-bmc, scope: host, format: password, of: controller, summary: mine }
certificates: [{ label: mine-tls, summary: mine }]
files:
  /etc/systemd/system/mine.service.d/gate.conf: { lay: direct }
  /etc/mine.key: { mode: "0640" }
  /etc/mine.bmc: { mode: "0600" }
settings: { size: { type: integer, default: 1, description: size } }
`,
  'site/components/mine/converge.sh': '#!/bin/bash\n',
  'site/components/mine/health.sh': '#!/bin/bash\n',
  'site/components/mine/files/etc/systemd/system/mine.service.d/gate.conf': '[Unit]\n',
  'site/components/mine/files/etc/mine.json.ejs': "<%= cluster ? JSON.stringify(cluster) : 'none' %>\n",
  'site/components/mine/files/etc/mine.pem.ejs': "<%= certificate('mine-tls').certificate %>",
  'site/components/mine/files/etc/mine.key.ejs': "<%= certificate('mine-tls').key %>",
  'site/components/mine/files/etc/mine.account.ejs':
    "<%= account('mine-account', 'me') %> <%= account('mine', 'me') %>\n",
  'site/components/mine/files/etc/mine.ca.ejs': '<%= authority() %>',
  'site/components/mine/files/etc/mine.bmc.ejs':
    "<% for (const { name } of peers.controller) { %><%= name %> <%= secret('mine-bmc', name) %>\n<% } %>",
};

const memo = `${readFileSync(example('memo'), 'utf8')
  .replace('roles: [controller]', 'roles: [controller, mine]')
  .replace('roles: [compute]', 'roles: [compute, mine]')}\nlibrary: [site]\n`;

const cm3 = `  cm3:
    groups: [compute-nodes]
    networks:
      manage: { mac: "52:54:00:00:01:73", address: 192.168.1.73 }
`;

/** A fleet in a folder, and what its lock and seeds say. */
interface Site {
  folder: string;
  generate(inventory?: string, options?: Partial<GenerateOptions>): Promise<void>;
  cluster(): LockedCluster;
  files(host: string): Map<string, WrittenFile>;
  /** What /etc/mine.json says. */
  printed(host: string): Record<string, unknown>;
}

async function withSite(use: (site: Site) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await knownSecrets(folder);
    for (const [path, text] of Object.entries(site)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const inventory = join(folder, 'inventory.yaml');
    const files = (host: string) => {
      const text = readFileSync(join(folder, 'out/hosts', host, 'user-data'), 'utf8');
      const { write_files: written } = parse(text) as { write_files: WrittenFile[] };
      return new Map(written.map((file) => [file.path, file]));
    };
    await use({
      folder,
      files,
      async generate(text = memo, options = {}) {
        writeFileSync(inventory, text);
        await generateFleet({ inventory, out: join(folder, 'out'), iso: false, prune: false, ...options });
      },
      cluster() {
        const { lock } = parseLock('lock', readFileSync(join(folder, 'stackseed.lock'), 'utf8'));
        if (!lock?.cluster) throw new Error('no cluster in the lock');
        return lock.cluster;
      },
      printed: (host) => JSON.parse(files(host).get(`${SEED}/files/etc/mine.json`)?.content ?? ''),
    });
  });
}

test('controllers are told of the cluster, others are not', async () => {
  await withSite(async ({ generate, cluster, files, printed }) => {
    await generate();
    const { id, generation, list, controllers, ever } = printed('cnt2');
    assert.equal([id, generation], ['memo', 1]);
    assert.match(String(list), /^[0-9a-f]{64}$/);
    assert.is((controllers as unknown[]).length, 3);
    assert.equal(ever, [
      { name: 'cnt1', address: '192.168.1.51' },
      { name: 'cnt2', address: '192.168.1.52' },
      { name: 'cnt3', address: '192.168.1.53' },
    ]);
    for (const host of ['cnt1', 'cnt3']) assert.equal(printed(host), printed('cnt2'));
    assert.is(files('cm1').get(`${SEED}/files/etc/mine.json`)?.content, 'none\n');
    assert.equal([...cluster().controllers.keys()], ['cnt1', 'cnt2', 'cnt3']);
    assert.is(cluster().generation, 1);
  });
});

test('the generation counts changes of what controllers share, and of nothing else', async () => {
  await withSite(async ({ folder, generate, cluster, files, printed }) => {
    const at = async (inventory: string): Promise<number> => {
      await generate(inventory);
      assert.is(printed('cnt1')['generation'], cluster().generation);
      return cluster().generation;
    };
    assert.is(await at(memo), 1);
    const text = readFileSync(join(folder, 'stackseed.lock'), 'utf8');
    assert.is(await at(memo), 1);
    assert.is(readFileSync(join(folder, 'stackseed.lock'), 'utf8'), text);
    const grown = memo.replace('\nlibrary:', `${cm3}\nlibrary:`);
    assert.is(await at(grown), 1);
    assert.is(await at(`${grown}settings: { sysctl: { values: { vm.swappiness: 1 } } }\n`), 1);
    const vips = grown.replace('vips:\n', 'vips:\n  other: { manage: 192.168.1.60 }\n');
    assert.is(await at(vips), 2);
    const set = `${vips}settings: { mine: { size: 2 } }\n`;
    assert.is(await at(set), 3);
    await rotateSecret(join(folder, 'secrets.yaml'), 'mine');
    assert.is(await at(set), 4);
    // Of a host's own secret that its peers know.
    await rotateSecret(join(folder, 'secrets.yaml'), 'mine-bmc');
    assert.is(await at(set), 5);
    await rotateSecret(join(folder, 'secrets.yaml'), 'phone-home');
    assert.is(await at(set), 5);
    // Of an account whose password is the operator's own, and stays.
    const secrets = readFileSync(join(folder, 'secrets.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'secrets.yaml'),
      secrets.replace(/^overrides: .*$/m, 'overrides: { mine-account: own }'),
    );
    assert.is(await at(set), 6);
    assert.is(files('cnt1').get(`${SEED}/files/etc/mine.account`)?.content, 'me me\n');
    const counted = readFileSync(join(folder, 'secrets.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'secrets.yaml'),
      counted.replace(/^rotations:.*$/m, (line) => `${line}\n  mine-account: 1`),
    );
    assert.is(await at(set), 7);
    assert.is(files('cnt1').get(`${SEED}/files/etc/mine.account`)?.content, 'me-2 me\n');
    // Another authority, with the same master.
    const own = readFileSync(join(folder, 'secrets.yaml'), 'utf8');
    const other = await withFolder(async (maker) => {
      await initSecrets(join(maker, 'secrets.yaml'), { fleet: 'test' });
      return readFileSync(join(maker, 'secrets.yaml'), 'utf8');
    });
    const ca = (from: string) => from.slice(from.indexOf('\nca:'));
    writeFileSync(join(folder, 'secrets.yaml'), own.replace(ca(own), ca(other)));
    assert.is(await at(set), 8);
  });
});

test('one host alone is rendered as with the others', async () => {
  await withSite(async ({ generate, cluster, printed }) => {
    await generate(memo, { hosts: ['cnt2'] });
    const [alone, locked] = [printed('cnt2'), cluster()];
    await generate();
    assert.equal(printed('cnt2'), alone);
    assert.equal(cluster(), locked);
    // One that is no controller moves it on as well: its seed and theirs go together.
    const vips = memo.replace('vips:\n', 'vips:\n  other: { manage: 192.168.1.60 }\n');
    await generate(vips, { hosts: ['cm1'] });
    assert.is(cluster().generation, 2);
    await generate(vips);
    assert.is(cluster().generation, 2);
    assert.is(printed('cnt1')['generation'], 2);
  });
});

test('who was a controller stays in the lock and in "ever", until the cluster has another id', async () => {
  await withSite(async ({ generate, cluster, printed }) => {
    await generate();
    const absent = memo.replace('  cnt3:\n', '  cnt3:\n    state: absent\n');
    await generate(absent);
    const names = (list: unknown) => (list as { name: string }[]).map(({ name }) => name);
    assert.equal(names(printed('cnt1')['controllers']), ['cnt1', 'cnt2']);
    assert.equal(names(printed('cnt1')['ever']), ['cnt1', 'cnt2', 'cnt3']);
    const from = memo.indexOf('  cnt3:\n');
    const gone = memo.slice(0, from) + memo.slice(memo.indexOf('\n  nw1:', from) + 1);
    await generate(gone);
    assert.equal(names(printed('cnt1')['ever']), ['cnt1', 'cnt2', 'cnt3']);
    const before = cluster();
    assert.is(before.controllers.get('cnt3'), '192.168.1.53');
    await generate(`${gone}cluster: { id: second }\n`);
    assert.equal(names(printed('cnt1')['ever']), ['cnt1', 'cnt2']);
    assert.equal([...cluster().controllers.keys()], ['cnt1', 'cnt2']);
    assert.is(cluster().generation, before.generation + 1);
  });
});

test('the lock has the cluster before the first seed', async () => {
  await withSite(async ({ generate, cluster }) => {
    const seen: number[] = [];
    const progress = () => void seen.push(cluster().controllers.size);
    await generate(memo, { progress });
    assert.is(seen[0], 3);
  });
});

test('files laid directly, answers for debconf, certificates and the secrets of peers are in the seed', async () => {
  await withSite(async ({ generate, files }) => {
    await generate(memo, { platform: 'debian-12' });
    const [cnt1, cnt2, cm1] = [files('cnt1'), files('cnt2'), files('cm1')];
    const gate = '/etc/systemd/system/mine.service.d/gate.conf';
    assert.equal([cnt1.get(gate)?.content, cnt1.get(gate)?.permissions], ['[Unit]\n', '0644']);
    assert.not(cnt1.has(`${SEED}/files${gate}`));
    assert.not.match(cnt1.get(`${SEED}/files.list`)?.content ?? '', /gate\.conf/);
    assert.match(
      cnt1.get('/var/lib/stackseed/seed/seed.list')?.content ?? '',
      new RegExp(`^[0-9a-f]{64} {2}${gate}$`, 'm'),
    );
    assert.is(cnt1.get(`${SEED}/debconf`)?.content, 'mine mine/answer boolean false\n');

    const certificate = cnt1.get(`${SEED}/files/etc/mine.pem`)?.content ?? '';
    assert.match(certificate, /^-----BEGIN CERTIFICATE-----\n/);
    assert.is.not(cnt2.get(`${SEED}/files/etc/mine.pem`)?.content, certificate);
    const names = (text = '') => new X509Certificate(text).subjectAltName;
    assert.is(
      names(certificate),
      'DNS:cnt1, DNS:cnt1.pikesaku.net, DNS:cnt, DNS:cnt.pikesaku.net, IP Address:192.168.1.51, ' +
        'IP Address:192.168.0.51, IP Address:192.168.0.50, IP Address:192.168.1.50',
    );
    assert.is(
      names(cm1.get(`${SEED}/files/etc/mine.pem`)?.content),
      'DNS:cm1, DNS:cm1.pikesaku.net, IP Address:192.168.1.71, IP Address:192.168.2.71',
    );
    const ca = cnt1.get(`${SEED}/files/etc/mine.ca`)?.content ?? '';
    assert.ok(new X509Certificate(certificate).verify(new X509Certificate(ca).publicKey));

    const bmcs = cnt1.get(`${SEED}/files/etc/mine.bmc`)?.content ?? '';
    assert.match(bmcs, /^cnt1 [A-Za-z0-9]{32}\ncnt2 [A-Za-z0-9]{32}\ncnt3 [A-Za-z0-9]{32}\n$/);
    assert.is(cnt2.get(`${SEED}/files/etc/mine.bmc`)?.content, bmcs);

    await generate();
    assert.is(files('cnt1').get(`${SEED}/debconf`)?.content, 'mine mine/answer boolean true\n');
  });
});

async function refusal(path: string, template: string): Promise<string> {
  let message = '';
  await withSite(async ({ folder, generate }) => {
    writeFileSync(join(folder, path), template);
    await generate().catch((error: unknown) => {
      if (!(error instanceof FindingsError)) throw error;
      message = error.findings.find(({ severity }) => severity === 'error')?.message ?? '';
    });
  });
  return message;
}

test('a template gets no key into an open file, no certificate undeclared, no secret of a stranger', async () => {
  const etc = 'site/components/mine/files/etc';
  assert.match(
    await refusal(`${etc}/mine.pem.ejs`, "<%= certificate('mine-tls').key %>"),
    /mine\.pem\.ejs: holds a secret, but its mode 0644 lets others read it/,
  );
  assert.match(
    await refusal(`${etc}/mine.pem.ejs`, "<%= certificate('other').certificate %>"),
    /component mine declares no certificate other/,
  );
  assert.match(
    await refusal(`${etc}/mine.bmc.ejs`, "<%= secret('mine-bmc', 'cm1') %>"),
    /mine may not know the secret mine-bmc of cm1/,
  );
  assert.match(
    await refusal(`${etc}/mine.bmc.ejs`, "<%= secret('mine', 'cnt1') %>"),
    /mine may not know the secret mine of cnt1/,
  );
});

test.run();
