import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../src/document/read-yaml.ts';
import { checkDocument, readInventory } from '../../src/inventory/read.ts';
import { countedBytes, seedLimits } from '../../src/inventory/seed-limits.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the examples are right; what is warned of is meant', () => {
  const expected: Record<string, string[]> = {
    cloud: ['fencing-missing'],
    large: [],
    memo: ['fencing-missing'],
    small: ['no-redundancy'],
    starter: ['fencing-missing'],
  };
  const found = readdirSync(join(root, 'examples')).map((name) => {
    const { inventory, findings } = readInventory(join(root, 'examples', name, 'inventory.yaml'));
    assert.ok(inventory, name);
    return [name, findings.map(({ code }) => code)];
  });
  assert.equal(Object.fromEntries(found), expected);
});

test('every code of a finding has a broken inventory', () => {
  const folder = fileURLToPath(new URL('fixtures/broken/', import.meta.url));
  const texts = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  const shown = new Set(
    texts.flatMap((file) =>
      [...readFileSync(`${folder}${file}`, 'utf8').matchAll(/^(?:error|warning).*\(([a-z0-9-]+)\)$/gm)].map(
        ([, code]) => code,
      ),
    ),
  );
  const sources = ['src/inventory/check', 'src/document', 'src/inventory'].flatMap((path) =>
    readdirSync(join(root, path)).flatMap((file) => (file.endsWith('.ts') ? [join(root, path, file)] : [])),
  );
  const codes = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/code: '([a-z0-9-]+)'/g)].map(([, code]) => code),
  );
  // Of files that cannot be read; tested beside their reader.
  const elsewhere = ['file-missing', 'unreadable', 'too-large'];
  const missing = [...new Set(codes)].filter(
    (code) => code !== undefined && !shown.has(code) && !elsewhere.includes(code),
  );
  assert.equal(missing, []);
  assert.ok(codes.length > 50);
});

test('MAC addresses are in one form', () => {
  const { inventory } = read(`
      a: { networks: { manage: { mac: "52-54-00-AB-CD-EF", address: 10.0.0.11 } } }
      b:
        bonds: { bond0: { members: ["52:54:00:AB:CD:01", ens4] } }
        networks: { manage: { bond: bond0, address: 10.0.0.12 } }`);
  assert.is(inventory?.hosts['a']?.networks['manage']?.mac, '52:54:00:ab:cd:ef');
  assert.equal(inventory?.hosts['b']?.bonds?.['bond0']?.members, ['52:54:00:ab:cd:01', 'ens4']);
});

test('a name of Object is a name like others', () => {
  const { inventory } = read(
    '      constructor: { networks: { manage: { interface: ens3, address: 10.0.0.11 } } }',
  );
  assert.equal(Object.keys(inventory?.hosts ?? {}), ['constructor']);
  assert.is(inventory?.networks['constructor'], undefined);
});

test('the platform of the command line takes the place of all others', () => {
  const text = inventoryText(
    '      a: { networks: { manage: { interface: ens3, address: 10.0.0.11 } } }',
  ).replace('platform: debian-12\n', '');
  const codes = (platform?: string) =>
    checkDocument(parseYaml('i.yaml', text), '/', platform === undefined ? {} : { platform }).findings.map(
      ({ code }) => code,
    );
  assert.equal(codes(), ['platform-missing']);
  assert.equal(codes('ubuntu-24.04'), []);
  assert.equal(codes('ubuntu-23.04'), ['unknown-platform']);
});

test('what is wrong in one place hides nothing in another', () => {
  const { findings } = read(`
      a: { networks: { manage: { mac: wrong, address: 10.0.0.11 } } }
      b: { networks: { manage: { interface: ens3, address: 10.0.0.11 } } }
      c: { groups: [nobody], networks: { manage: { interface: ens3, address: 10.0.9.9 } } }`);
  assert.equal(
    findings.map(({ code }) => code),
    ['bad-value', 'address-duplicate', 'unknown-group', 'address-outside'],
  );
});

test('five thousand hosts in time', () => {
  const hosts = Array.from({ length: 5000 }, (_, index) => {
    const [high, low] = [index >> 8, index & 255];
    const mac = `52:54:00:00:${high.toString(16).padStart(2, '0')}:${low.toString(16).padStart(2, '0')}`;
    return `      cm${index}: { roles: [compute], networks: { manage: { mac: "${mac}", address: 10.${1 + high}.0.${low} } } }`;
  });
  const text = inventoryText(hosts.join('\n')).replace('10.0.0.0/24', '10.0.0.0/8');
  const started = performance.now();
  const { inventory } = checkDocument(parseYaml('i.yaml', text), '/');
  // Half a second on an idle machine.
  assert.ok(performance.now() - started < 10_000);
  assert.is(Object.keys(inventory?.hosts ?? {}).length, 5000);
});

test('files that cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-'));
  try {
    const large = join(folder, 'large.yaml');
    writeFileSync(large, Buffer.alloc(9 * 1024 * 1024, '#'));
    const code = (file: string) => readInventory(file).findings.map((one) => one.code);
    assert.equal(code(join(folder, 'none.yaml')), ['file-missing']);
    assert.equal(code(join(large, 'below.yaml')), ['file-missing']);
    assert.equal(code(folder), ['unreadable']);
    assert.equal(code('/dev/null'), ['unreadable']);
    assert.equal(code(large), ['too-large']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('limits of seeds', () => {
  assert.is(seedLimits.iso, undefined);
  assert.ok(seedLimits.ec2 && countedBytes(seedLimits.ec2, 16_384) <= seedLimits.ec2.bytes);
  assert.ok(seedLimits.openstack && countedBytes(seedLimits.openstack, 49_152) > seedLimits.openstack.bytes);
  assert.ok(seedLimits.openstack && countedBytes(seedLimits.openstack, 49_149) <= seedLimits.openstack.bytes);
});

function inventoryText(hosts: string): string {
  return `fleet: test
domain: example.net
platform: debian-12
networks: { manage: { cidr: 10.0.0.0/24, gateway: 10.0.0.1 } }
dns: { servers: [10.0.0.1] }
users: { operator: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F] } }
hosts:
${hosts}
`;
}

function read(hosts: string) {
  return checkDocument(parseYaml('i.yaml', inventoryText(hosts)), '/');
}

test.run();
