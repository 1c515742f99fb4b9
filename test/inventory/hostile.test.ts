import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseYaml } from '../../src/document/read-yaml.ts';
import { checkDocument, type ReadResult } from '../../src/inventory/read.ts';
import { findingJson, formatFindings } from '../../src/report/print.ts';
import { hostileInventories, plainInventory } from './hostile.ts';

/** Of the processor: no inventory may take more, whatever is in it, and whatever else runs here. */
const MOST_MILLISECONDS = 5000;
/** What no terminal may get to see; `\n` ends the lines of a report. */
const UNSAFE_OUTPUT = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/**
 * What is taken, since it is a word like others in its place: these and no more. Settings are for the
 * components to judge, and not listed.
 */
const TAKEN = `
  fleet = constructor
  dns.search.0 = constructor
  ntp.servers.0 = constructor
  users.operator.shell = absolute
  install.kernel_parameters.0 = proto
  install.kernel_parameters.0 = constructor
  install.extra_packages.0 = constructor
  install.volumes.1.mount = absolute
  hosts.cnt1.bmc.user = constructor
  hosts.cnt1.bonds.bond0.members.0 = constructor
  hosts.cnt1.bonds.bond0.members.1 = constructor
  users: name constructor
  vips: name constructor
  hosts: name constructor
  byte-order-mark
  two-byte-order-marks
  crlf
  mixed-line-breaks
  no-newline-at-end
  tab-after-colon
  anchors-harmless
  constructor-host
  octal-and-hex
  old-booleans
  sexagesimal-mac
  date
  tag-directive
  document-end
  host-null
  host-number
  host-yes
  json-valid
  trailing-space
`;

const all = hostileInventories();

function read(bytes: Buffer): ReadResult & { text: string } {
  const started = process.cpuUsage();
  const result = checkDocument(parseYaml('hostile.yaml', bytes), '/nonexistent');
  const text = formatFindings(result.findings, { color: false });
  const { user, system } = process.cpuUsage(started);
  const took = (user + system) / 1000;
  assert.ok(took < MOST_MILLISECONDS, `took ${Math.round(took)} ms`);
  return { ...result, text };
}

test('hostile: enough of them, each with a name of its own', () => {
  assert.ok(all.length >= 200);
  assert.is(new Set(all.map(({ name }) => name)).size, all.length);
});

test('hostile: the inventory without a payload is right', () => {
  const { inventory, text } = read(Buffer.from(JSON.stringify(plainInventory())));
  assert.not.match(text, /^error/m);
  assert.ok(inventory);
});

const taken: string[] = [];

for (const { name, bytes } of all) {
  test(`hostile: ${name}`, () => {
    const { inventory, document, findings, text } = read(bytes);
    // A finding, or the inventory; never neither.
    assert.ok(inventory !== undefined || findings.some(({ severity }) => severity === 'error'));
    assert.not.match(text, UNSAFE_OUTPUT);
    assert.ok(
      text.split('\n').every((line) => line.length < 1500),
      'a line of the report is too long',
    );
    JSON.stringify(findings.map(findingJson));
    assert.is(({} as Record<string, unknown>)['polluted'], undefined);
    if (!inventory) return;
    // What is taken is taken as it was written, and no text in it is more than a line.
    assert.is(JSON.stringify(sorted(inventory)), JSON.stringify(sorted(document.value)));
    for (const one of textsOf(inventory)) assert.not.match(one, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    if (!name.startsWith('settings')) taken.push(name);
  });
}

test('hostile: nothing is taken but words like others', () => {
  assert.is(taken.join('\n'), TAKEN.trim().replace(/^ +/gm, ''));
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, item]) => [key, sorted(item)]);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item)]);
}

test.run();
