import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../fixtures.ts';
import { aptLines } from './debian.ts';

async function uris(files: Record<string, string>): Promise<string[]> {
  return withFolder(async (etc) => {
    mkdirSync(join(etc, 'sources.list.d'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(etc, name), text);
    return (await aptLines('trixie', etc)).map((line) => line.split(' ').slice(2).join(' '));
  });
}

const deb822 = `Types: deb
# URIs: http://old.example/debian
URIs: http://one.example/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://one.example/debian-security
Suites: bookworm-security
Components: main
`;

const oneLine = `deb [arch=amd64] http://two.example/debian bookworm main contrib
deb-src http://source.example/debian bookworm main
deb http://two.example/debian-security bookworm-security main
`;

test("another release comes from where this machine gets its own release's packages", async () => {
  assert.equal(await uris({ 'sources.list.d/debian.sources': deb822 }), [
    'http://one.example/debian trixie main',
    'http://one.example/debian trixie-updates main',
    'http://one.example/debian-security trixie-security main',
  ]);
  assert.equal((await uris({ 'sources.list': oneLine }))[0], 'http://two.example/debian trixie main');
});

test("a machine that is no Debian asks Debian's usual address", async () => {
  const ubuntu = 'deb http://archive.ubuntu.com/ubuntu noble main\n';
  const [main, , security] = await uris({ 'sources.list': ubuntu });
  assert.is(main, 'http://deb.debian.org/debian trixie main');
  assert.is(security, 'http://deb.debian.org/debian-security trixie-security main');
});

test.run();
