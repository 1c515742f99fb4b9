import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inRoot, judgeRoot } from '../images/chroot.ts';
import type { Suite } from '../images/debian.ts';
import { needs } from '../needs.ts';
import { explode } from './explode.ts';
import { elsewhere, ours, type Rule, rules } from './rules.ts';
import { allSeeds, type Seed, suiteOf } from './seeds.ts';

const onRoot = needs(test, 'root', 'mmdebstrap');

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stackseed-files-'));
  try {
    // The root of what is laid over a root: others must be able to go through it.
    await chmod(folder, 0o755);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks each file's judge, in one go. Empty when all are content. */
async function complaints(
  suite: Suite,
  folder: string,
  asked: { path: string; rule: Rule }[],
): Promise<string> {
  const questions = asked.map(
    ({ path, rule }) => `
said=$(bash -c ${quoted(rule.command)} judge '${path}' 2>&1 < /dev/null) || echo "${rule.judge} on ${path}: $said"
`,
  );
  const ran = await inRoot(await judgeRoot(suite), questions.join(''), folder);
  return `${ran.stdout}${ran.stderr}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What is in its final place on a host of a seed, with its judge; fails on what has none. */
async function laid(seed: Seed, folder: string): Promise<{ path: string; rule: Rule }[]> {
  const paths = (await explode(seed.userData, folder)).filter(
    (path) => ![...ours, ...elsewhere].some((pattern) => pattern.test(path)),
  );
  const asked = paths.map((path) => ({ path, rule: rules.find((rule) => rule.path.test(path)) }));
  const strange = asked.filter(({ rule }) => rule === undefined).map(({ path }) => path);
  assert.equal(strange, [], `${seed.name}: files without a judge`);
  return asked.flatMap(({ path, rule }) => (rule === undefined ? [] : [{ path, rule }]));
}

onRoot('every file of every host is taken by the program that reads it', async () => {
  const judged = new Set<string>();
  const seeds = [...(await allSeeds())];
  const judgeSeeds = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const { name, platform } = seed;
      const known = await withFolder(async (folder) => {
        const asked = await laid(seed as Seed, folder);
        assert.is(await complaints(suiteOf(platform), folder, asked), '', name);
        return asked;
      });
      for (const { rule } of known) judged.add(rule.judge);
    }
  };
  // Two at once: some judges are started programs, which are waited for.
  await Promise.all([judgeSeeds(), judgeSeeds()]);
  assert.equal(
    rules.map(({ judge }) => judge).filter((judge) => !judged.has(judge)),
    ['sshd'],
    'judges that were never asked',
  );
});

interface Broken {
  path: string;
  /** The bad text, or what makes it from a good one. */
  content: string | ((good: string, path: string) => string | Promise<string>);
  mode?: number;
  /** What the judge must say, where a file that is missing or a program that is not there might fool us. */
  says?: RegExp;
}

/** The same file of a controller of another fleet, by the same authority. */
async function ofAnother(_: string, path: string): Promise<string> {
  return withFolder(async (folder) => {
    await explode((await controller('large', 'cnt1')).userData, folder);
    return readFile(join(folder, path), 'utf8');
  });
}

/** One bad file for each judge, among the good ones of a controller. */
const broken: Record<string, Broken> = {
  nft: {
    path: '/etc/stackseed/firewall.nft',
    content: 'table inet t { chain c { tcp dport ssssh accept } }\n',
  },
  dnsmasq: { path: '/etc/dnsmasq.d/x.conf', content: 'host-recrod=cnt1,192.168.0.51\n' },
  chronyd: { path: '/etc/chrony/chrony.conf', content: 'servr 192.168.0.1\n' },
  visudo: { path: '/etc/sudoers.d/x', content: 'operator ALL=(ALL NOPASSWD:ALL\n', mode: 0o440 },
  sshd: { path: '/etc/ssh/sshd_config.d/x.conf', content: 'PermitRotLogin no\n' },
  exportfs: { path: '/etc/exports.d/x.exports', content: '/srv 192.168.1.0/24(rw,no_rot_squash)\n' },
  nfsconf: { path: '/etc/nfs.conf.d/x.conf', content: '[nfsd\nvers3=n\n' },
  sysctl: { path: '/etc/sysctl.d/x.conf', content: 'net.ipv4.ip_forward\n' },
  'apt-config': { path: '/etc/apt/apt.conf.d/x', content: 'Acquire::Retries 3\n' },
  apt: { path: '/etc/stackseed/apt-sources', content: '- deb http://deb.debian.org/debian\n' },
  bash: { path: '/etc/stackseed/node.env', content: "STACKSEED_HOST='x\n" },
  'ssh-keygen': {
    path: '/etc/stackseed/seed-signers',
    content: (good) => good.replace('AAAAC3', 'AAAAC4'),
    says: /invalid key/,
  },
  hostname: { path: '/etc/hostname', content: 'cnt 1;\n' },
  getent: { path: '/etc/hosts', content: '192.168.0.51, cnt1\n' },
  memcached: { path: '/etc/memcached.conf', content: '-m 64\n-l 192.168.1.51\n-u nobody\n--no-such\n' },
  'json.tool': {
    path: '/etc/stackseed/cluster.json',
    content: (good) => good.replace(/\}\s*$/, ',}\n'),
    says: /Expecting|Illegal/,
  },
  grep: { path: '/etc/stackseed/peers.key', content: (good) => `${good}${good}` },
  'openssl verify': {
    path: '/etc/mysql/stackseed/galera.crt',
    content: ofAnother,
    says: /IP address mismatch/i,
  },
  'openssl pkey': {
    path: '/etc/rabbitmq/stackseed/rabbitmq.key',
    content: () => ofAnother('', '/etc/mysql/stackseed/galera.key'),
    says: /not the key/,
  },
  mariadbd: {
    path: '/etc/mysql/stackseed/galera.cnf',
    content: (good) => good.replace('wsrep_sst_method', 'wsrep_sst_methud'),
    says: /unknown variable 'wsrep_sst_methud/,
  },
  haproxy: {
    path: '/etc/haproxy/stackseed.d/10-database.cfg',
    content: (good) => good.replace('option httpchk', 'option httpchek'),
    says: /httpchek/,
  },
  corosync: {
    path: '/etc/corosync/corosync.conf',
    content: (good) => good.replace('crypto_cipher: aes256', 'crypto_cipher: aes257'),
    says: /Invalid cipher type/,
  },
  crm_verify: {
    path: '/etc/stackseed/pacemaker.xml',
    content: (good) => good.replace('with-rsc="haproxy-clone"', 'with-rsc="haproxy-clown"'),
    says: /haproxy-clown/,
  },
  crm_resource: {
    path: '/usr/lib/ocf/resource.d/stackseed/address',
    content: (good) => good.replace('set -eu', 'set -eu; exit 1'),
    mode: 0o755,
  },
  erl: {
    path: '/etc/rabbitmq/stackseed/links.config',
    content: (good) => good.replace('verify_peer}', 'verify_peer'),
    says: /erl_parse/,
  },
  cuttlefish: {
    path: '/etc/rabbitmq/stackseed/rabbitmq.conf',
    content: (good) => good.replace('pause_minority', 'pause_minorities'),
    says: /cluster_partition_handling/,
  },
  'redis-server': {
    path: '/etc/stackseed/redis.conf',
    content: (good) => good.replace('maxmemory-policy', 'maxmemory-polizy'),
    says: /maxmemory-polizy/,
  },
  'redis-sentinel': {
    path: '/etc/stackseed/sentinel.conf',
    content: (good) => good.replace('parallel-syncs', 'parallel-sinks'),
    says: /parallel-sinks/,
  },
};

/** A seed of a controller: what the broken files lie among. */
async function controller(fleet: string, host: string): Promise<Seed> {
  const seed = (await allSeeds()).find(({ name }) => name === `${fleet} on debian-12: ${host}`);
  if (seed === undefined) throw new Error(`${fleet} has no ${host}`);
  return seed;
}

for (const rule of rules) {
  onRoot(`${rule.judge} refuses a broken file`, async () => {
    const sample = broken[rule.judge];
    if (sample === undefined) throw new Error(`no broken sample for ${rule.judge}`);
    assert.ok(rule.path.test(sample.path));
    const said = await withFolder(async (folder) => {
      await explode((await controller('memo', 'cnt1')).userData, folder);
      const good = existsSync(join(folder, sample.path))
        ? await readFile(join(folder, sample.path), 'utf8')
        : '';
      const content =
        typeof sample.content === 'string' ? sample.content : await sample.content(good, sample.path);
      assert.is.not(content, good);
      await mkdir(dirname(join(folder, sample.path)), { recursive: true });
      await writeFile(join(folder, sample.path), content);
      await chmod(join(folder, sample.path), sample.mode ?? 0o644);
      return complaints('bookworm', folder, [{ path: sample.path, rule }]);
    });
    assert.ok(said.startsWith(`${rule.judge} on ${sample.path}: `), said);
    if (sample.says !== undefined) assert.ok(sample.says.test(said), said);
  });
}

test.run();
