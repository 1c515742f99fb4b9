import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode, type Ran } from '../components/pretend-node.ts';
import { root } from '../fixtures.ts';

const agent = '/usr/lib/ocf/resource.d/stackseed/address';
const quorate = 'Ring ID:          133.4d\nExpected votes:   3\nTotal votes:      3\nQuorate:          Yes';

type Agent = (verb: string, interval?: number) => Ran;

/** A host that holds 192.168.1.50, with an IPaddr2 that says how it was called. */
function onHolder(use: (node: PretendNode, run: Agent) => void): void {
  onNode('pacemaker', {}, (node) => {
    node.write(
      agent,
      readFileSync(join(root, 'cloud-config/components/pacemaker/files', agent), 'utf8'),
      0o755,
    );
    layPrograms(node, 'pacemaker', 'py/arp_probe.py');
    node.write(
      '/usr/lib/ocf/resource.d/heartbeat/IPaddr2',
      '#!/bin/bash\necho "IPaddr2 $*" >>"$CALLS"\nexit 7\n',
      0o755,
    );
    node.write('../state/held', '');
    node.stub(
      'ip',
      'case "$*" in *" show to "*) [ ! -e "$STATE/held" ] || echo "4: manage    inet 192.168.1.50/24 scope global" ;; *" del "*) rm "$STATE/held" ;; esac',
    );
    node.stub('corosync-quorumtool', `cat "$STATE/quorum"`);
    node.write('../state/quorum', `${quorate}\n`);
    node.stub('sleep');
    node.stub('python3', 'exit 1');
    use(node, (verb, interval = 0) =>
      node.inNetwork(
        `OCF_RESKEY_ip=192.168.1.50 OCF_RESKEY_CRM_meta_interval=${interval} bash "$ROOT${agent}" ${verb}`,
      ),
    );
  });
}

const lost = quorate.replace('Total votes:      3', 'Total votes:      2');

test('it starts, stops and is looked for by IPaddr2', () => {
  onHolder((node, run) => {
    node.remove('../state/held');
    for (const verb of ['start', 'stop', 'monitor']) {
      const ran = run(verb);
      assert.is(ran.status, 7);
      assert.ok(ran.calls.includes(`IPaddr2 ${verb}`));
    }
  });
});

test('the look finds it held, and not held', () => {
  onHolder((node, run) => {
    assert.is(run('monitor', 2000).status, 0);
    node.remove('../state/held');
    assert.is(run('monitor', 2000).status, 7);
  });
});

test('without a majority the host lets go of it', () => {
  onHolder((node, run) => {
    node.write('../state/quorum', quorate.replace('Yes', 'No'));
    const ran = run('monitor', 2000);
    assert.is(ran.status, 7);
    assert.ok(ran.calls.includes('ip address del 192.168.1.50/24 dev manage'));
    assert.not.ok(ran.calls.some((call) => call.startsWith('systemctl kill')));
  });
});

test('a Corosync that hangs is ended after the address was let go of', () => {
  onHolder((node, run) => {
    node.stub('timeout', 'exit 124');
    const { calls, status } = run('monitor', 2000);
    assert.is(status, 7);
    const at = (text: string) => calls.findIndex((call) => call.startsWith(text));
    assert.ok(
      at('ip address del') >= 0 && at('systemctl kill --signal=KILL corosync.service') > at('ip address del'),
    );
  });
});

test('a HAProxy that takes connections and says nothing is a failure; one that takes none is left to others', () => {
  onHolder((node, run) => {
    node.stub(
      'timeout',
      'shift; case $* in *ask-haproxy) exit "$(cat "$STATE/haproxy")" ;; *) exec "$@" ;; esac',
    );
    node.write('../state/haproxy', '124');
    assert.is(run('monitor', 2000).status, 1);
    assert.ok(node.exists('../state/held'));
    node.write('../state/haproxy', '1');
    assert.is(run('monitor', 2000).status, 0);
  });
});

test('who takes it over from a lost host waits, once for each membership', () => {
  onHolder((node, run) => {
    node.remove('../state/held');
    const waits = (ran: Ran) => ran.calls.filter((call) => call.startsWith('sleep')).length;
    assert.is(waits(run('start')), 0, 'nobody is lost');
    node.write('../state/quorum', `${lost}\n`);
    const first = run('start');
    assert.is(waits(first), 1);
    assert.is(first.calls.at(-1), 'IPaddr2 start');
    assert.is(waits(run('start')), 0, 'the second address of the group');
    node.write('../state/quorum', `${lost.replace('133.4d', '133.51')}\n`);
    assert.is(waits(run('start')), 1, 'another membership');
  });
});

test('while somebody answers for it, it is not taken for some seconds', () => {
  onHolder((node, run) => {
    node.remove('../state/held');
    node.write('../state/quorum', `${lost}\n`);
    node.stub('python3');
    const ran = run('start');
    assert.is(ran.calls.filter((call) => call.startsWith('python3')).length, 12);
    assert.is(ran.calls.at(-1), 'IPaddr2 start');
  });
});

test.run();
