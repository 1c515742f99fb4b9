import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memo, rendered } from './rendered.ts';

const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** Two networks of addresses, one of DHCP; `settings` and `hosts` are YAML. */
const fleet = (settings: string, hosts: string) => `
fleet: test
domain: example.net
platform: debian-12
networks:
  public: { cidr: 10.0.0.0/24, gateway: 10.0.0.1 }
  manage: { cidr: 10.0.1.0/24 }
  store: { cidr: 10.0.2.0/24, for: [storage] }
  outside: { dhcp: true, external: true }
settings: ${settings}
hosts: ${hosts}
`;
const controllers = `
  c1: { roles: [controller], networks: { public: { interface: a, address: 10.0.0.51 }, manage: { interface: b, address: 10.0.1.51 }, store: { interface: c, address: 10.0.2.51 } } }
  c2: { roles: [controller], networks: { manage: { interface: b, address: 10.0.1.52 } } }
  s1: { roles: [storage], networks: { store: { interface: c, address: 10.0.2.1 } } }`;

test('hosts: this host by its manage address, peers by a network that it is on', () => {
  const text = lines(rendered(memo, 'cnt1', '/etc/hosts'));
  assert.ok(text.includes('192.168.1.51 cnt1.pikesaku.net cnt1'));
  // The full name of a virtual address is that of the public one, which speaks TLS.
  assert.ok(text.includes('192.168.0.50 cnt.pikesaku.net'));
  assert.ok(text.includes('192.168.1.50 cnt'));
  const router = lines(rendered(memo, 'router', '/etc/hosts'));
  assert.ok(router.includes('192.168.0.1 router.pikesaku.net router'));
  assert.ok(router.includes('192.168.0.52 cnt2.pikesaku.net cnt2'));
  assert.ok(router.includes('192.168.0.50 cnt.pikesaku.net cnt'));
});

test('hosts: nobody twice, and no compute node anywhere', () => {
  for (const host of ['router', 'cnt1', 'nw1', 'cm1', 'nfs']) {
    const names = [...rendered(memo, host, '/etc/hosts').matchAll(/\S+\.pikesaku\.net/g)].map(
      ([name]) => name,
    );
    assert.is(new Set(names).size, names.length, host);
    assert.not.ok(names.includes(host === 'cm1' ? 'cm2.pikesaku.net' : 'cm1.pikesaku.net'));
  }
});

test('hosts: 127.0.1.1 only for a host that has no address yet', () => {
  const dhcp = fleet('{}', '{ a: { roles: [], networks: { outside: { interface: x } } } }');
  assert.ok(lines(rendered(dhcp, 'a', '/etc/hosts')).includes('127.0.1.1 a.example.net a'));
  assert.not.match(rendered(memo, 'cm1', '/etc/hosts'), /^127\.0\.1\.1/m);
});

test('firewall: a host that is no router has no forward chain and no nat', () => {
  assert.not.match(rendered(memo, 'cnt1', '/etc/stackseed/firewall.nft'), /forward|masquerade/);
  const router = rendered(memo, 'nfs', '/etc/stackseed/firewall.nft');
  assert.match(router, /oifname "uplink" masquerade/);
  assert.match(router, /iifname "manage" accept/);
  assert.not.match(router, /iifname "uplink" accept/);
});

test('firewall: DHCP answers come in where there is DHCP, and nothing else is open outside', () => {
  const text = rendered(memo, 'router', '/etc/stackseed/firewall.nft');
  assert.equal(text.match(/iifname "uplink" .*/g), ['iifname "uplink" udp sport 67 udp dport 68 accept']);
});

test('dns: public addresses first, every address backwards, names by address for everybody else', () => {
  const text = lines(rendered(memo, 'router', '/etc/dnsmasq.d/stackseed.conf'));
  for (const line of [
    'host-record=cnt.pikesaku.net,192.168.0.50',
    'host-record=cnt1.pikesaku.net,192.168.0.51',
    'host-record=cnt1.manage.pikesaku.net,192.168.1.51',
    'host-record=nfs.pikesaku.net,192.168.1.1',
    'synth-domain=pikesaku.net,192.168.1.0/24,ip-',
    'interface=public',
  ])
    assert.ok(text.includes(line), line);
  assert.not.ok(text.some((line) => line.includes('cm1')));
  assert.not.ok(text.includes('interface=uplink'));
});

test('dns: the inner router answers with addresses that its own networks reach', () => {
  const text = lines(rendered(memo, 'nfs', '/etc/dnsmasq.d/stackseed.conf'));
  for (const line of [
    'host-record=cnt1.pikesaku.net,192.168.1.51',
    'host-record=cnt1.public.pikesaku.net,192.168.0.51',
    'host-record=router.pikesaku.net,192.168.0.1',
    'interface=manage',
  ])
    assert.ok(text.includes(line), line);
});

test('dns: own forwarders in place of those of DHCP', () => {
  const own = memo.replace(
    'hosts:\n  router:',
    'settings:\n  dns: { forwarders: [9.9.9.9] }\nhosts:\n  router:',
  );
  const text = lines(rendered(own, 'router', '/etc/dnsmasq.d/stackseed.conf'));
  assert.ok(text.includes('server=9.9.9.9') && text.includes('no-resolv'));
  assert.not.ok(text.some((line) => line.startsWith('resolv-file')));
});

test('nfs: the storage network, or exactly the controllers that are on it and those named', () => {
  const path = '/etc/exports.d/stackseed.exports';
  const option = 'rw,sync,no_subtree_check,root_squash,sec=sys';
  assert.equal(lines(rendered(fleet('{}', controllers), 's1', path)), [
    `/srv/nfs/cinder 10.0.2.0/24(${option},fsid=2)`,
    `/srv/nfs/glance 10.0.2.0/24(${option},fsid=1)`,
  ]);
  const exact =
    '{ nfs-server: { exact_hosts: true, clients: [10.0.2.71], root: /data, exports: { x: { uid: 5, gid: 6, fsid: 7 } } } }';
  const text = fleet(exact, controllers);
  assert.equal(lines(rendered(text, 's1', path)), [
    `/data/x 10.0.2.51(${option},fsid=7) 10.0.2.71(${option},fsid=7)`,
  ]);
  assert.equal(lines(rendered(text, 's1', '/etc/stackseed/nfs-exports')), ['5 6 /data/x']);
});

test('nfs: a mount is from the first storage host, on the storage network, or from the server named', () => {
  const path = '/etc/stackseed/nfs-mounts';
  const mounts = 'mounts: { /b: { export: /srv/nfs/x, options: ro }, /a: { export: /srv/nfs/y } }';
  assert.equal(lines(rendered(fleet(`{ nfs-client: { ${mounts} } }`, controllers), 'c1', path)), [
    '/a 10.0.2.1:/srv/nfs/y nfsvers=4,hard,noatime',
    '/b 10.0.2.1:/srv/nfs/x ro',
  ]);
  const named = fleet(`{ nfs-client: { server: nas.example.net, ${mounts} } }`, controllers);
  assert.match(rendered(named, 'c1', path), /^\/b nas\.example\.net:\/srv\/nfs\/x ro$/m);
});

test('memcached: the management address, and no UDP', () => {
  const text = lines(rendered(memo, 'cnt2', '/etc/memcached.conf'));
  assert.ok(text.includes('-l 192.168.1.52') && text.includes('-U 0'));
});

test('time: pools by name, servers by address, the distribution pool for want of others', () => {
  const path = '/etc/chrony/chrony.conf';
  assert.match(rendered(memo, 'cnt1', path), /^pool 0\.pool\.ntp\.org iburst maxsources 2$/m);
  const own = `${fleet('{}', controllers)}ntp: { servers: [10.0.0.1] }\n`;
  assert.match(rendered(own, 'c1', path), /^server 10\.0\.0\.1 iburst$/m);
  assert.match(rendered(fleet('{}', controllers), 'c1', path), /^pool 2\.debian\.pool\.ntp\.org /m);
});

test('apt: the proxy where there is one, the keyring beside the source that needs it', () => {
  const path = '/etc/apt/apt.conf.d/80stackseed';
  const proxied = `${memo}apt: { proxy: "http://192.168.1.1:3142" }\n`;
  assert.match(rendered(proxied, 'cm1', path), /^Acquire::http::Proxy "http:\/\/192\.168\.1\.1:3142";$/m);
  assert.not.match(rendered(memo, 'cm1', path), /Proxy/);
  const sources = lines(rendered(memo, 'cm1', '/etc/stackseed/apt-sources'));
  assert.is(
    sources.at(-1),
    'ubuntu-cloud-keyring deb http://ubuntu-cloud.archive.canonical.com/ubuntu xenial-updates/pike main',
  );
});

test('sysctl: settings in the order of their names', () => {
  const values = '{ sysctl: { values: { vm.swappiness: 10, kernel.panic: "10" } } }';
  assert.equal(lines(rendered(fleet(values, controllers), 'c1', '/etc/sysctl.d/60-stackseed.conf')), [
    'kernel.panic = 10',
    'vm.swappiness = 10',
  ]);
});

test.run();
