import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lay, stackseed } from '../cli/command.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { until } from '../serve/standing.ts';
import { fleetWith } from './fleet.ts';

/** OpenIPMI's own BMC, which speaks RMCP+ with ipmitool as a real one does. */
interface Simulated {
  port: number;
  /** What it did to its machine: "power 1", "boot pxe". */
  log(): string[];
  end(): Promise<void>;
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Its machine is a script that keeps its power in a file, as ipmi_lan(5) lets one be put behind it. */
async function simulated(folder: string, password: string): Promise<Simulated> {
  const port = await freePort();
  lay(folder, {
    'lan.conf': `name "c1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md5 straight
    allowed_auths_user md5 straight
    allowed_auths_operator md5 straight
    allowed_auths_admin md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${join(folder, 'chassis')} 0x20"
  user 1 true "" "" user 10 none md5 straight
  user 2 true "admin" "${password}" admin 10 none md5 straight
`,
    'sim.emu':
      'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n',
    chassis: `#!/bin/bash
# ADDRESS get NAME… | set NAME VALUE…
cd ${folder}
shift
if [ "$1" = get ]; then
  shift
  for name; do
    case $name in
      power) echo "power:$(cat power)" ;;
      boot) echo "boot:$(cat boot)" ;;
    esac
  done
else
  shift
  while [ $# -gt 1 ]; do
    echo "$1 $2" >>log
    case $1 in
      power) echo "$2" >power ;;
      boot) echo "$2" >boot ;;
      reset) ;;
    esac
    shift 2
  done
fi
`,
    power: '0\n',
    boot: 'default\n',
    log: '',
  });
  const child: ChildProcess = spawn(
    'ipmi_sim',
    ['-n', '-c', join(folder, 'lan.conf'), '-f', join(folder, 'sim.emu'), '-s', folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await until(() => udpPorts().includes(port) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`ipmi_sim: ${child.stdout?.read()} ${child.stderr?.read()}`);
  return {
    port,
    log: () => readFileSync(join(folder, 'log'), 'utf8').trim().split('\n'),
    end: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** UDP ports that somebody listens on (proc(5), /proc/net/udp). */
function udpPorts(): number[] {
  const rows = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  return rows.map((row) => Number.parseInt(row.trim().split(/[\s:]+/)[2] ?? '', 16));
}

function given(
  password: string,
  use: (
    sim: Simulated,
    power: (...args: string[]) => ReturnType<typeof stackseed>,
    folder: string,
  ) => Promise<void>,
) {
  return withFolder(async (folder) => {
    await knownSecrets(folder, { 'bmc@c1': password });
    const sim = await simulated(folder, password.slice(0, 16));
    const inventory = fleetWith(folder, { c1: `{ address: "ipmi://127.0.0.1:${sim.port}", user: admin }` });
    try {
      await use(
        sim,
        (...args) => stackseed(['power', ...args, '-i', inventory], { env: process.env }),
        folder,
      );
    } finally {
      await sim.end();
    }
  });
}

const simulating = needs(test, 'ipmi_sim', 'ipmitool');

simulating('on, cycle, off and status by IPMI', () =>
  given('a-password', async (sim, power) => {
    assert.equal(await power('status', 'c1'), { status: 0, stdout: 'c1  off\n', stderr: '' });
    assert.equal(await power('cycle', 'c1'), { status: 0, stdout: 'c1  on\n', stderr: '' });
    assert.equal(await power('on', 'c1'), { status: 0, stdout: 'c1  on\n', stderr: '' });
    assert.is((await power('off', 'c1')).stdout, 'c1  off\n');
    assert.equal(sim.log(), ['power 1', 'power 0']);
  }),
);

simulating('pxe', () =>
  given('a-password', async (sim, power) => {
    const { stderr, stdout } = await power('pxe', 'c1');
    assert.is(stderr, '');
    assert.is(stdout, 'c1  on\n');
    assert.equal(sim.log(), ['boot pxe', 'power 1']);
  }),
);

simulating('a wrong password is told, and not shown', () =>
  given('a-password', async (_, power, folder) => {
    await knownSecrets(folder, { 'bmc@c1': 'another-one' });
    const { status, stderr } = await power('on', 'c1');
    assert.is(status, 1);
    assert.match(stderr, /on of c1 by ipmi:\S+ ipmitool: Error: Unable to establish IPMI v2/);
    assert.not(stderr.includes('another-one'));
  }),
);

test('a password that IPMI cannot take, and media that it does not know', () =>
  withFolder(async (folder) => {
    await knownSecrets(folder);
    const inventory = fleetWith(folder, { c1: '{ address: "ipmi://127.0.0.1", user: admin }' });
    const derived = await stackseed(['power', 'on', 'c1', '-i', inventory]);
    assert.is(derived.status, 1);
    assert.match(derived.stderr, /its password has more than the 20 characters that IPMI takes/);
    assert.match(derived.stderr, /below `overrides` of the secrets file as bmc@c1/);
    const media = await stackseed(['power', 'cd', 'c1', '--iso', 'http://x/c1.iso', '-i', inventory]);
    assert.match(media.stderr, /IPMI knows no virtual media/);
  }));

test('the password is not among the arguments of ipmitool', () =>
  withFolder(async (folder) => {
    await knownSecrets(folder, { 'bmc@c1': 'a-password' });
    const inventory = fleetWith(folder, { c1: '{ address: "ipmi://127.0.0.1", user: admin }' });
    lay(folder, {
      'bin/ipmitool': `#!/bin/bash\necho "$* / $IPMI_PASSWORD" >>${join(folder, 'asked')}\necho 'Chassis Power is on'\n`,
    });
    writeFileSync(join(folder, 'asked'), '');
    const before = process.env['PATH'];
    process.env['PATH'] = `${join(folder, 'bin')}:${before}`;
    try {
      assert.is((await stackseed(['power', 'status', 'c1', '-i', inventory])).stdout, 'c1  on\n');
    } finally {
      process.env['PATH'] = before;
    }
    assert.is(
      readFileSync(join(folder, 'asked'), 'utf8'),
      '-I lanplus -H 127.0.0.1 -p 623 -U admin -E -L OPERATOR -R 2 chassis power status / a-password\n',
    );
  }));

test.run();
