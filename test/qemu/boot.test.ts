import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../needs.ts';
import { checkHost, cutAt, FILES_BEING_WRITTEN, NETWORK_WRITTEN } from './cut.ts';
import type { Machine } from './machine.ts';
import { type MemoLab, openMemo, ready, say } from './memo.ts';
import { known } from './outside.ts';
import { sources } from './pcap.ts';

/**
 * router, nfs and cnt1 of the memo boot from their seed ISOs on Debian 12, with real firmware, kernel,
 * isofs and cloud-init, and are then looked at from inside and from each other.
 */
const boot = suite('boot');
const onQemu = needs(boot, 'root', 'qemu-system-x86_64', 'qemu-img', 'mmdebstrap', 'xorriso');

let memo: MemoLab;
const machines: Record<string, Machine> = {};
let passed = 0;
let tests = 0;

function machine(name: string): Machine {
  const found = machines[name];
  if (found === undefined) throw new Error(`${name} was not booted`);
  return found;
}

function proof(name: string, check: () => Promise<void>): void {
  tests += 1;
  onQemu(name, async () => {
    await check();
    passed += 1;
  });
}

const operatorKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F nobody@example';

/** The memo, and one NFS mount on the controllers, so that a client is seen at work. */
function withMount(inventory: string): string {
  return inventory.replace(
    'roles: [controller]\n',
    'roles: [controller]\n    settings: { nfs-client: { mounts: { /srv/images: { export: /srv/nfs/glance } } } }\n',
  );
}

boot.after(async () => {
  await memo?.lab.close(passed < tests);
});

proof(
  'router and nfs, whose power is cut in their first boot, and cnt1 converge from their ISOs',
  async () => {
    memo = await openMemo({ change: withMount });
    const record = join(memo.lab.folder, 'uplink.pcap');
    const [router, nfs, cnt1] = [await memo.boot('router'), await memo.boot('nfs'), await memo.boot('cnt1')];
    machines['cnt1'] = cnt1;
    const cut = async (host: string, machine: Machine, seen: string, options = {}) => {
      await cutAt(machine, seen);
      machines[host] = await memo.boot(host, options);
    };
    await Promise.all([
      cut('router', router, NETWORK_WRITTEN, { record }),
      cut('nfs', nfs, FILES_BEING_WRITTEN),
    ]);
    await Promise.all(Object.values(machines).map((one) => ready(one)));
    for (const host of ['router', 'nfs']) await checkHost(machine(host), host);
    for (const one of Object.values(machines)) {
      assert.is(await say(one, 'cloud-init status'), 'status: done', one.name);
      assert.is(await say(one, 'stackseed-node status > /dev/null; echo $?'), '0', one.name);
      assert.is(await say(one, 'systemctl --failed --no-legend'), '', one.name);
    }
  },
);

proof('names, addresses by MAC, and default routes are those of the memo', async () => {
  const about =
    'hostname; hostname -f; ip -br -4 address show up | awk \'$1 != "lo" { print $1, $3 }\' | sort; ' +
    'cat /sys/class/net/*/address | grep -v 00:00:00:00:00:00; ip route show default';
  const address = /10\.0\.2\.15\/24/g;
  const told = async (name: string) => (await say(machine(name), about)).replace(address, 'DHCP').split('\n');
  assert.equal(await told('router'), [
    'router',
    'router.pikesaku.net',
    'public 192.168.0.1/24',
    'uplink DHCP',
    '52:54:00:00:00:01',
    '52:54:00:00:03:01',
    'default via 10.0.2.2 dev uplink',
  ]);
  assert.equal(await told('nfs'), [
    'nfs',
    'nfs.pikesaku.net',
    'manage 192.168.1.1/24',
    'uplink DHCP',
    '52:54:00:00:01:01',
    '52:54:00:00:03:02',
    'default via 10.0.2.2 dev uplink',
  ]);
  assert.equal(await told('cnt1'), [
    'cnt1',
    'cnt1.pikesaku.net',
    'manage 192.168.1.51/24',
    'public 192.168.0.51/24',
    '52:54:00:00:01:51',
    '52:54:00:00:00:51',
    'default via 192.168.0.1 dev public onlink',
  ]);
});

proof('the operator has a key, sudo, and no password', async () => {
  for (const one of Object.values(machines)) {
    assert.is(await say(one, 'cat ~operator/.ssh/authorized_keys'), operatorKey);
    assert.is(await say(one, 'runuser -u operator -- sudo -n id -u'), '0');
    assert.match(await say(one, 'passwd --status operator'), /^operator L /);
    assert.match(await say(one, 'sshd -T'), /^passwordauthentication no$/m);
  }
});

/** Whether a TCP connection from one machine to another address comes about. */
async function reaches(from: string, address: string, port: number): Promise<boolean> {
  const { code } = await machine(from).exec(`nc -z -w 5 ${address} ${port}`);
  return code === 0;
}

proof('SSH is open from the fleet, and a port that nothing says is open is closed', async () => {
  await say(machine('router'), 'nc -lk 8080 > /dev/null 2>&1 & sleep 1');
  await say(machine('nfs'), 'nc -lk 8080 > /dev/null 2>&1 & sleep 1');
  assert.equal(
    {
      'ssh on router': await reaches('cnt1', '192.168.0.1', 22),
      'ssh on nfs': await reaches('cnt1', '192.168.1.1', 22),
      '8080 on router, asked by itself': await reaches('router', '192.168.0.1', 8080),
      '8080 on router': await reaches('cnt1', '192.168.0.1', 8080),
      '8080 on nfs': await reaches('cnt1', '192.168.1.1', 8080),
      'rpcbind on nfs': await reaches('cnt1', '192.168.1.1', 111),
    },
    {
      'ssh on router': true,
      'ssh on nfs': true,
      '8080 on router, asked by itself': true,
      '8080 on router': false,
      '8080 on nfs': false,
      'rpcbind on nfs': false,
    },
  );
  await machine('router').exec('pkill -x nc');
  await machine('nfs').exec('pkill -x nc');
});

proof(
  "the router's DNS knows the memo's names, forwards and reverse, and asks others for the rest",
  async () => {
    const ask = (question: string) => say(machine('cnt1'), `dig +short +time=3 @192.168.0.1 ${question}`);
    assert.is(await ask('cnt.pikesaku.net'), '192.168.0.50');
    assert.is(await ask('cnt1.pikesaku.net'), '192.168.0.51');
    assert.is(await ask('cnt2.pikesaku.net'), '192.168.0.52');
    assert.is(await ask('cnt3.pikesaku.net'), '192.168.0.53');
    assert.is(await ask('-x 192.168.0.52'), 'cnt2.pikesaku.net.');
    assert.is(await ask(known.name), known.address);
    assert.match(await say(machine('cnt1'), 'dig @192.168.0.1 cnt9.pikesaku.net'), /status: NXDOMAIN/);
    assert.match(await say(machine('cnt1'), 'getent hosts cnt2'), /^192\.168\.0\.52 /);
  },
);

proof('what is behind the routers gets out by their addresses', async () => {
  const fetch = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 10 ${known.address} 80 | tail -n 1`;
  assert.is(await say(machine('cnt1'), fetch), known.says);
  const seen = await sources(join(memo.lab.folder, 'uplink.pcap'));
  assert.ok(seen.has('10.0.2.15'));
  assert.equal(
    [...seen].filter((address) => address.startsWith('192.168.')),
    [],
  );
  // nfs is the way out for those who are on manage alone.
  await say(machine('cnt1'), `ip route add ${known.address} via 192.168.1.1`);
  assert.is(await say(machine('cnt1'), fetch), known.says);
  await say(machine('cnt1'), `ip route del ${known.address}`);
});

proof('a controller mounts an export of nfs and writes to it, and nobody else may', async () => {
  assert.match(
    await say(machine('cnt1'), 'findmnt -no SOURCE,FSTYPE /srv/images'),
    /^192\.168\.1\.1:\/srv\/nfs\/glance +nfs4$/,
  );
  // The id that the export belongs to; root is nobody there.
  const asGlance = 'setpriv --reuid=64062 --regid=64062 --clear-groups';
  await say(machine('cnt1'), `${asGlance} sh -c 'echo "an image" > /srv/images/from-cnt1'`);
  assert.is(
    await say(machine('nfs'), "stat -c '%u %g' /srv/nfs/glance/from-cnt1; cat /srv/nfs/glance/from-cnt1"),
    '64062 64062\nan image',
  );
  assert.is.not((await machine('cnt1').exec('touch /srv/images/from-root')).code, 0);
  const clients = await say(machine('nfs'), "exportfs -s | sed 's/(.*//' | awk '{ print $2 }' | sort -u");
  assert.is(clients, '192.168.1.0/24');
});

const hostKeys = 'sha256sum /etc/ssh/ssh_host_*';
const work = "journalctl -b -o cat -u 'stackseed@*' | grep -E ' laid |^laid |restarting|installing' || true";

proof('a second boot finds nothing to do, and a new seed is applied on the next boot', async () => {
  const before = { router: await say(machine('router'), hostKeys), nfs: await say(machine('nfs'), hostKeys) };
  const instance = 'cat /var/lib/cloud/data/instance-id';
  const instances = {
    router: await say(machine('router'), instance),
    nfs: await say(machine('nfs'), instance),
  };
  const old = join(memo.lab.folder, 'router-before.iso');
  await copyFile(memo.fleet.iso('router'), old);
  await memo.fleet.regenerate((inventory) =>
    inventory
      .replace('users:\n', 'users:\n  alice: { sudo: false }\n')
      .replace(
        '  nfs:\n    roles:',
        '  nfs:\n    settings: { sysctl: { values: { vm.swappiness: 7 } } }\n    roles:',
      ),
  );
  const [router, nfs] = [machine('router'), machine('nfs')];
  await Promise.all([router.shutDown(), nfs.shutDown()]);
  // The router is given its old seed, nfs its new one.
  machines['router'] = await memo.boot('router', { seed: old });
  machines['nfs'] = await memo.boot('nfs');
  await Promise.all([ready(machine('router')), ready(machine('nfs'))]);

  assert.is(await say(machine('router'), work), '');
  assert.is(await say(machine('router'), instance), instances.router);
  assert.is(await say(machine('router'), hostKeys), before.router);

  assert.is.not(await say(machine('nfs'), instance), instances.nfs);
  assert.is(await say(machine('nfs'), hostKeys), before.nfs);
  assert.is(await say(machine('nfs'), 'sysctl -n vm.swappiness'), '7');
  assert.match(await say(machine('nfs'), 'getent passwd alice'), /^alice:/);
  assert.is(await say(machine('nfs'), 'cat /srv/nfs/glance/from-cnt1'), 'an image');
  // Its client was there all the time.
  assert.is(await say(machine('cnt1'), 'cat /srv/images/from-cnt1'), 'an image');
});

boot.run();
