import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layPrograms, onNode, type PretendNode, type Ran } from '../components/pretend-node.ts';
import { memo, rendered } from '../components/rendered.ts';

const xml = '/etc/stackseed/pacemaker.xml';

/** A running CIB: an older generation, with what Pacemaker and an operator wrote into it. */
const running = `<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="7" num_updates="3" have-quorum="1" dc-uuid="308">
  <configuration>
    <crm_config><cluster_property_set id="cib-bootstrap-options">
      <nvpair id="o1" name="dc-version" value="2.1.5"/>
      <nvpair id="o2" name="maintenance-mode" value="true"/>
      <nvpair id="o3" name="no-quorum-policy" value="ignore"/>
    </cluster_property_set></crm_config>
    <nodes>
      <node id="307" uname="cnt1"><instance_attributes id="nodes-307"><nvpair id="s" name="standby" value="on"/></instance_attributes></node>
      <node id="308" uname="cnt2"/>
      <node id="399" uname="gone"/>
    </nodes>
    <resources>
      <group id="vips"><meta_attributes id="vips-meta"><nvpair id="m" name="is-managed" value="false"/></meta_attributes>
        <primitive id="vip-cnt-public" class="ocf" provider="heartbeat" type="IPaddr2"/></group>
      <primitive id="left-over" class="ocf" provider="heartbeat" type="Dummy"/>
    </resources>
    <constraints>
      <rsc_location id="cli-ban-vips-on-cnt3" rsc="vips" role="Started" node="cnt3" score="-INFINITY"/>
      <rsc_location id="cli-ban-left-over-on-cnt3" rsc="left-over" role="Started" node="cnt3" score="-INFINITY"/>
      <rsc_location id="own" rsc="vips" node="cnt3" score="1"/>
    </constraints>
  </configuration>
  <status><node_state id="307" uname="cnt1"/><node_state id="399" uname="gone"/></status>
</cib>`;

function onController(use: (node: PretendNode, cib: (words: string) => Ran) => void): void {
  onNode('pacemaker', {}, (node) => {
    layPrograms(node, 'pacemaker', 'py/cib.py');
    layPrograms(node, 'peers', 'py/durable.py');
    layPrograms(node, 'corosync', 'py/corosync_key.py', 'py/report_corosync.py');
    node.write(xml, rendered(memo, 'cnt1', xml));
    node.write('/etc/corosync/corosync.conf', rendered(memo, 'cnt1', '/etc/corosync/corosync.conf'));
    node.write('/running.xml', running);
    use(node, (words) =>
      node.inNetwork(
        `python3 -I "$ROOT/usr/local/lib/stackseed/py/cib.py" ${words.replaceAll('@', '"$ROOT"/running.xml')}`,
      ),
    );
  });
}

test('a load keeps the nodes, what Pacemaker wrote, and what an operator holds still', () => {
  onController((_node, cib) => {
    const { stdout, status } = cib('merge @');
    assert.is(status, 0);
    for (const kept of [
      'admin_epoch="1" epoch="0" num_updates="0"',
      'validate-with="pacemaker-3.9"',
      'name="standby" value="on"',
      'name="dc-version" value="2.1.5"',
      'name="maintenance-mode" value="true"',
      'name="no-quorum-policy" value="stop"',
      'name="is-managed" value="false"',
      'id="cli-ban-vips-on-cnt3"',
      '<node_state id="307"',
      'provider="stackseed" type="address"',
    ])
      assert.ok(stdout.includes(kept), kept);
  });
});

test('a load drops resources, constraints, options and nodes that are gone', () => {
  onController((_node, cib) => {
    const { stdout } = cib('merge @');
    for (const dropped of ['left-over', 'uname="gone"', 'value="ignore"', 'id="own"'])
      assert.not.ok(stdout.includes(dropped), dropped);
    assert.is(cib('gone @').stdout, 'gone\n');
  });
});

test('facts are the generation, the majority and the DC', () => {
  onController((_node, cib) => {
    assert.is(cib('facts < @').stdout, '0 1 cnt2\n');
    const bad = cib('facts < /dev/null');
    assert.is(bad.status, 1);
  });
});

test('fragments add resources and constraints, in the order of their names', () => {
  onController((node, cib) => {
    const fragment = (id: string) =>
      `<configuration><resources><primitive id="${id}" class="systemd" type="x"/></resources></configuration>`;
    node.write('/etc/stackseed/pacemaker.d/20-b.xml', fragment('second'));
    node.write('/etc/stackseed/pacemaker.d/10-a.xml', fragment('first'));
    const { stdout } = cib('assemble');
    assert.match(stdout, /id="vips"[\s\S]*id="first"[\s\S]*id="second"/);
  });
});

test('a fragment that is not one is refused, and its file named', () => {
  onController((node, cib) => {
    for (const [text, said] of [
      ['<resources/>', /bad\.xml: the outermost element is <resources>/],
      ['<configuration><nodes/></configuration>', /bad\.xml: .* not <nodes>/],
      ['<configuration>', /bad\.xml: no element found/],
    ] as const) {
      node.write('/etc/stackseed/pacemaker.d/bad.xml', text);
      const { status, stdout } = cib('assemble');
      assert.is(status, 1);
      assert.match(stdout, said);
    }
  });
});

test('all virtual addresses are in one group, with HAProxy', () => {
  const text = rendered(memo, 'cnt1', xml);
  assert.is(text.match(/<group /g)?.length, 1);
  assert.match(text, /<group [\s\S]*"192\.168\.0\.50"[\s\S]*"192\.168\.1\.50"[\s\S]*<\/group>/);
  assert.match(text, /<rsc_colocation [^>]*rsc="vips" with-rsc="haproxy-clone" score="INFINITY"/);
  assert.match(text, /name="stonith-enabled" value="false"/);
  assert.not.match(text, /rsc_location/);
});

test('addresses stay away from controllers that are not on all their networks', () => {
  const partly = memo.replace('      public: { mac: "52:54:00:00:00:53", address: 192.168.0.53 }\n', '');
  const text = rendered(partly, 'cnt1', xml);
  assert.match(text, /<rsc_location id="vips-not-on-cnt3" rsc="vips" node="cnt3" score="-INFINITY"\/>/);
  assert.not.match(text, /vips-not-on-cnt[12]/);
});

test('without virtual addresses there is nothing to run', () => {
  const text = rendered(memo.replace(/^vips:\n(?: {2}.*\n)+/m, ''), 'cnt1', xml);
  assert.not.match(text, /haproxy|vips/);
});

test('controllers that all have a BMC fence each other, and the passwords are in a file of their own', () => {
  const urls = ['ipmi://10.0.0.1', 'https://bmc2.example.net:8443/redfish/v1', 'http://10.0.0.3'];
  const fenced = urls.reduce(
    (text, url, index) =>
      text.replace(
        `  cnt${index + 1}:\n`,
        `  cnt${index + 1}:\n    bmc: { address: "${url}", user: admin }\n`,
      ),
    memo.replace('platform: ubuntu-16.04', 'platform: debian-12'),
  );
  const text = rendered(fenced, 'cnt1', xml);
  assert.match(text, /name="stonith-enabled" value="true"/);
  assert.match(text, /id="fence-cnt1" class="stonith" type="fence_ipmilan"/);
  assert.match(text, /id="fence-cnt2" class="stonith" type="fence_redfish"/);
  for (const [name, value] of [
    ['ip', 'bmc2.example.net'],
    ['ipport', '8443'],
    ['redfish_uri', '/redfish/v1'],
  ])
    assert.match(text, new RegExp(`id="fence-cnt2-${name}" name="${name}" value="${value}"`));
  assert.match(
    text,
    /<rsc_location id="fence-cnt2-elsewhere" rsc="fence-cnt2" node="cnt2" score="-INFINITY"/,
  );
  const keys = rendered(fenced, 'cnt1', '/etc/stackseed/fencing.keys').trim().split('\n');
  assert.equal(
    keys.map((line) => line.split(' ')[0]),
    ['cnt1', 'cnt2', 'cnt3'],
  );
  for (const line of keys)
    assert.not.ok(text.includes(line.split(' ')[1] ?? ''), 'a password in the configuration');
});

test.run();
