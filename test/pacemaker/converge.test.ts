import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode } from '../components/pretend-node.ts';
import { memo, rendered } from '../components/rendered.ts';

const values = {
  PACEMAKER_UNIT: 'pacemaker.service',
  PACEMAKER_SCHEMA: 'pacemaker-3.0',
  COROSYNC_UNIT: 'corosync.service',
};
const xml = '/etc/stackseed/pacemaker.xml';
const impatient = { STACKSEED_PATIENCE: '0' };

const running = (generation: number, majority = 1) =>
  `<cib admin_epoch="${generation}" epoch="1" num_updates="0" have-quorum="${majority}" dc-uuid="308">
<configuration><crm_config/><nodes><node id="308" uname="cnt2"/></nodes><resources/><constraints/></configuration><status/></cib>`;

/** A controller of the cluster's second generation, where Corosync runs. */
function onController(use: (node: PretendNode) => void, host = 'cnt2'): void {
  onNode('pacemaker', { ...values, STACKSEED_HOST: host }, (node) => {
    layPrograms(node, 'pacemaker', 'py/cib.py');
    layPrograms(node, 'peers', 'py/durable.py');
    layPrograms(node, 'corosync', 'py/corosync_key.py', 'py/report_corosync.py');
    node.write(xml, rendered(memo, 'cnt1', xml).replace('admin_epoch="1"', 'admin_epoch="2"'));
    node.write('/etc/corosync/corosync.conf', rendered(memo, 'cnt1', '/etc/corosync/corosync.conf'));
    node.write('../state/active-corosync.service', '');
    node.write('../state/running', running(1));
    node.write('/usr/local/lib/stackseed/py/step.py', step('print("token7")'));
    // The owner of the first configuration is a user that only the package makes.
    node.stub('install', `cp "\${@: -2:1}" "\${@: -1}"`);
    node.stub('crm_verify');
    node.stub('crm_diff', 'echo "<diff/>"; exit 1');
    node.stub('crm_node');
    node.stub('crmadmin', 'echo "Designated Controller is: cnt2"');
    node.stub(
      'cibadmin',
      'case $1 in --query) cat "$STATE/running" ;; --patch) [ ! -e "$STATE/refused" ] || { echo refused; exit 1; } ;; esac',
    );
    use(node);
  });
}

/** A stand-in for the step table: logs how it was called, then does `claim` for that verb. */
function step(claim: string): string {
  return `import os, sys\nopen(os.environ["CALLS"], "a").write("step " + " ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "claim":\n    ${claim}\n`;
}

/** The step is claimed, the configuration is loaded in one transaction, and the step is done. */
const LOADED = ['step claim cib 2', 'cibadmin --patch --sync-call', 'step done cib 2 token7'];

const loads = (calls: string[]) =>
  calls.filter((call) => /^(cibadmin --patch|step )/.test(call)).map((call) => call.split(' --xml-file')[0]);

test('the DC claims the step, loads in one transaction, and says that it is done', () => {
  onController((node) => {
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(loads(ran.calls), LOADED);
    assert.ok(ran.calls.includes('systemctl start --job-mode=ignore-dependencies pacemaker.service'));
    assert.ok(node.exists('/run/stackseed/allow/pacemaker'));
  });
});

test('where the generation runs already, nothing is asked of the database', () => {
  onController((node) => {
    node.write('../state/running', running(2));
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(loads(ran.calls), []);
  });
});

test('a host with an old seed never loads, and says so', () => {
  onController((node) => {
    node.write('../state/running', running(3));
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 78);
    assert.match(ran.why, /runs with generation 3, and this host's seed is of generation 2/);
    assert.equal(loads(ran.calls), []);
  });
});

test('who is not the DC waits for it by name', () => {
  onController((node) => {
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 75);
    assert.is(ran.why, 'for cnt2 to load generation 2');
    assert.equal(loads(ran.calls), []);
  }, 'cnt1');
});

test('who is not the DC loads where the DC does not, but not without any', () => {
  const late = { ...impatient, STACKSEED_LEAVE_TO_DC: '0' };
  onController((node) => {
    const ran = node.run('converge', late);
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(loads(ran.calls), LOADED);
  }, 'cnt1');
  onController((node) => {
    node.write('../state/running', running(1).replace('dc-uuid="', 'was-uuid="'));
    const ran = node.run('converge', late);
    assert.is(ran.why, 'for the DC, who is not elected yet, to load generation 2');
    assert.equal(loads(ran.calls), []);
  }, 'cnt1');
});

test('who claimed the step and is the DC no more finishes it', () => {
  onController((node) => {
    node.write('../state/refused', '');
    assert.is(node.run('converge', impatient).status, 75);
    node.remove('../state/refused');
    node.stub('crmadmin', 'echo "Designated Controller is: cnt3"');
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(ran.calls.includes('step done cib 2 token7'));
    assert.is(node.run('converge', impatient).why, 'for cnt2 to load generation 2');
  });
});

test('without a majority nobody loads', () => {
  onController((node) => {
    node.write('../state/running', running(1, 0));
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 75);
    assert.is(ran.why, 'for a majority of the controllers');
    assert.equal(loads(ran.calls), []);
  });
});

test('what the database answers decides', () => {
  onController((node) => {
    node.write('/usr/local/lib/stackseed/py/step.py', step('sys.exit("cnt1 is at it")'));
    const waits = node.run('converge', impatient);
    assert.is(waits.status, 75);
    assert.is(waits.why, 'for the database, which says who may load generation 2: cnt1 is at it');
    assert.equal(loads(waits.calls), ['step claim cib 2']);
    // Done once, and lost since.
    node.write('/usr/local/lib/stackseed/py/step.py', step('sys.exit(3)'));
    assert.equal(loads(node.run('converge', impatient).calls), [
      'step claim cib 2',
      'cibadmin --patch --sync-call',
    ]);
  });
});

test('a load that meets a change is not forced, and the step stays open', () => {
  onController((node) => {
    node.write('../state/refused', '');
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 75);
    assert.is(ran.why, 'to load generation 2: refused');
    assert.not.ok(ran.calls.some((call) => call.startsWith('step done')));
    node.remove('../state/refused');
    assert.is(node.run('converge', impatient).status, 0);
  });
});

test('nodes that are gone are taken out of the cluster', () => {
  onController((node) => {
    node.write('../state/running', running(1).replace('</nodes>', '<node id="399" uname="cnt9"/></nodes>'));
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(ran.calls.includes('crm_node --force --remove cnt9'));
  });
});

test('a configuration that crm_verify refuses is not loaded, and Pacemaker is not started with it', () => {
  onController((node) => {
    node.stub('crm_verify', 'echo "error: Unable to find something"; exit 78');
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 78);
    assert.match(ran.why, /crm_verify refuses the configuration: error: Unable to find/);
    assert.not.ok(ran.calls.some((call) => call.startsWith('systemctl start')));
  });
});

test('the first configuration is written only where Pacemaker never ran', () => {
  onController((node) => {
    node.write('/var/lib/pacemaker/cib/cib.xml', 'of this host');
    node.run('converge', impatient);
    assert.is(node.read('/var/lib/pacemaker/cib/cib.xml'), 'of this host');
    node.remove('/var/lib/pacemaker/cib/cib.xml');
    node.write('/var/lib/pacemaker/cib/cib-1.raw', 'what is left after a lost file');
    node.run('converge', impatient);
    assert.not.ok(node.exists('/var/lib/pacemaker/cib/cib.xml'));
    node.remove('/var/lib/pacemaker/cib/cib-1.raw');
    node.run('converge', impatient);
    assert.match(node.read('/var/lib/pacemaker/cib/cib.xml'), /admin_epoch="0" epoch="0"[\s\S]*dc-deadtime/);
  });
});

test('Pacemaker waits for Corosync', () => {
  onController((node) => {
    node.remove('../state/active-corosync.service');
    const ran = node.run('converge', impatient);
    assert.is(ran.status, 75);
    assert.not.ok(ran.calls.some((call) => call.startsWith('systemctl start')));
  });
});

test.run();
