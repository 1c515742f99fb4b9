import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inRoot, judgeRoot } from '../images/chroot.ts';
import { needs } from '../needs.ts';
import { explode } from './explode.ts';
import { elsewhere, ours, type Rule, rules } from './rules.ts';
import { allSeeds } from './seeds.ts';

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
async function complaints(folder: string, asked: { path: string; rule: Rule }[]): Promise<string> {
  const questions = asked.map(
    ({ path, rule }) => `
set -- '${path}'
said=$( ( ${rule.command} ) 2>&1 ) || echo "${rule.judge} on $1: $said"
`,
  );
  const ran = await inRoot(await judgeRoot('bookworm'), questions.join(''), folder);
  return `${ran.stdout}${ran.stderr}`;
}

onRoot('every file of every host is taken by the program that reads it', async () => {
  const judged = new Set<string>();
  for (const seed of await allSeeds()) {
    await withFolder(async (folder) => {
      const paths = (await explode(seed.userData, folder)).filter(
        (path) => ![...ours, ...elsewhere].some((pattern) => pattern.test(path)),
      );
      const asked = paths.map((path) => ({ path, rule: rules.find((rule) => rule.path.test(path)) }));
      const strange = asked.filter(({ rule }) => rule === undefined).map(({ path }) => path);
      assert.equal(strange, [], `${seed.name}: files without a judge`);
      const known = asked.flatMap(({ path, rule }) => (rule === undefined ? [] : [{ path, rule }]));
      for (const { rule } of known) judged.add(rule.judge);
      assert.is(await complaints(folder, known), '', seed.name);
    });
  }
  const needed = ['nft', 'dnsmasq', 'chronyd', 'exportfs', 'sysctl', 'apt', 'apt-config', 'memcached'];
  assert.equal(
    needed.filter((judge) => !judged.has(judge)),
    [],
    'judges that were never asked',
  );
});

/** One bad file for each judge. */
const broken: Record<string, { path: string; content: string; mode?: number }> = {
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
  hostname: { path: '/etc/hostname', content: 'cnt 1;\n' },
  getent: { path: '/etc/hosts', content: '192.168.0.51, cnt1\n' },
  memcached: { path: '/etc/memcached.conf', content: '-m 64\n-l 192.168.1.51\n-u nobody\n--no-such\n' },
};

for (const rule of rules) {
  onRoot(`${rule.judge} refuses a broken file`, async () => {
    const sample = broken[rule.judge];
    if (sample === undefined) throw new Error(`no broken sample for ${rule.judge}`);
    assert.ok(rule.path.test(sample.path));
    const said = await withFolder(async (folder) => {
      await mkdir(dirname(join(folder, sample.path)), { recursive: true });
      await writeFile(join(folder, sample.path), sample.content, { mode: sample.mode ?? 0o644 });
      return complaints(folder, [{ path: sample.path, rule }]);
    });
    assert.match(said, `${rule.judge} on ${sample.path}: `);
  });
}

test.run();
