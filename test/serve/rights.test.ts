import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { spawned } from '../cli/command.ts';
import { needs } from '../needs.ts';
import { type TalkFleet, talkFleet } from '../talk/fleet.ts';
import { layTree, MACS, TOKENS, until } from './standing.ts';

/** As root, in a network of its own with a machine on the other end of a cable: real ports, MAC addresses, dnsmasq. */
interface Context {
  fleet: TalkFleet;
  here: ChildProcess;
  there: ChildProcess;
  server?: ChildProcess;
  said: string;
}

const test = suite<Context>('the boot server as root', {} as Context);

const within = (space: ChildProcess, ...command: string[]) => {
  const ran = spawnSync('nsenter', ['-t', String(space.pid), '-n', '--', ...command], { encoding: 'utf8' });
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
};
const must = (space: ChildProcess, ...command: string[]) => {
  const ran = within(space, ...command);
  if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
};
const http = (context: Context, path: string, ...more: string[]) =>
  must(
    context.there,
    'curl',
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    ...more,
    `http://10.77.0.1${path}`,
  );

async function start(context: Context): Promise<void> {
  const { fleet, here } = context;
  const address = '10.77.0.1';
  const args = [
    'serve',
    '-o',
    join(fleet.folder, 'pxe'),
    '-i',
    fleet.inventory,
    '--dnsmasq',
    '--name',
    'boot.example.net',
  ];
  const server = spawn(
    'nsenter',
    [
      '-t',
      String(here.pid),
      '-n',
      '--',
      process.execPath,
      ...spawned,
      ...args,
      '--listen',
      address,
      '--tls',
      address,
      '--syslog',
      address,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  context.server = server;
  for (const stream of [server.stdout, server.stderr])
    stream?.on('data', (text) => {
      context.said += text;
    });
  await until(() => /serving https:.*\n/.test(context.said) || server.exitCode !== null, 30);
  if (server.exitCode !== null) throw new Error(context.said);
}

async function stop({ server }: Context): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await gone;
}

const space = async () => {
  const child = spawn('unshare', ['-n', 'sleep', '600'], { stdio: 'ignore' });
  await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n');
  return child;
};

test.before.each(async (context) => {
  if (process.getuid?.() !== 0) return;
  context.said = '';
  context.fleet = await talkFleet(['cnt1', 'cnt2', 'cnt3'], ['cm1']);
  chmodSync(context.fleet.folder, 0o755);
  const tree = layTree(context.fleet.folder);
  const lines = [
    'port=0',
    'interface=v0',
    'bind-interfaces',
    'dhcp-range=10.77.0.100,10.77.0.110,255.255.255.0,1h',
    'enable-tftp',
    `tftp-root=${join(tree, 'tftp')}`,
  ];
  writeFileSync(join(tree, 'dnsmasq.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(tree, 'tftp/big'), 'x'.repeat(4_000_000));
  context.here = await space();
  context.there = await space();
  const peer = ['peer', 'name', 'v1', 'address', MACS['cnt1'] ?? '', 'netns', String(context.there.pid)];
  must(context.here, 'ip', 'link', 'add', 'v0', 'type', 'veth', ...peer);
  for (const [on, name, address] of [
    [context.here, 'v0', '10.77.0.1/24'],
    [context.there, 'v1', '10.77.0.2/24'],
  ] as const) {
    must(on, 'ip', 'address', 'add', address, 'dev', name);
    must(on, 'ip', 'link', 'set', name, 'up');
    must(on, 'ip', 'link', 'set', 'lo', 'up');
  }
});
test.after.each(async (context) => {
  if (process.getuid?.() !== 0) return;
  await stop(context);
  context.here.kill('SIGKILL');
  context.there.kill('SIGKILL');
  await context.fleet.end();
});

const rooted = needs(test, 'root', 'dnsmasq', 'nsenter', 'ip', 'curl');

rooted('it gives up its rights, and can still disarm', async (context) => {
  await start(context);
  const { server } = context;
  const status = readFileSync(`/proc/${server?.pid}/status`, 'utf8');
  const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim();
  assert.match(status, new RegExp(`^Uid:\\t${nobody}\\t${nobody}\\t${nobody}\\t${nobody}$`, 'm'));
  assert.match(status, /^CapEff:\t0+$/m);
  assert.match(status, /^Groups:\t65534 $/m);
  assert.is(statSync(join(context.fleet.folder, 'pxe-state')).uid, Number(nobody));
  const url = `/t/${TOKENS['cnt1']}`;
  assert.is(http(context, `${url}/preseed.cfg`), '200');
  assert.is(http(context, `${url}/finished`, '-X', 'POST'), '204');
  assert.is(http(context, `${url}/preseed.cfg`), '404');
  const arms = join(context.fleet.folder, 'pxe/arms.json');
  assert.not.match(readFileSync(arms, 'utf8'), /cnt1/);
  assert.is(statSync(arms).uid, 0);
  const children = execFileSync('pgrep', ['-P', String(server?.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  await stop(context);
  for (const pid of children) await until(() => !existsSync(`/proc/${pid}`));
});

rooted(
  'a token does not open the files to a machine with the MAC address of another host',
  async (context) => {
    await start(context);
    assert.is(http(context, `/t/${TOKENS['cm1']}/preseed.cfg`), '404');
    const why = /10\.77\.0\.2 has the MAC address 52:54:00:00:00:10 and asked with the token of cm1/;
    await until(() => why.test(context.said));
    assert.is(http(context, `/t/${TOKENS['cm1']}/finished`, '-X', 'POST'), '404');
    const form = ['-H', 'Content-Type: application/x-www-form-urlencoded'];
    assert.is(http(context, '/phone-home', ...form, '-d', 'hostname=cnt1&instance_id=i-1'), '204');
    assert.is(http(context, '/phone-home', ...form, '-d', 'hostname=cnt2&instance_id=i-1'), '403');
  },
);

rooted("over TLS its certificate is by the fleet's authority", async (context) => {
  await start(context);
  const { ca } = parse(readFileSync(join(context.fleet.folder, 'secrets.yaml'), 'utf8'));
  const file = join(context.fleet.folder, 'ca.pem');
  writeFileSync(file, ca.certificate);
  const ask = (...args: string[]) => within(context.there, 'curl', '-sS', '--cacert', file, ...args).stdout;
  const path = `/t/${TOKENS['cnt1']}/preseed.cfg`;
  assert.is(ask(`https://10.77.0.1${path}`), 'preseed of cnt1\n');
  assert.is(
    ask('--resolve', 'boot.example.net:443:10.77.0.1', `https://boot.example.net${path}`),
    'preseed of cnt1\n',
  );
  assert.is.not(within(context.there, 'curl', '-sS', `https://10.77.0.1${path}`).status, 0);
  assert.is.not(
    within(context.there, 'curl', '-sS', '--cacert', file, '--tls-max', '1.1', `https://10.77.0.1${path}`)
      .status,
    0,
  );
});

rooted(
  'dnsmasq is its child, what it sends by TFTP shows, and so does the log of an installer',
  async (context) => {
    await start(context);
    const pages = () => must(context.there, 'curl', '-sS', 'http://10.77.0.1/_/state.json');
    const fetched = must(context.there, 'curl', '-sS', 'tftp://10.77.0.1/pxelinux.cfg/01-52-54-00-00-00-10');
    assert.is(fetched, 'boot of cnt1\n');
    await until(() => /"boot loader"/.test(pages()));
    must(
      context.there,
      'bash',
      '-c',
      'printf "<30>Nov  4 10:00:01 partman: all is full" >/dev/udp/10.77.0.1/514',
    );
    await until(() => /partman: all is full/.test(pages()));
  },
);

needs(
  test,
  'root',
  'dnsmasq',
  'nsenter',
  'ip',
  'busybox',
)('leases are kept beside what is known of the hosts, and survive a restart', async (context) => {
  await start(context);
  const lease = () =>
    must(context.there, 'busybox', 'udhcpc', '-i', 'v1', '-n', '-q', '-f', '-s', '/bin/true');
  const leases = join(context.fleet.folder, 'pxe-state/dnsmasq.leases');
  lease();
  const first = readFileSync(leases, 'utf8');
  assert.match(first, new RegExp(`^\\d+ ${MACS['cnt1']} 10\\.77\\.0\\.1[01]\\d `));
  await stop(context);
  await start(context);
  assert.is(readFileSync(leases, 'utf8').split(' ')[2], first.split(' ')[2]);
  lease();
  assert.match(readFileSync(leases, 'utf8'), ` ${first.split(' ')[2]} `);
});

rooted(
  'when dnsmasq ends, it ends and says so; a tree that its account cannot read is refused',
  async (context) => {
    const tree = join(context.fleet.folder, 'pxe');
    chmodSync(join(tree, 'www'), 0o700);
    await start(context).catch(() => {});
    assert.match(context.said, /www cannot be read by the account that serves it/);
    chmodSync(join(tree, 'www'), 0o755);
    writeFileSync(join(tree, 'dnsmasq.conf'), 'no-such-option=1\n');
    context.said = '';
    await start(context).catch(() => {});
    await until(() => context.server?.exitCode !== null, 20);
    assert.match(context.said, /dnsmasq ended with status 1/);
  },
);

test.run();
