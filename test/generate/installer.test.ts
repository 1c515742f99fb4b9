import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFleet } from '../../src/generate/generate.ts';
import { SEED_FILES } from '../../src/pack/host-folder.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';

const SEED = [...SEED_FILES].sort();
const INSTALLER = ['early.sh', 'install.env', 'installer.json', 'late.sh', 'preseed.cfg'];

test('what an installer is told comes and goes with the inventory, and the seed stays the same', () =>
  withFolder(async (folder) => {
    await knownSecrets(folder);
    const inventory = join(folder, 'inventory.yaml');
    const out = join(folder, 'out');
    const plain = readFileSync(example('small'), 'utf8');
    const host = join(out, 'hosts/cnt1');
    const generate = async (text: string) => {
      writeFileSync(inventory, text);
      const { hosts } = await generateFleet({ inventory, out, iso: false, prune: false });
      const [first] = hosts;
      return { outcome: first?.outcome, generation: first?.generation, written: first?.written };
    };
    await generate(plain);
    const metaData = readFileSync(join(host, 'meta-data'), 'utf8');

    const installed = await generate(`${plain}\ninstall: {}\n`);
    assert.equal(installed, { outcome: 'changed', generation: 1, written: INSTALLER });
    assert.equal(readdirSync(host).sort(), [...INSTALLER, ...SEED].sort());
    for (const name of readdirSync(host)) assert.is(statSync(join(host, name)).mode & 0o777, 0o600, name);
    assert.is(readFileSync(join(host, 'meta-data'), 'utf8'), metaData);

    assert.is((await generate(`${plain}\ninstall: {}\n`)).outcome, 'kept');
    const other = await generate(`${plain}\ninstall: { recipe: lvm }\n`);
    assert.equal(other.written, ['install.env', 'preseed.cfg']);

    await generate(plain);
    assert.equal(readdirSync(host).sort(), SEED);
  }));

test.run();
