import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFleet, renderPlanned } from '../../src/generate/generate.ts';
import { loadFleet } from '../../src/generate/load.ts';
import { SEED_FILES } from '../../src/pack/host-folder.ts';
import { readSecrets } from '../../src/secrets/index.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';

async function generate(folder: string, inventory: string): Promise<void> {
  const file = join(folder, 'inventory.yaml');
  writeFileSync(file, inventory);
  await generateFleet({ inventory: file, out: join(folder, 'out'), iso: false, prune: false });
}

/** Every file below out/hosts/ with its bytes and the time it was last written. */
async function snapshot(folder: string): Promise<Map<string, string>> {
  const out = join(folder, 'out/hosts');
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const states = files.map(async (file): Promise<[string, string]> => {
    return [
      file.slice(out.length + 1),
      `${statSync(file).mtimeMs} ${(await readFile(file)).toString('base64')}`,
    ];
  });
  return new Map(await Promise.all(states));
}

test('a new compute node is one new seed, and no other byte changes', async () => {
  const memo = readFileSync(example('memo'), 'utf8');
  const third = `  cm3:
    groups: [compute-nodes]
    networks:
      manage: { mac: "52:54:00:00:01:73", address: 192.168.1.73 }
      private1: { mac: "52:54:00:00:02:73", address: 192.168.2.73 }
`;
  await withFolder(async (folder) => {
    await knownSecrets(folder);
    await generate(folder, memo);
    const before = await snapshot(folder);
    await generate(folder, memo + third);
    const after = await snapshot(folder);
    const added = [...after.keys()].filter((file) => !before.has(file)).sort();
    assert.equal(
      added,
      [...SEED_FILES].sort().map((name) => `cm3/${name}`),
    );
    for (const [file, state] of before) assert.is(after.get(file), state, `${file} changed`);
  });
});

function manyComputes(count: number): string {
  const memo = readFileSync(example('memo'), 'utf8');
  const many = Array.from({ length: count }, (_, index) => {
    const [high, low] = [Math.floor(index / 250), (index % 250) + 1];
    const mac = (network: string) => `"52:54:01:${network}:${hex(high)}:${hex(low)}"`;
    return `  many${index}:
    groups: [compute-nodes]
    networks:
      manage: { mac: ${mac('01')}, address: 172.16.${high}.${low} }
      private1: { mac: ${mac('02')}, address: 172.17.${high}.${low} }
`;
  });
  // The memo's own networks are too small for so many.
  return (
    memo
      .replace('cidr: 192.168.1.0/24\n    gateway: 192.168.1.1', 'cidr: 172.16.0.0/16')
      .replace('cidr: 192.168.2.0/24', 'cidr: 172.17.0.0/16')
      .replaceAll('192.168.1.', '172.16.200.')
      .replaceAll('192.168.2.', '172.17.200.') + many.join('')
  );
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}

/** Bytes of all seeds of a fleet. */
async function sizeOf(hosts: number): Promise<number> {
  return withFolder(async (folder) => {
    const file = join(folder, 'inventory.yaml');
    writeFileSync(file, manyComputes(hosts));
    const fleet = await loadFleet(file);
    const { secrets } = await readSecrets(await knownSecrets(folder));
    if (!secrets) throw new Error('no secrets');
    assert.is(fleet.plan.hosts.length, hosts + 9);
    let bytes = 0;
    for (const host of fleet.plan.hosts) {
      for (const { content } of renderPlanned(fleet, host, secrets).tree.values()) bytes += content.length;
    }
    return bytes;
  });
}

test('twice as many hosts more make the output larger by twice as much', async () => {
  const [few, some, many] = [await sizeOf(250), await sizeOf(500), await sizeOf(1000)];
  // Names grow by a digit.
  const ratio = (many - some) / (some - few);
  assert.ok(Math.abs(ratio - 2) < 0.01, `${few}, ${some} and ${many} bytes`);
});

test.run();
