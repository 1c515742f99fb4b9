import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { root } from '../fixtures.ts';
import { type HostFiles, installedHosts, PLATFORMS } from './fleet.ts';

/** Files that are the same for every host, and the seed, which has golden files of its own. */
const ELSEWHERE = ['early.sh', 'late.sh', 'user-data', 'meta-data', 'network-config'];

/** Digests change with the seed and the scripts; another test compares them with the bytes. */
function forReview(files: HostFiles): string {
  const shown = [...files].filter(([name]) => !ELSEWHERE.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return shown
    .map(([name, text]): [string, string] => [name, name === 'autoinstall.yaml' ? briefly(text) : text])
    .map(([name, text]) => `===== ${name}\n${text.replace(/\b[0-9a-f]{32}\b/g, '<digest>')}`)
    .join('');
}

/** autoinstall.yaml without the scripts and the seed that it carries. */
function briefly(text: string): string {
  const user = parse(text, { version: '1.1' }) as { write_files: { path: string; content: string }[] };
  for (const file of user.write_files) {
    if (/\.sh$|\/seed\//.test(file.path)) file.content = `<${file.path.split('/').at(-1)}>`;
  }
  return stringify(user, { lineWidth: 0 });
}

for (const platform of PLATFORMS) {
  test(`what installers of ${platform} are told is in golden/`, async () => {
    const folder = join(root, 'test/install/golden', platform);
    const hosts = await installedHosts(platform);
    const texts = new Map([...hosts].map(([name, files]) => [`${name}.txt`, forReview(files)]));
    if (process.env['UPDATE'] === '1') {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of texts) writeFileSync(join(folder, file), text);
    }
    assert.equal(readdirSync(folder).sort(), [...texts.keys()].sort());
    for (const [file, text] of texts) assert.is(text, readFileSync(join(folder, file), 'utf8'), file);
  });
}

test.run();
