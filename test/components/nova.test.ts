import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { example, root } from '../fixtures.ts';
import { answers, onCloudNode, started } from './cloud-node.ts';
import { layPrograms, onNode } from './pretend-node.ts';
import { rendered } from './rendered.ts';

const compute = {
  LIBVIRT_LISTEN: 'socket',
  LIBVIRT_UNIT: 'libvirtd.service',
  NOVA_COMPUTE_CPU_MODE: 'auto',
  NOVA_COMPUTE_CPU_MODELS: '',
  NOVA_COMPUTE_VIRT_TYPE: 'auto',
  NOVA_RELEASE: 'current',
};
const config = '/etc/nova/nova-compute.conf';

test('nova-compute waits for the controllers, with libvirt ready, for as long as it takes', () => {
  onCloudNode('nova-compute', compute, (node, converge) => {
    answers(node, false);
    const ran = converge();
    assert.is(ran.status, 75);
    assert.match(ran.why, /for Nova at http:\/\/192\.168\.1\.50:8774\//);
    assert.equal(started(ran), ['libvirtd-tls.socket', 'libvirtd.service']);
    assert.is(node.exists('/run/stackseed/allow/nova-compute'), false);
    answers(node, true);
    assert.equal(started(converge()), ['nova-compute.service']);
    assert.ok(node.exists('/run/stackseed/allow/nova-compute'));
    assert.equal(started(converge()), []);
  });
});

test('a machine without KVM runs servers by QEMU alone, unless KVM is demanded', () => {
  onCloudNode('nova-compute', compute, (node, converge) => {
    assert.is(converge().status, 0);
    assert.match(node.read(config), /^virt_type = qemu$/m);
    assert.not.match(node.read(config), /cpu_m/);
    // There, but no KVM: a file takes no ioctl.
    node.write('/dev/kvm', '');
    assert.is(converge().status, 0);
    assert.match(node.read(config), /^virt_type = qemu$/m);
  });
  onCloudNode('nova-compute', { ...compute, NOVA_COMPUTE_VIRT_TYPE: 'kvm' }, (_, converge) => {
    const ran = converge();
    assert.is(ran.status, 78);
    assert.match(ran.why, /this machine has no KVM/);
    assert.equal(started(ran), []);
  });
});

test('the models of processors have the word of the release', () => {
  const models = { NOVA_COMPUTE_CPU_MODE: 'custom', NOVA_COMPUTE_CPU_MODELS: 'Nehalem IvyBridge' };
  onCloudNode('nova-compute', { ...compute, ...models }, (node, converge) => {
    converge();
    assert.match(node.read(config), /^cpu_mode = custom\ncpu_models = Nehalem,IvyBridge$/m);
  });
  onCloudNode('nova-compute', { ...compute, ...models, NOVA_RELEASE: 'pike' }, (node, converge) => {
    converge();
    assert.match(node.read(config), /^cpu_model = Nehalem/m);
  });
});

/** A nova-manage that keeps its cells in $STATE/cells; runuser only runs what it is given. */
const RUNUSER = `
shift 3
"$@"`;
const MANAGE = `
case "$*" in
  *list_cells) cat "$STATE/cells" 2>/dev/null || true ;;
  *map_cell0) echo '| cell0 | 00000000-0000-0000-0000-000000000000 | none:/ | mysql | False |' >"$STATE/cells" ;;
  *create_cell*) echo '| cell1 | 5b9aeb55-3a09-4f4c-8c6c-2ed5e3b4a9f0 | rabbit: | mysql | False |' >>"$STATE/cells" ;;
esac`;

test('the cells are made once, and brought up to date from then on', () => {
  onNode('nova', {}, (node) => {
    node.stub('runuser', RUNUSER);
    node.stub('nova-manage', MANAGE);
    layPrograms(node, 'nova', 'nova-cells');
    const map = () =>
      node
        .inNetwork(`bash "$ROOT/usr/local/lib/stackseed/nova-cells" map`)
        .calls.filter((call) => call.startsWith('nova-manage'))
        .map((call) => call.replace(/.*cell_v2 /, ''));
    const cell0 = 'update_cell --cell_uuid 00000000-0000-0000-0000-000000000000 --transport-url none:///';
    assert.equal(map(), ['map_cell0', 'create_cell --name cell1']);
    const again = MANAGE.replace(/(\*map_cell0\)).*\n/, "$1 echo 'Cell0 is already setup' ;;\n");
    node.stub('nova-manage', again);
    const cell1 = 'update_cell --cell_uuid 5b9aeb55-3a09-4f4c-8c6c-2ed5e3b4a9f0';
    assert.equal(map(), ['map_cell0', cell0, 'list_cells', cell1]);
    // A power cut may have come in between.
    node.remove('../state/cells');
    assert.equal(map(), ['map_cell0', cell0, 'list_cells', 'create_cell --name cell1']);
  });
});

test('new hosts are looked for by the controller with the virtual address alone, and mapped only where there are some', () => {
  const turn = (holds: boolean, count: number, status: number) => {
    const program = `
import subprocess, sys
sys.path[:0] = sys.argv[1:]
import nova_discover as one
one.is_mine = lambda address: ${holds ? 'True' : 'False'}
one.waiting = lambda root: ${count}
one.COMMAND = ['sh', '-c', 'echo ran >&2; echo HostMappingExists; exit ${status}']
print(one.turn('', {'address': '192.168.1.50', 'every': 5}))`;
    const modules = ['nova', 'galera'].map((name) =>
      join(root, 'cloud-config/components', name, 'files/usr/local/lib/stackseed/py'),
    );
    return spawnSync('python3', ['-I', '-B', '-c', program, ...modules], { encoding: 'utf8' }).stdout.trim();
  };
  assert.is(turn(false, 2, 0), 'None');
  assert.is(turn(true, 0, 0), 'None');
  assert.is(turn(true, 2, 0), '2 new hosts: mapped');
  assert.is(turn(true, 2, 1), '2 new hosts: to be tried again: HostMappingExists');
});

const cloud = readFileSync(example('cloud'), 'utf8');

test('a compute node knows nothing of the database, and its servers are reached from the controllers alone', () => {
  const text = rendered(cloud, 'cm1', '/etc/nova/nova.conf');
  assert.not.match(text, /mysql|\[database\]|\[api_database\]/);
  assert.match(
    text,
    /^transport_url = rabbit:\/\/nova:.*@192\.168\.1\.51:5671,.*@192\.168\.1\.53:5671\/\/$/m,
  );
  assert.match(text, /^live_migration_scheme = tls$/m);
});

test('Pike has the words of Pike', () => {
  const old = cloud.replace('platform: debian-12', 'platform: ubuntu-16.04');
  const text = rendered(old, 'cnt1', '/etc/nova/nova.conf');
  assert.match(text, /^os_region_name = RegionOne$/m);
  assert.not.match(text, /valid_interfaces/);
  assert.match(text, /^osapi_compute_listen = 192\.168\.1\.51$/m);
  assert.match(rendered(old, 'cm1', '/etc/nova/nova.conf'), /^live_migration_uri = qemu\+tls:/m);
});

test.run();
