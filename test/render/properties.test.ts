import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { parseYaml } from '../../src/document/read-yaml.ts';
import { installerTree } from '../../src/install/installer-tree.ts';
import { checkDocument } from '../../src/inventory/read.ts';
import type { Inventory } from '../../src/inventory/schema.ts';
import { loadInstallerFiles } from '../../src/library/installer-files.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { emptyLock } from '../../src/plan/lock.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { HostPlan } from '../../src/plan/types.ts';
import { renderHost } from '../../src/render/host-tree.ts';
import { pretendGiven } from '../given.ts';
import { inventoryArbitrary } from '../inventory/arbitrary.ts';
import { hostileInventories, plainInventory } from '../inventory/hostile.ts';

interface UserData {
  users: { name: string; ssh_authorized_keys?: string[] }[];
  write_files: { path: string; permissions: string; owner: string; encoding?: string; content: string }[];
}

interface Rendered {
  host: HostPlan;
  texts: Record<string, string>;
  userData: UserData;
  /** What its installer is told, by name of the file; none where it is not to be installed. */
  installer: Record<string, string>;
}

const { library } = loadLibrary([]);

/** Renders every host of an inventory, which must be right. */
function render(inventory: Inventory): Rendered[] {
  const { plan, findings } = makePlan(inventory, library, emptyLock());
  assert.equal(findings, []);
  return plan.hosts.map((host) => {
    const { tree } = renderHost(
      host,
      plan.fleet,
      library,
      pretendGiven(plan, host, (component, label) => `secret-of-${component}-${label}`),
    );
    const texts = Object.fromEntries([...tree].map(([name, file]) => [name, String(file.content)]));
    const told = installerTree(host, plan.fleet, library, loadInstallerFiles(), tree);
    const installer = Object.fromEntries(
      [...(told ?? [])].map(([name, file]) => [name, String(file.content)]),
    );
    return { host, texts, userData: parse(texts['user-data'] ?? '', { version: '1.1' }), installer };
  });
}

/** Reads an inventory as the program does; undefined where it is refused. */
function read(bytes: Buffer | string): Inventory | undefined {
  return checkDocument(parseYaml('inventory.yaml', bytes), '/nonexistent').inventory;
}

function written(inventory: unknown): Inventory {
  const found = read(JSON.stringify(inventory));
  if (!found) throw new Error('refused');
  return found;
}

function textOf(userData: UserData, path: string): string {
  const file = userData.write_files.find((one) => one.path === path);
  if (!file) throw new Error(`no ${path}`);
  return file.encoding === 'b64' ? Buffer.from(file.content, 'base64').toString() : file.content;
}

/** The lines of each file: text that breaks out of its line shows as one more. */
function lineCounts({ userData, installer }: Rendered): Record<string, number> {
  const counts = userData.write_files.map(({ path }) => [path, textOf(userData, path).split('\n').length]);
  const told = Object.entries(installer).map(([name, text]) => [name, text.split('\n').length]);
  return Object.fromEntries([...counts, ...told]);
}

test('hostile inventories that are taken stay in their lines and in their places', () => {
  const [plain] = render(written(plainInventory()));
  if (!plain?.installer['preseed.cfg']) throw new Error('nothing rendered');
  let taken = 0;
  for (const { name, bytes } of hostileInventories()) {
    const inventory = read(bytes);
    if (!inventory) continue;
    taken++;
    for (const one of render(inventory)) {
      // A field or name of the plain inventory was replaced: nothing else may look different.
      if (name.includes(' = ') || name.includes(': name '))
        assert.equal(lineCounts(one), lineCounts(plain), name);
      for (const { path, owner, permissions } of one.userData.write_files) {
        assert.match(path, /^\/(etc|usr\/local|var\/lib\/stackseed)(\/[A-Za-z0-9@._-]+)+$/, name);
        assert.not.match(path, /\/\.\.?(\/|$)/, name);
        assert.is(owner, 'root:root', name);
        assert.match(permissions, /^0[0-7]{3}$/, name);
      }
    }
  }
  assert.ok(taken >= 20, `only ${taken} were taken`);
});

test('any valid inventory renders, and what it says arrives', () => {
  fc.assert(
    fc.property(inventoryArbitrary, (inventory) => {
      for (const { host, userData } of render(written(inventory))) {
        const keys = userData.users.map((user) => [user.name, user.ssh_authorized_keys ?? []]);
        assert.equal(
          keys,
          host.users.map((user) => [user.name, user.sshKeys]),
        );
        const listed = textOf(userData, '/var/lib/stackseed/seed/components/users/files/etc/stackseed/users');
        for (const key of host.users.flatMap((user) => user.sshKeys)) {
          assert.ok(listed.split('\n').includes(`key ${key}`), key);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('any installer is told what the inventory says, and its shell reads that', () => {
  fc.assert(
    fc.property(inventoryArbitrary, (inventory) => {
      const [first] = render(written(inventory));
      const env = first?.installer['install.env'];
      if (!first || env === undefined) return;
      const script = `set -eu; eval "$1"; printf '%s\\n' "$INSTALL_HOST" "$INSTALL_FIRMWARE" "$INSTALL_RECIPE_UEFI"`;
      const [host, firmware, recipe = ''] = execFileSync('dash', ['-c', script, 'dash', env])
        .toString()
        .split('\n');
      assert.equal([host, firmware], [first.host.name, first.host.install?.firmware]);
      for (const { mount, filesystem } of first.host.install?.volumes ?? [])
        assert.ok(filesystem === 'swap' || recipe.includes(` mountpoint{ ${mount} } .`), mount);
      const asked = first.host.install?.kernelParameters ?? [];
      const { cmdline } = JSON.parse(first.installer['installer.json'] ?? '') as { cmdline: string[] };
      for (const parameter of asked) assert.ok(cmdline.includes(parameter), parameter);
    }),
    { numRuns: 60 },
  );
});

test('node.env gives bash what the plan says', () => {
  fc.assert(
    fc.property(inventoryArbitrary, (inventory) => {
      const [first] = render(written(inventory));
      if (!first) return;
      const { host, userData } = first;
      const script = `set -eu; eval "$1"; printf '%s\\n' "$STACKSEED_FQDN" "$STACKSEED_NTP_SERVERS" "$STACKSEED_ROLES" \\
        "$STACKSEED_TIMEZONE" "$STACKSEED_MACS"`;
      const out = execFileSync('bash', ['-c', script, 'bash', textOf(userData, '/etc/stackseed/node.env')]);
      const macs = host.devices.flatMap((device) => device.mac ?? []);
      const expected = [
        host.fqdn,
        host.ntp.servers.join(' '),
        host.roles.join(' '),
        host.timezone,
        macs.join(' '),
      ];
      assert.is(out.toString(), `${expected.join('\n')}\n`);
    }),
    { numRuns: 40 },
  );
});

/** The same map with its keys the other way round, at every depth; the order of hosts has a meaning and stays. */
function reversed(value: unknown, key = ''): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, reversed(inner, name)]);
  return Object.fromEntries(key === 'hosts' ? entries : entries.reverse());
}

test('the order of keys makes no difference', () => {
  fc.assert(
    fc.property(inventoryArbitrary, (inventory) => {
      const texts = (one: unknown) => render(written(one)).map((rendered) => rendered.texts);
      assert.equal(texts(reversed(inventory)), texts(inventory));
    }),
    { numRuns: 40 },
  );
});

test.run();
