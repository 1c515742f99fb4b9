import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeRoot } from '../images/chroot.ts';
import type { Suite } from '../images/debian.ts';
import type { Ran } from '../images/run.ts';
import { needs } from '../needs.ts';
import { judgeTexts, objections } from './judge.ts';
import { allSeeds } from './seeds.ts';

const onRoot = needs(test, 'root', 'mmdebstrap');

const userData = 'cloud-init schema --config-file "$1"';
const networkConfig = 'cloud-init schema --schema-type network-config --config-file "$1"';

// netplan's, of the only spelling of a default route that cloud-init's renderer for ifupdown takes.
const gatewayFour =
  /\n?\*\* .*`gateway4` has been deprecated, use default routes instead.\nSee the 'Default routes' section .*\n/g;

/** "Valid" alone is not enough: a part that is deprecated, skipped or unknown is told beside it. */
function valid(ran: Ran): boolean {
  const said = `${ran.stdout}${ran.stderr.replace(gatewayFour, '')}`.trim();
  return ran.code === 0 && /^Valid (schema|cloud-config:) \S+$/.test(said);
}

async function objectionsTo(suite: Suite, command: string, texts: Map<string, string>): Promise<string> {
  return objections(await judgeTexts(await judgeRoot(suite), texts, command), valid);
}

const releases: { suite: Suite; version: string }[] = [
  { suite: 'bookworm', version: '22.4' },
  { suite: 'trixie', version: '25.1' },
];

for (const { suite, version } of releases) {
  onRoot(`cloud-init ${version} takes every user-data`, async () => {
    const texts = new Map((await allSeeds()).map((seed) => [seed.name, seed.userData]));
    assert.is(await objectionsTo(suite, userData, texts), '');
  });

  onRoot(`cloud-init ${version} refuses a user-data with a wrong type`, async () => {
    const broken = new Map([['broken', '#cloud-config\nwrite_files:\n  - path: [/etc/x]\n']]);
    assert.match(await objectionsTo(suite, userData, broken), /write_files\.0\.path/);
  });
}

onRoot('cloud-init 25.1 refuses a user-data with an unknown key', async () => {
  const broken = new Map([['broken', '#cloud-config\nhostnam: cnt1\n']]);
  assert.match(await objectionsTo('trixie', userData, broken), /hostnam/);
});

onRoot('cloud-init 25.1 takes every network-config', async () => {
  const texts = new Map((await allSeeds()).map((seed) => [seed.name, seed.networkConfig]));
  assert.is(await objectionsTo('trixie', networkConfig, texts), '');
});

onRoot('cloud-init 25.1 refuses broken network-configs', async () => {
  const broken = new Map([
    ['two', 'version: 2\nethernets:\n  eth0:\n    addresses: [192.168.0.300/24]\n'],
    ['one', 'version: 1\nconfig:\n  - type: physical\n    subnets: []\n'],
  ]);
  const said = await objectionsTo('trixie', networkConfig, broken);
  assert.match(said, /^two: exit code 1/m);
  assert.match(said, /^one: exit code 1/m);
});

test.run();
