import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';

const script = join(root, 'cloud-config/components/neutron-agent/files/usr/local/lib/stackseed/ebtables');

/** What ebtables-nft of iptables 1.8.9 prints of a chain. */
const LISTING = `Bridge table: nat

Bridge chain: neutronMAC-tap1, entries: 3, policy: RETURN
-i tap1 --among-src fa:16:3e:00:00:01 -j RETURN
-i tap1 --among-src fa:16:3e:00:00:02 -j RETURN
-j DROP
`;

/** What the real program is called with at last. */
function called(...words: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-ebtables-'));
  try {
    const real = join(folder, 'real');
    const log = join(folder, 'log');
    writeFileSync(join(folder, 'listing'), LISTING);
    writeFileSync(
      real,
      `#!/bin/sh\ncase "$*" in *' -L '*) cat ${folder}/listing ;; *) echo "$*" >${log} ;; esac\nexit 4\n`,
      { mode: 0o755 },
    );
    const ran = spawnSync('bash', [script, ...words], {
      encoding: 'utf8',
      env: { ...process.env, EBTABLES_REAL: real },
    });
    assert.is(ran.status, 4);
    return readFileSync(log, 'utf8').trimEnd();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const DELETE = ['-t', 'nat', '--concurrent', '-D', 'neutronMAC-tap1'];

test('a rule with --among-src is deleted by its number', () => {
  const rule = '-i tap1 --among-src fa:16:3e:00:00:02 -j RETURN';
  assert.is(called(...DELETE, ...rule.split(' ')), '-t nat -D neutronMAC-tap1 2');
});

test('one that is not there, and everything else, goes to the real program as it is', () => {
  for (const rule of ['-i tap1 --among-src fa:16:3e:00:00:09 -j RETURN', '-j DROP', '-i tap 1 -j DROP'])
    assert.is(called(...DELETE, ...rule.split(' ')), [...DELETE, rule].join(' '));
  const insert = '-t nat --concurrent -I neutronMAC-tap1 -i tap1 --among-src fa:16:3e:00:00:09 -j RETURN';
  assert.is(called(...insert.split(' ')), insert);
});

test.run();
