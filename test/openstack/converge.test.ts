import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onNode, type PretendNode, type Ran } from '../components/pretend-node.ts';
import { root } from '../fixtures.ts';

const lib = 'usr/local/lib/stackseed';
const images = '/var/lib/glance/images';

type Script = (script: 'converge' | 'health') => Ran;

/** A node on which everything that happens in the cluster has happened; $STATE/code is what URLs answer. */
function onController(
  component: string,
  values: Record<string, string>,
  use: (node: PretendNode, run: Script) => void,
): void {
  onNode(
    component,
    { STACKSEED_MANAGE_ADDRESS: '192.168.1.51', OPENSTACK_GENERATION: '26', ...values },
    (node) => {
      for (const from of ['node', 'openstack'])
        cpSync(join(root, 'cloud-config/components', from, 'files', lib), join(node.root, lib), {
          recursive: true,
        });
      node.write('/etc/stackseed/openstack/internal', 'http://127.0.0.1\n');
      node.write('/etc/stackseed/openstack/public', 'https://cnt.example.net\n');
      node.write('/etc/stackseed/cluster.json', '{\n  "generation": 7\n}\n');
      node.write(`/${lib}/haproxy-config`, 'echo haproxy-config >>"$CALLS"\n');
      node.write('../state/code', '200');
      node.stub('python3', 'exit "$(cat "$STATE/python" 2>/dev/null || echo 0)"');
      node.stub('curl', 'cat "$STATE/code"');
      node.stub('timeout', 'while [[ $1 == -* || $1 =~ ^[0-9]+$ ]]; do shift; done; exec "$@"');
      node.stub('bash', 'exec /bin/bash "$@"');
      node.stub(
        'install',
        '[ "$1" = -d ] || exec /usr/bin/install "$@"; for folder; do :; done; mkdir -p "$folder"',
      );
      use(node, (script) =>
        node.run(script, { STACKSEED_LIB: join(node.root, lib), STACKSEED_PATIENCE: '0' }),
      );
    },
  );
}

const glance = (use: (node: PretendNode, run: Script) => void) =>
  onController('glance', { GLANCE_SHARED: 'true' }, (node, run) => {
    node.write('/usr/bin/glance-manage', '', 0o755);
    node.write('/etc/stackseed/nfs-mounts', `${images} 192.168.1.1:/srv/nfs/glance nfsvers=4\n`);
    node.stub('mountpoint', '[ -e "$STATE/mounted" ]');
    // Reaching the database is bash's own doing.
    node.stub('reach');
    use(node, run);
  });

const started = ({ calls }: Ran) => calls.some((call) => call.startsWith('systemctl restart glance-api'));

test('Glance waits for its share, and starts when that is there', () => {
  glance((node, run) => {
    node.stub(
      'timeout',
      'while [[ $1 == -* || $1 =~ ^[0-9]+$ ]]; do shift; done; [ "$1" = bash ] || exec "$@"',
    );
    let ran = run('converge');
    assert.is(ran.status, 75);
    assert.is(ran.why, `for a share to be mounted at ${images}`);
    assert.not(started(ran));
    node.write('../state/mounted', '');
    ran = run('converge');
    assert.is(ran.status, 75);
    assert.match(ran.why, `for the NFS server of ${images}`);
    assert.not(started(ran));
    node.write(`${images}/.stackseed-share`, 'nfs\n');
    ran = run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(started(ran));
    assert.ok(node.exists('/run/stackseed/allow/glance'));
    assert.ok(ran.calls.includes('haproxy-config'));
    ran = run('converge');
    assert.not(started(ran), 'a second run restarts nothing');
  });
});

test('without a mount in the inventory Glance is for the operator to set up', () => {
  glance((node, run) => {
    node.stub(
      'timeout',
      'while [[ $1 == -* || $1 =~ ^[0-9]+$ ]]; do shift; done; [ "$1" = bash ] || exec "$@"',
    );
    node.write('/etc/stackseed/nfs-mounts', '');
    const ran = run('converge');
    assert.is(ran.status, 78);
    assert.match(ran.why, `nothing is to be mounted at ${images}`);
  });
});

test('"not yet" of what happens once is a wait, and its last word the reason', () => {
  glance((node, run) => {
    node.stub('python3', 'echo "for the database: cnt2 is at step schema-glance-glance" >&2; exit 75');
    const ran = run('converge');
    assert.is(ran.status, 75);
    assert.is(ran.why, 'for the database: cnt2 is at step schema-glance-glance');
  });
});

test('what an operator must see is a halt', () => {
  glance((node, run) => {
    node.stub('python3', 'echo "the database glance has 3 tables" >&2; exit 78');
    assert.is(run('converge').status, 78);
  });
});

test('the health of a service is what it answers', () => {
  glance((node, run) => {
    node.write(`${images}/.stackseed-share`, 'nfs\n');
    assert.is(run('health').status, 0);
    node.write('../state/code', '503');
    const ran = run('health');
    assert.is(ran.status, 1);
    assert.match(ran.stdout, 'no good answer at http://192.168.1.51:9292/healthcheck, which answers 503');
  });
});

/** A key, and a certificate for it by itself. */
function pair(): { key: string; certificate: string } {
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    '-',
  ];
  const { stdout } = spawnSync('openssl', [...words, '-subj', '/CN=x', '-days', '3650'], {
    encoding: 'utf8',
  });
  const of = (kind: string) => stdout.match(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----\n`)?.[0] ?? '';
  return { key: of('PRIVATE KEY'), certificate: of('CERTIFICATE') };
}

test('HAProxy gets a certificate that fits its key, and reads it once', () => {
  onController('public-tls', { HAPROXY_UNIT: 'haproxy.service', PUBLIC_TLS_PEM: '' }, (node, run) => {
    const [own, other] = [pair(), pair()];
    node.write('/etc/haproxy/haproxy.cfg', '');
    node.write('../state/active-haproxy.service', '');
    node.write('/etc/stackseed/public.pem', own.certificate + other.key);
    let ran = run('converge');
    assert.is(ran.status, 78);
    assert.match(ran.why, 'do not belong together');
    node.write('/etc/stackseed/public.pem', own.certificate + own.key);
    ran = run('converge');
    assert.is(ran.status, 0, ran.stderr);
    assert.ok(ran.calls.includes('systemctl reload haproxy.service'));
    assert.not(run('converge').calls.includes('systemctl reload haproxy.service'));
    assert.is(run('health').status, 0);
    node.write('/etc/stackseed/public.pem', other.certificate + other.key);
    assert.is(run('health').status, 1);
  });
});

test('an own certificate that is not there is waited for', () => {
  onController(
    'public-tls',
    { HAPROXY_UNIT: 'haproxy.service', PUBLIC_TLS_PEM: '/root/own.pem' },
    (_, run) => {
      const ran = run('converge');
      assert.is(ran.status, 75);
      assert.match(ran.why, 'for /root/own.pem');
    },
  );
});

const metering = (use: (node: PretendNode, run: Script) => void) =>
  onController('ceilometer', { CEILOMETER_UPGRADE: '' }, (node, run) => {
    const module = 'ceilometer.sh';
    cpSync(join(root, 'cloud-config/components/ceilometer/files', lib, module), join(node.root, lib, module));
    node.write('/usr/bin/ceilometer-polling', '', 0o755);
    node.stub('journalctl', 'cat "$STATE/journal" 2>/dev/null || true');
    use(node, run);
  });

const restarts = ({ calls }: Ran) =>
  calls.filter((call) => call === 'systemctl restart ceilometer-agent-notification.service').length;

test('a notification agent that lost Gnocchi at its start is no health, and is started anew', () => {
  metering((node, run) => {
    assert.is(restarts(run('converge')), 1);
    assert.is(restarts(run('converge')), 0);
    node.write(
      '../state/journal',
      'ERROR ceilometer.pipeline.base [-] Unable to load publisher gnocchi://\n',
    );
    const ran = run('health');
    assert.is(ran.status, 1);
    assert.match(ran.stdout, 'could not reach Gnocchi when it started, and drops all samples');
    assert.is(restarts(run('converge')), 1);
    node.write('../state/journal', '');
    assert.is(restarts(run('converge')), 0);
  });
});

test.run();
