import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode } from '../components/pretend-node.ts';

const cib = (
  states: string,
  quorum = 1,
) => `<cib admin_epoch="4" epoch="1" num_updates="0" have-quorum="${quorum}" dc-uuid="308">
<configuration><crm_config/><nodes><node id="307" uname="cnt1"/><node id="308" uname="cnt2"/></nodes></configuration>
<status>${states}</status></cib>`;
const state = (id: number, name: string, crmd: string) =>
  `<node_state id="${id}" uname="${name}" crmd="${crmd}"/>`;

function onController(use: (node: PretendNode, told: () => Record<string, unknown>) => void): void {
  onNode('pacemaker', {}, (node) => {
    layPrograms(node, 'pacemaker', 'py/cib.py', 'py/report_pacemaker.py');
    node.write('/etc/stackseed/virtual-addresses', '192.168.0.50\n192.168.1.50\n');
    node.stub(
      'ip',
      'echo "2: manage    inet 192.168.1.51/24 scope global manage"; echo "2: manage    inet 192.168.1.50/24 scope global secondary manage"',
    );
    node.stub('cibadmin', 'cat "$STATE/cib"');
    node.write('../state/cib', cib(state(307, 'cnt1', 'online') + state(308, 'cnt2', 'online')));
    node.write('../state/active-haproxy.service', '');
    use(node, () => {
      const ask =
        'import json, os, sys; sys.path.insert(0, os.environ["ROOT"] + "/usr/local/lib/stackseed/py"); import report_pacemaker; print(json.dumps(report_pacemaker.report(os.environ["ROOT"])))';
      return JSON.parse(node.inNetwork(`python3 -I -c '${ask}'`).stdout);
    });
  });
}

test('the report says who is DC and which addresses are here', () => {
  onController((_node, told) => {
    assert.equal(told(), {
      quorate: true,
      dc: 'cnt2',
      generation: 4,
      online: ['cnt1', 'cnt2'],
      vips: { '192.168.0.50': false, '192.168.1.50': true },
      haproxy: true,
    });
  });
});

test('a DC that is gone is none, also where the state is a time (Pacemaker 3)', () => {
  onController((node, told) => {
    node.write('../state/cib', cib(state(307, 'cnt1', 'online') + state(308, 'cnt2', 'offline')));
    assert.is(told()['dc'], null);
    node.write('../state/cib', cib(state(307, 'cnt1', '1795533317') + state(308, 'cnt2', '0')));
    assert.equal([told()['dc'], told()['online']], [null, ['cnt1']]);
  });
});

test('without Pacemaker the report still says where the addresses are', () => {
  onController((node, told) => {
    node.stub('cibadmin', 'exit 102');
    node.remove('../state/active-haproxy.service');
    assert.equal(told(), {
      quorate: false,
      dc: null,
      generation: null,
      online: [],
      vips: { '192.168.0.50': false, '192.168.1.50': true },
      haproxy: false,
    });
  });
});

test('health says what is missing', () => {
  onController((node) => {
    const health = () => {
      const { stdout, status } = node.run('health');
      return [stdout.trim(), status];
    };
    assert.equal(health(), ['generation 4, DC cnt2, holds 192.168.1.50', 0]);
    node.remove('../state/active-haproxy.service');
    assert.equal(health(), ['haproxy does not run here', 1]);
    node.write('../state/cib', cib(state(308, 'cnt2', 'online')));
    assert.equal(health(), ['not yet taken in by the DC cnt2', 1]);
    node.write('../state/cib', cib('', 0));
    assert.equal(health(), ['no majority of the controllers', 1]);
    node.write('../state/cib', cib(''));
    assert.equal(health(), ['no DC yet', 1]);
  });
});

test.run();
