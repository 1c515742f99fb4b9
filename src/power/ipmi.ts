import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { harmless } from '../report/harmless.ts';
import { type Bmc, type Order, type Power, PowerError } from './types.ts';

/** Bytes that a password may have (IPMI 2.0, 22.30: Set User Password); with more the BMC only ever says no. */
export const LONGEST_PASSWORD = 20;

/** Milliseconds between two looks at whether the machine is on or off. */
const LOOK = 1000;

/** Carries out an order by IPMI 2.0 over LAN, with ipmitool as a child. */
export async function byIpmi(bmc: Bmc, order: Order): Promise<Power> {
  const { act } = order;
  if (act === 'cd')
    throw new PowerError(
      'IPMI knows no virtual media',
      'install it by `stackseed power pxe`, or put in a real medium',
    );
  if (Buffer.byteLength(bmc.password.reveal()) > LONGEST_PASSWORD)
    throw new PowerError(
      `its password has more than the ${LONGEST_PASSWORD} characters that IPMI takes`,
      `give the BMC a shorter one, and write that below \`overrides\` of the secrets file as bmc@${bmc.host}`,
    );
  const ask = (...words: string[]) => ipmitool(bmc, order, words);
  const now = async () => powerOf(await ask('chassis', 'power', 'status'));
  const power = await now();
  if (act === 'status' || act === power) return power;
  if (act === 'pxe') {
    const mode = bmc.firmware === 'uefi' ? ['options=efiboot'] : [];
    await ask('chassis', 'bootdev', 'pxe', ...mode);
  }
  const want = act === 'off' ? 'off' : 'on';
  // Without power there is nothing to cycle: BMCs refuse it.
  await ask('chassis', 'power', act === 'off' ? 'off' : power === 'off' ? 'on' : 'cycle');
  const end = Date.now() + order.timeout * 1000;
  // A machine that is cycled is off for some seconds, and some BMCs say so.
  for (let found = await now(); found !== want; found = await now()) {
    if (Date.now() > end) throw new PowerError(`the machine is not ${want} after ${order.timeout} s`);
    await sleep(LOOK, undefined, order.signal && { signal: order.signal });
  }
  return want;
}

function powerOf(text: string): Power {
  const found = /^Chassis Power is (on|off)$/m.exec(text)?.[1];
  if (found === 'on' || found === 'off') return found;
  throw new PowerError('it does not say whether the machine is on');
}

/** The password reaches it by the environment: every user of the machine can read argv. */
function ipmitool(bmc: Bmc, { timeout, signal }: Order, words: string[]): Promise<string> {
  const { hostname, port } = new URL(bmc.address.replace(/^ipmi:/, 'http:'));
  const args = ['-I', 'lanplus', '-H', hostname, '-p', port === '' ? '623' : port, '-U', bmc.user, '-E'];
  const child = spawn('ipmitool', [...args, '-L', 'OPERATOR', '-R', '2', ...words], {
    env: { PATH: process.env['PATH'], IPMI_PASSWORD: bmc.password.reveal(), LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeout * 1000,
    ...(signal && { signal }),
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      reject(missing ? new PowerError('there is no ipmitool here', 'install the package ipmitool') : error);
    });
    child.on('close', (status, killed) => {
      if (status === 0) resolve(out);
      else if (killed) reject(new PowerError(`no answer in ${timeout} s`));
      else reject(new PowerError(`ipmitool: ${harmless(err.trim().split('\n').at(-1) ?? '')}`));
    });
  });
}
