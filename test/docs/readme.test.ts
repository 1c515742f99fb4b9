import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inventoryReference, settingsReference } from '../../src/inventory/reference.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { root } from '../fixtures.ts';

const file = join(root, 'README.md');

/** Puts the text between two comments in place of what is there. */
function replacePart(readme: string, name: string, text: string): string {
  const [begin, end] = [new RegExp(`<!-- ${name}: .*-->\n`).exec(readme), `<!-- end of ${name} -->`];
  const stop = readme.indexOf(end);
  if (!begin || stop < 0) throw new Error(`README.md has no place for the ${name}`);
  return `${readme.slice(0, begin.index + begin[0].length)}\n${text.trim()}\n\n${readme.slice(stop)}`;
}

test('the README lists every key of the inventory and every setting, as they are', () => {
  const readme = readFileSync(file, 'utf8');
  const withKeys = replacePart(readme, 'inventory reference', inventoryReference());
  const current = replacePart(withKeys, 'settings reference', settingsReference(loadLibrary([]).library));
  if (process.env['UPDATE'] === '1') writeFileSync(file, current);
  else assert.is(readme, current, 'run make update-golden');
});

test('links of the README and of docs/ lead to files', () => {
  for (const page of [
    'README.md',
    'docs/architecture.md',
    'docs/chaos.md',
    'docs/joining.md',
    'docs/netboot.md',
    'docs/openstack.md',
    'docs/platforms.md',
    'docs/node.md',
    'docs/components.md',
    'docs/proofs.md',
    'docs/boot-server.md',
    'docs/power.md',
  ]) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue;
      assert.ok(existsSync(join(root, page, '..', target)), `${page}: ${target}`);
    }
  }
});

test.run();
