import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';

const script = join(root, 'cloud-config/components/rabbitmq/files/usr/local/lib/stackseed/rabbitmq-watch.sh');

interface Node {
  /** What systemctl was told when the script has run. */
  look(megabytes: number, loop?: string): string;
  /** As if the script had acted two minutes ago. */
  later(): void;
  listens(yes: boolean): void;
  /** What RabbitMQ's start does. */
  started(): void;
}

const LISTENING = '   1: 3301A8C0:1627 00000000:0000 0A 00000000:00000000 00:00000000\n';

function onNode(use: (node: Node) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-watch-'));
  const put = (path: string, text: string, mode = 0o644) => {
    writeFileSync(join(base, path), text);
    chmodSync(join(base, path), mode);
  };
  const listens = (yes: boolean) => put('root/proc/net/tcp', yes ? LISTENING : '');
  const run = join(base, 'root/run/stackseed/rabbitmq');
  try {
    for (const folder of ['root/var/lib/rabbitmq', 'root/etc/stackseed', 'root/proc/net', 'stubs'])
      mkdirSync(join(base, folder), { recursive: true });
    listens(true);
    put('root/etc/stackseed/node.env', 'RABBITMQ_DISK_FREE=500\n');
    put('stubs/stat', '#!/bin/bash\necho "$((FREE * 1000)) 1000"\n', 0o755);
    put(
      'stubs/systemctl',
      '#!/bin/bash\nif [ "$1" = show ]; then echo "ActiveState=$LOOP"; else echo "$*" >>"$CALLS"; fi\n',
      0o755,
    );
    use({
      listens,
      look(megabytes, loop = 'active') {
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
      },
      later() {
        const ago = Date.now() / 1000 - 130;
        utimesSync(join(run, 'watched'), ago, ago);
      },
      started: () => rmSync(join(run, 'was-full')),
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

const restarted = 'restart --no-block stackseed@rabbitmq.service';

test('the join loop is started when there is no room any more, and once a minute while it is so', () => {
  onNode((node) => {
    assert.is(node.look(500), '');
    assert.is(node.look(499), restarted);
    assert.is(node.look(10), '');
    node.later();
    assert.is(node.look(10), restarted);
  });
});

test('when there is room again RabbitMQ has to be started anew, and the loop hears of it until it was', () => {
  onNode((node) => {
    assert.is(node.look(0), restarted);
    node.later();
    assert.is(node.look(900), restarted);
    node.later();
    node.started();
    assert.is(node.look(900), '');
  });
});

test('one that lets no clients in is looked at', () => {
  onNode((node) => {
    node.listens(false);
    assert.is(node.look(900), restarted);
    assert.is(node.look(900), '');
    node.later();
    node.listens(true);
    assert.is(node.look(900), '');
  });
});

test('a loop that is at work, or has given up, is left alone', () => {
  onNode((node) => {
    node.listens(false);
    assert.is(node.look(0, 'activating'), '');
    assert.is(node.look(0, 'failed'), '');
    assert.is(node.look(0), restarted);
  });
});

test.run();
