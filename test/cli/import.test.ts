import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { withFolder } from '../fixtures.ts';
import { lay, stackseed, twoHosts } from './command.ts';

const HEAD = (twoHosts['inventory.yaml'] ?? '').replace(/^hosts:[\s\S]*/m, '');

const CSV = `name,groups,roles,platform,state,bmc,manage.mac,manage.address,manage.mtu
keep,keepers,,,,,52:54:00:00:00:01,10.0.0.11,
plain,,"router, network",debian-13,,https://10.0.0.201,52:54:00:00:00:02,10.0.0.12,1400
gone,,,,absent,,52:54:00:00:00:03,10.0.0.13,
`;

/** The columns that NetBox's tables have by default, and the addresses. */
const DEVICES = `Name,Status,Tenant,Site,Location,Rack,Role,Manufacturer,Type,IP Address,IPv4 Address
Keep.two.example,Active,,Osaka,,R1,Keepers,Maker,"1U, short",10.0.0.11/24,10.0.0.11/24
plain,Planned,,Osaka,,R1,Compute Node,Maker,1U,10.0.0.12/24,10.0.0.12/24
old,Decommissioning,,Osaka,,R2,Compute Node,Maker,1U,,
`;
const INTERFACES = `Device,Name,Label,Enabled,Type,MAC Address,IP Addresses
Keep.two.example,eno1,,True,1000BASE-T,52:54:00:00:00:01,10.0.0.11/24
Keep.two.example,eno2,,True,1000BASE-T,52:54:00:00:01:01,
plain,eno1,,True,1000BASE-T,52:54:00:00:00:0A,"10.0.0.12/24, 10.9.9.9/32"
`;

function withFiles(use: (cwd: string) => Promise<void>): Promise<void> {
  return withFolder(async (cwd) => {
    lay(cwd, { ...twoHosts, 'hosts.csv': CSV, 'devices.csv': DEVICES, 'interfaces.csv': INTERFACES });
    await use(cwd);
  });
}

test('the hosts of a CSV table are a part of an inventory that is right', () =>
  withFiles(async (cwd) => {
    const { status, stdout, stderr } = await stackseed(['import', 'hosts.csv'], { cwd });
    assert.equal([status, stderr], [0, '']);
    assert.equal(parse(stdout), {
      hosts: {
        keep: {
          groups: ['keepers'],
          networks: { manage: { mac: '52:54:00:00:00:01', address: '10.0.0.11' } },
        },
        plain: {
          roles: ['router', 'network'],
          platform: 'debian-13',
          bmc: { address: 'https://10.0.0.201' },
          networks: { manage: { mac: '52:54:00:00:00:02', address: '10.0.0.12', mtu: 1400 } },
        },
        gone: { state: 'absent', networks: { manage: { mac: '52:54:00:00:00:03', address: '10.0.0.13' } } },
      },
    });
    writeFileSync(join(cwd, 'inventory.yaml'), HEAD + stdout);
    const validated = await stackseed(['validate'], { cwd });
    assert.is(validated.status, 0, validated.stderr);
  }));

for (const [what, change] of [
  ['semicolons', (text: string) => text.replace('"router, network"', 'router network').replaceAll(',', ';')],
  ['tabs', (text: string) => text.replace('"router, network"', 'router network').replaceAll(',', '\t')],
  [
    'a BOM, CRLF and blanks',
    (text: string) => `\uFEFF${text.replaceAll('\n', '\r\n').replace('keep,', ' keep , ')}\r\n`,
  ],
] as const) {
  test(`a table with ${what} is the same`, () =>
    withFiles(async (cwd) => {
      const { stdout: plain } = await stackseed(['import', 'hosts.csv'], { cwd });
      lay(cwd, { 'hosts.csv': change(CSV) });
      const { stdout, stderr } = await stackseed(['import', 'hosts.csv'], { cwd });
      assert.is(stderr, '');
      assert.is(stdout, plain);
    }));
}

test('devices of NetBox come with group and address, and with their interfaces the MAC', () =>
  withFiles(async (cwd) => {
    const args = ['import', '--format', 'netbox', '--interfaces', 'interfaces.csv'];
    const { status, stdout, stderr } = await stackseed(
      [...args, 'devices.csv', '--group', 'Compute Node=keepers'],
      {
        cwd,
      },
    );
    assert.equal([status, stderr], [0, '']);
    assert.equal(parse(stdout), {
      hosts: {
        keep: {
          groups: ['keepers'],
          networks: { manage: { mac: '52:54:00:00:00:01', address: '10.0.0.11' } },
        },
        plain: {
          groups: ['keepers'],
          networks: { manage: { mac: '52:54:00:00:00:0a', address: '10.0.0.12' } },
        },
        old: { state: 'absent', groups: ['keepers'], networks: {} },
      },
    });
    writeFileSync(join(cwd, 'inventory.yaml'), HEAD + stdout);
    const validated = await stackseed(['validate'], { cwd });
    assert.is(validated.status, 0, validated.stderr);
    const other = await stackseed(['import', 'devices.csv', '--format', 'netbox', '--network', 'lan'], {
      cwd,
    });
    assert.equal(parse(other.stdout).hosts.plain, {
      groups: ['compute-node'],
      networks: { lan: { address: '10.0.0.12' } },
    });
  }));

for (const [what, file, text, said] of [
  [
    'a column that there is not',
    'hosts.csv',
    'name,mange.mac,manage.adress\na,b,c\n',
    'did you mean manage.address?',
  ],
  [
    'a line without a name',
    'hosts.csv',
    'name,roles\n,compute\n',
    'error[hosts.csv:2]: a line without a name',
  ],
  ['a host twice', 'hosts.csv', 'name\na\nb\na\n', 'error[hosts.csv:4]: a is there twice'],
  ['a quote without an end', 'hosts.csv', 'name\n"a\n', 'import-table'],
  ['a line that is too long', 'hosts.csv', 'name\na,b\n', 'import-table'],
  [
    'a device that cannot be a host',
    'devices.csv',
    'Name,Status\nPP:B117,Active\n',
    'PP:B117 cannot be the name',
  ],
  ['two devices of one first label', 'devices.csv', 'Name\na.x\nA.y\n', 'a is there twice'],
] as const) {
  test(`${what} is a finding`, () =>
    withFiles(async (cwd) => {
      lay(cwd, { [file]: text });
      const args = file === 'devices.csv' ? ['--format', 'netbox'] : [];
      const { status, stdout, stderr } = await stackseed(['import', ...args, file], { cwd });
      assert.equal([status, stdout], [1, ''], stderr);
      assert.match(stderr, said);
    }));
}

test('no file is a finding, and a group without its role wrong usage', () =>
  withFiles(async (cwd) => {
    const none = await stackseed(['import', 'nowhere.csv'], { cwd });
    assert.is(none.status, 1);
    assert.match(none.stderr, 'nowhere.csv: no such file or folder');
    const wrong = await stackseed(['import', 'devices.csv', '--format', 'netbox', '--group', 'x'], { cwd });
    assert.is(wrong.status, 2);
  }));

test('whatever a cell holds comes out as that text, and nothing beside it', () =>
  withFiles(async (cwd) => {
    const cell = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.trim() === text && text !== '');
    await fc.assert(
      fc.asyncProperty(cell, cell, async (name, platform) => {
        fc.pre(name !== '__proto__');
        const quoted = [name, platform].map((text) => `"${text.replaceAll('"', '""')}"`).join();
        lay(cwd, { 'hosts.csv': `name,platform\n${quoted}\n` });
        const { status, stdout } = await stackseed(['import', 'hosts.csv'], { cwd });
        assert.is(status, 0);
        // As pairs: a key that is called constructor makes uvu take two equal objects for different ones.
        const { hosts } = parse(stdout, { version: '1.1' });
        assert.equal(Object.entries(hosts), [[name, { platform, networks: {} }]]);
      }),
      { numRuns: 60 },
    );
    assert.is(readFileSync(join(cwd, 'devices.csv'), 'utf8'), DEVICES);
  }));

test.run();
