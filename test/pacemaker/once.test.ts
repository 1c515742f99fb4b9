import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onNode, type PretendNode, type Ran } from '../components/pretend-node.ts';
import { root } from '../fixtures.ts';

const agent = '/usr/lib/ocf/resource.d/stackseed/once';
const unit = 'cinder-volume.service';
const quorate = 'Ring ID:          133.4d\nExpected votes:   3\nTotal votes:      3\nQuorate:          Yes\n';
const lost = quorate.replace('Total votes:      3', 'Total votes:      2');
const minority = quorate.replace('Total votes:      3', 'Total votes:      1').replace('Yes', 'No');

type Agent = (verb: string, interval?: number) => Ran;

/** A systemctl whose unit is what $STATE/unit says; a start changes it unless a condition does not hold. */
const systemctl = `
case "$1 $*" in
  show*) echo "ActiveState=$(cat "$STATE/unit")" ;;
  start*) [ -e "$STATE/closed" ] || echo active >"$STATE/unit" ;;
  stop*) echo inactive >"$STATE/unit" ;;
esac`;

function onHost(state: string, quorum: string, use: (node: PretendNode, run: Agent) => void): void {
  onNode('cinder-volume', {}, (node) => {
    const source = join(root, 'cloud-config/components/cinder-volume/files', agent);
    node.write(agent, readFileSync(source, 'utf8'), 0o755);
    node.stub('systemctl', systemctl);
    node.stub('corosync-quorumtool', `cat "$STATE/quorum"`);
    node.stub('sleep');
    node.write('../state/unit', state);
    node.write('../state/quorum', quorum);
    use(node, (verb, interval = 0) =>
      node.inNetwork(
        `OCF_RESKEY_unit=${unit} OCF_RESKEY_CRM_meta_interval=${interval} bash "$ROOT${agent}" ${verb}`,
      ),
    );
  });
}

const changes = (ran: Ran) => ran.calls.filter((call) => /^(systemctl (start|stop|kill)|sleep)/.test(call));

test('it starts the unit at once where every host is there', () => {
  onHost('inactive', quorate, (_, run) => {
    const ran = run('start');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(changes(ran), [`systemctl start ${unit}`]);
  });
});

test('it gives a host that is missing the time to stop before it starts the unit', () => {
  onHost('inactive', lost, (_, run) => {
    const ran = run('start');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(changes(ran), ['sleep 10', `systemctl start ${unit}`]);
  });
});

test('a unit that runs is not started again', () => {
  onHost('active', lost, (_, run) => {
    const ran = run('start');
    assert.is(ran.status, 0);
    assert.equal(changes(ran), []);
  });
});

test('a unit whose condition does not hold is a failure to start', () => {
  onHost('inactive', quorate, (node, run) => {
    node.write('../state/closed', '');
    assert.is(run('start').status, 1);
  });
});

test('it stops in good order with a majority, and at once without one', () => {
  onHost('active', lost, (_, run) => {
    const ran = run('stop');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(changes(ran), [`systemctl stop ${unit}`]);
  });
  onHost('active', minority, (_, run) => {
    const ran = run('stop');
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(changes(ran), [`systemctl kill --signal=KILL ${unit}`, `systemctl stop ${unit}`]);
  });
});

test('stopping what does not run is no failure', () => {
  onHost('failed', quorate, (_, run) => {
    const ran = run('stop');
    assert.is(ran.status, 0);
    assert.equal(changes(ran), []);
  });
});

test('the recurring look ends the unit where there is no majority, and the first look does not', () => {
  for (const quorum of [minority, '']) {
    onHost('active', quorum, (_, run) => {
      assert.is(run('monitor').status, 0);
      const ran = run('monitor', 4000);
      assert.is(ran.status, 7);
      assert.equal(changes(ran), [`systemctl kill --signal=KILL ${unit}`, `systemctl stop ${unit}`]);
      assert.is(run('monitor', 4000).status, 7);
    });
  }
});

test('the recurring look leaves a unit alone that runs with a majority', () => {
  onHost('active', lost, (_, run) => {
    const ran = run('monitor', 4000);
    assert.is(ran.status, 0);
    assert.equal(changes(ran), []);
  });
});

test('it describes itself, and wants a unit', () => {
  onHost('inactive', quorate, (node, run) => {
    assert.match(run('meta-data').stdout, /<resource-agent name="once"/);
    assert.is(node.inNetwork(`bash "$ROOT${agent}" start`).status, 6);
    assert.is(run('promote').status, 3);
  });
});

test.run();
