import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';

const script = join(root, 'cloud-config/components/rabbitmq/files/usr/local/lib/stackseed/rabbitmq-room.sh');

/** Runs the script again and again on one node: gives what systemctl was told to restart. */
function onNode(use: (look: (megabytes: number, loop?: string) => string, mark: string) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-room-'));
  const put = (path: string, text: string, mode = 0o644) => {
    writeFileSync(join(base, path), text);
    chmodSync(join(base, path), mode);
  };
  try {
    for (const folder of ['root/var/lib/rabbitmq', 'root/etc/stackseed', 'stubs'])
      mkdirSync(join(base, folder), { recursive: true });
    put('root/etc/stackseed/node.env', 'RABBITMQ_DISK_FREE=500\n');
    put('stubs/stat', '#!/bin/bash\necho "$((FREE * 1000)) 1000"\n', 0o755);
    put(
      'stubs/systemctl',
      '#!/bin/bash\nif [ "$1" = show ]; then echo "ActiveState=$LOOP"; else echo "$*" >>"$CALLS"; fi\n',
      0o755,
    );
    const look = (megabytes: number, loop = 'active'): string => {
      put('calls', '');
      const ran = spawnSync('bash', [script], {
        encoding: 'utf8',
        env: {
          PATH: `${join(base, 'stubs')}:${process.env['PATH']}`,
          ROOT: join(base, 'root'),
          STACKSEED_LIB: join(root, 'cloud-config/components/node/files/usr/local/lib/stackseed'),
          STACKSEED_COMPONENT: 'rabbitmq',
          CALLS: join(base, 'calls'),
          FREE: String(megabytes),
          LOOP: loop,
        },
      });
      assert.is(ran.status, 0, ran.stderr);
      return readFileSync(join(base, 'calls'), 'utf8').trim();
    };
    use(look, join(base, 'root/run/stackseed/rabbitmq/no-room'));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const restarted = 'restart --no-block stackseed@rabbitmq.service';

test('the join loop is started when there is no room any more, and once a minute while it is so', () => {
  onNode((look, mark) => {
    assert.is(look(500), '');
    assert.is(look(499), restarted);
    assert.is(look(10), '');
    const ago = Date.now() / 1000 - 130;
    utimesSync(mark, ago, ago);
    assert.is(look(10), restarted);
    assert.is(look(600), '');
    assert.not.ok(existsSync(mark));
    assert.is(look(0), restarted);
  });
});

test('one that is at work is left alone', () => {
  onNode((look) => {
    assert.is(look(0, 'activating'), '');
    assert.is(look(0, 'failed'), '');
    assert.is(look(0), restarted);
  });
});

test.run();
