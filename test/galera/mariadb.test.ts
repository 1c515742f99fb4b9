import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memo, rendered } from '../components/rendered.ts';
import { root } from '../fixtures.ts';
import { inRoot } from '../images/chroot.ts';
import { needs } from '../needs.ts';
import { mariadbRoot } from './image.ts';
import { cluster, modules } from './python.ts';

const said = new Map<string, string>();

test.before(async () => {
  if (process.getuid?.() !== 0) return;
  const over = await mkdtemp(join(tmpdir(), 'stackseed-mariadb-'));
  try {
    await lay(over);
    const script = await readFile(join(root, 'test/galera/one-controller.sh'), 'utf8');
    const ran = await inRoot(await mariadbRoot(), script, over);
    for (const line of ran.stdout.split('\n')) {
      const [name = '', ...rest] = line.split(': ');
      said.set(name, rest.join(': ').trim());
    }
    if (!said.has('alive')) throw new Error(`${ran.stdout}${ran.stderr}`);
  } finally {
    await rm(over, { recursive: true, force: true });
  }
});

async function lay(over: string): Promise<void> {
  await chmod(over, 0o755);
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(over, path)), { recursive: true });
    await writeFile(join(over, path), text);
  };
  for (const folder of modules) {
    await cp(folder, join(over, 'usr/local/lib/stackseed/py'), { recursive: true });
  }
  const alone = { controllers: cluster.controllers.slice(0, 1), ever: cluster.ever.slice(0, 1) };
  await put('etc/stackseed/cluster.json', JSON.stringify({ ...cluster, ...alone }));
  await put('etc/stackseed/peers.key', 'k'.repeat(64));
  const inventory = memo.replace('platform: ubuntu-16.04', 'platform: debian-12');
  for (const path of ['/etc/mysql/stackseed/galera.cnf', '/etc/stackseed/galera.json']) {
    await put(path, rendered(inventory, 'cnt1', path));
  }
  const files = join(root, 'cloud-config/components/galera/files');
  await copyFile(
    join(files, 'usr/local/lib/stackseed/galera-notify.sh'),
    join(over, 'usr/local/lib/stackseed/galera-notify.sh'),
  );
  await put('usr/local/lib/stackseed/turns.py', await readFile(join(root, 'test/galera/turns.py'), 'utf8'));
  await mkdir(join(over, 'usr/local/sbin'), { recursive: true });
  await copyFile(join(root, 'test/galera/systemctl.sh'), join(over, 'usr/local/sbin/systemctl'));
  for (const path of ['usr/local/sbin/systemctl', 'usr/local/lib/stackseed/galera-notify.sh']) {
    await chmod(join(over, path), 0o755);
  }
}

const check = needs(test, 'root', 'mmdebstrap');
const is = (name: string, text: string) => assert.is(said.get(name), text, name);
const like = (name: string, pattern: RegExp) => assert.match(said.get(name) ?? '', pattern, name);

check('a blank controller creates the database and serves', () => {
  like('before', /^503 the database is not set up yet$/);
  like('join', /^0 Synced in history [0-9a-f]{8}, position [0-9]+, 1 of 1 members, serving$/);
  like('gate', /^200 Synced in history .* serving$/);
  like('health', /serving 0$/);
});

check('it listens on its own address alone, and knows local accounts by their socket', () => {
  is('listens', '192.168.1.51:3306 192.168.1.51:4567');
  is('accounts', 'mysql@localhost,root@localhost');
  like('login', /Access denied/);
  is('flush', '1\tROW\t1\tutf8mb4\tYES');
});

check('a step is claimed once, checked by its token and recorded as done', () => {
  is('claim', '0 32');
  is('again', 'same');
  is('check', '0');
  is('stranger', '1');
  is('owner is gone', '0 32');
  is('taken', '1');
  is('done', '0 cnt1 done');
  is('claim after done', '3');
  is('no plain name', '2');
});

check('hosts have their turn one after another, and one that fails holds up all others', () => {
  is('turn claim', 'a token');
  is('turn claimed again', 'same');
  is('turn begin', 'a token');
  is('turn second slot', 'a token');
  is('turn no third', 'wait: it is the turn of cm1, cm2');
  is('turn controller beside them', 'a token');
  like('turn show', /^cm1 has its turn to take a new seed; cm2 has .*; cnt1 has /);
  is("turn another's token", 'wait: it is not the turn of cm3 any more');
  is('turn failed', 'a token');
  is('turn after a failure', 'wait: cm1 has taken a new seed and is not healthy with it');
  is('turn own turn after a failure', 'same');
  is('turn healthy after all', 'a token');
  is('turn offer that nobody began', 'a token');
  is('turn longer than it said', 'wait: cm3 has taken a new seed and is not healthy with it');
  is('turn free', 'cm3 has no turn any more');
  is('turn freed', 'wait: it is not the turn of cm3 any more');
  is('turn after it', 'a token');
  is('turn with one away', 'cnt2 is not in the cluster of the database');
});

check('a question for a turn has no answer without the key, or with a wish that is none', () => {
  for (const name of ['other key', 'other wish', 'longest', 'long'])
    like(`turn ${name}`, /^unreadable: ended after 0 bytes|^unreadable: .*reset/);
});

check('clustercheck answers with little work, and also while MariaDB hangs', () => {
  // A tick is 10 ms; the limit is 15 ms for each question.
  assert.ok(Number(said.get('ticks for 25')) < 37, said.get('ticks for 25'));
  like('stopped', /^503 MariaDB does not answer/);
  is('step while it hangs', '75');
  like('goes on', /^200 /);
});

check('before it is stopped the gate closes; afterwards it opens again', () => {
  like('left', /^503 .*about to leave/);
  like('back', /^0 200 /);
});

check('after a crash the same history goes on with all its rows', () => {
  like('killed', /^503 /);
  like('recovered', /^0 200 /);
  is('same history', 'yes');
  is('rows', '2');
});

check('a torn record stops everything', () => {
  like('torn', /^78 .*state\.json is torn/);
  is('alive', 'ActiveState=inactive');
});

test.run();
