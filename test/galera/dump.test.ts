import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { inRoot } from '../images/chroot.ts';
import { needs } from '../needs.ts';
import { mariadbRoot } from './image.ts';

const said = new Map<string, string>();

test.before(async () => {
  if (process.getuid?.() !== 0) return;
  const over = await mkdtemp(join(tmpdir(), 'stackseed-dump-'));
  try {
    const components = join(root, 'cloud-config/components');
    const local = join(over, 'usr/local');
    await mkdir(join(over, 'etc/stackseed'), { recursive: true });
    for (const component of ['database-dump', 'node']) {
      await cp(join(components, component, 'files/usr/local'), local, { recursive: true });
    }
    const values = [
      'STACKSEED_HOST=cnt1',
      'DATABASE_DUMP_FOLDER=/var/backups/stackseed',
      'DATABASE_DUMP_KEEP=14',
      'DATABASE_DUMP_PROGRAM=mariadb-dump',
      'DATABASE_DUMP_CLIENT=mariadb',
    ];
    await writeFile(join(over, 'etc/stackseed/node.env'), `${values.join('\n')}\n`);
    const ran = await inRoot(
      await mariadbRoot(),
      await readFile(join(root, 'test/galera/dump.sh'), 'utf8'),
      over,
    );
    for (const line of ran.stdout.split('\n')) {
      const [name = '', ...rest] = line.split(': ');
      said.set(name, rest.join(': ').trim());
    }
    if (!said.has('by hand')) throw new Error(`${ran.stdout}${ran.stderr}`);
  } finally {
    await rm(over, { recursive: true, force: true });
  }
});

const check = needs(test, 'root', 'mmdebstrap');
const is = (name: string, text: string) => assert.is(said.get(name), text, name);

check('a dump has the databases of services, and is closed to others', () => {
  is('nothing yet', 'there are no databases yet');
  is('dump', 'dumped 3 databases: N bytes in /var/backups/stackseed/cnt1-TIME.sql.gz');
  is('mode', '600');
});

check('one database is brought back, and the others are left alone', () => {
  is('one', '0 restored: cinder');
  is('others are left', '0 3000');
});

check('all databases are brought back as they were, and the steps are not touched', () => {
  is('all', '0 restored: cinder nova_api test');
  is('same', 'yes');
  is('steps', '1');
});

check('what is not whole, or not in the dump, is refused before anything is dropped', () => {
  is('cut', '1 /run/cut.gz is not a whole dump');
  is('unknown', '1');
  is('nothing was dropped', 'yes');
});

check('dumps that are too old are removed', () => {
  is('old', '0');
});

check('the controller that is written to leaves it to the others at night, where there are others', () => {
  is('alone', 'dumped');
  is('writer', 'clients write to the database of this controller: the others dump it; 0');
  is('by hand', 'dumped');
});

test.run();
