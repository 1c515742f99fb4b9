import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFleet } from '../../src/generate/generate.ts';
import type { GenerateOptions, GenerateReport } from '../../src/generate/types.ts';
import { type Finding, FindingsError } from '../../src/report/finding.ts';
import { example, knownSecrets, withFolder } from '../fixtures.ts';

/** Generates the small example after a change, with further files beside its inventory. */
async function small(
  change: (inventory: string) => string,
  files: Record<string, string> = {},
  options: Partial<GenerateOptions> = {},
): Promise<GenerateReport> {
  return withFolder(async (folder) => {
    await knownSecrets(folder);
    const inventory = join(folder, 'inventory.yaml');
    writeFileSync(inventory, change(readFileSync(example('small'), 'utf8')));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return generateFleet({ inventory, out: join(folder, 'out'), iso: false, prune: false, ...options });
  });
}

async function refused(promise: Promise<unknown>): Promise<Finding> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    const found = error.findings.find((finding) => finding.severity === 'error');
    if (found) return found;
  }
  throw new Error('it was not refused');
}

test('a seed that is too large for its target is refused, with both sizes', async () => {
  const finding = await refused(small((text) => `${text}\ntarget: ec2\n`));
  assert.is(finding.code, 'seed-too-large');
  assert.match(finding.message, /takes [0-9]+ bytes, and EC2 carries 16384/);
});

test('secrets that were made for another fleet are warned of', async () => {
  const { findings } = await small((text) => text);
  assert.equal(
    findings.filter(({ code }) => code === 'secrets-other-fleet').map(({ severity }) => severity),
    ['warning'],
  );
  const strict = await refused(small((text) => text, {}, { strict: true }));
  assert.is(strict.severity, 'error');
});

/** A component of the operator's own with one template, in the role that the compute node has beside its own. */
function siteWith(template: string, more = ''): Record<string, string> {
  const scripts = '#!/bin/bash\nset -eu\n';
  return {
    'site/roles/mine.yaml': 'summary: mine\nlisted: false\ncount: any\ncomponents: [mine]\n',
    'site/components/mine/component.yaml': `summary: mine\n${more}`,
    'site/components/mine/converge.sh': scripts,
    'site/components/mine/health.sh': scripts,
    'site/components/mine/files/etc/mine.conf.ejs': template,
  };
}

const withMine = (text: string) => `${text.replace('[compute]', '[compute, mine]')}\nlibrary: [site]\n`;

test('a template that prints nothing is refused, with its name and line', async () => {
  const finding = await refused(small(withMine, siteWith('a\nb <%= settings.missing %>\n')));
  assert.is(finding.code, 'template-failed');
  assert.match(finding.message, /mine\.conf\.ejs:2: a value to be printed is undefined/);
});

test('a template gets no secret that its component does not declare, and none into an open file', async () => {
  const undeclared = await refused(small(withMine, siteWith("<%= secret('phone-home') %>")));
  assert.match(undeclared.message, /component mine declares no secret phone-home/);
  const secret = 'secrets: [{ label: mine, scope: host, format: hex, summary: mine }]\n';
  const open = await refused(small(withMine, siteWith("<%= secret('mine') %>", secret)));
  assert.match(open.message, /holds a secret, but its mode 0644 lets others read it/);
});

test('a host that the inventory lacks is refused, with the nearest name', async () => {
  const finding = await refused(small((text) => text, {}, { hosts: ['cm2'] }));
  assert.is(finding.code, 'unknown-host');
  assert.match(finding.hint ?? '', /cm1/);
});

test.run();
