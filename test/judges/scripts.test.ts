import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { withFolder } from '../fixtures.ts';
import { run } from '../images/run.ts';
import { needs } from '../needs.ts';
import { explode } from './explode.ts';
import { allSeeds } from './seeds.ts';

const checked = needs(test, 'shellcheck');

/** shellcheck with nothing switched off from outside. */
async function lint(files: string[]): Promise<string> {
  const ran = await run(['shellcheck', '--norc', '--severity=style', ...files]);
  return `${ran.stdout}${ran.stderr}`;
}

/** Texts of every script that reaches a node, with one of the names it has there. */
async function scripts(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const seed of await allSeeds()) {
    await withFolder(async (folder) => {
      for (const path of await explode(seed.userData, folder)) {
        const text = await readFile(join(folder, path), 'utf8');
        if (/^#!.*\b(ba)?sh\b/.test(text) || path.endsWith('.sh')) texts.set(text, `${seed.name}: ${path}`);
      }
    });
    const { bootcmd = [], runcmd = [] } = parse(seed.userData) as Commands;
    for (const [shell, option, text] of [...bootcmd, ...runcmd]) {
      if (shell === 'sh' && option === '-c' && text !== undefined)
        texts.set(`#!/bin/sh\n${text}`, `${seed.name}: bootcmd or runcmd`);
    }
  }
  return texts;
}

interface Commands {
  bootcmd?: string[][];
  runcmd?: string[][];
}

checked('shellcheck has nothing to say of any script of a seed', async () => {
  const texts = [...(await scripts())];
  assert.ok(texts.length > 20, `only ${texts.length} scripts were found`);
  await withFolder(async (folder) => {
    await Promise.all(texts.map(([text], at) => writeFile(join(folder, `${at}.sh`), text)));
    const said = await lint((await readdir(folder)).map((name) => join(folder, name)));
    const named = said.replaceAll(/\/\S+\/([0-9]+)\.sh/g, (_, at: string) => texts[Number(at)]?.[1] ?? at);
    assert.is(named, '');
  });
});

checked('shellcheck finds an unquoted variable', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'broken.sh');
    await writeFile(file, '#!/bin/bash\nset -eu\nrm -f $1\n');
    assert.match(await lint([file]), /SC2086/);
  });
});

test.run();
