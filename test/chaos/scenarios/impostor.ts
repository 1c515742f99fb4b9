import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../fixtures.ts';
import { standing } from '../database.ts';
import { LIES } from '../lies.ts';
import type { BlankScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';
import { reason } from './boot.ts';

const PROGRAM = ['--import', 'tsx', join(root, 'test/chaos/impostor.ts')];
/** How often each lie is told to each asker. */
const TIMES = 4;

/**
 * Somebody at the address of a controller that is off. What it says must count as little as silence: the
 * first database is created only when that controller itself has answered.
 */
export const impostor: BlankScenario = {
  name: 'impostor',
  summary:
    'first boot without cnt3, at whose address somebody answers with rubbish, without a signature, with a forged one, and with a real answer of before: the others wait for cnt3 itself',
  begins: 'blank',
  async run(trial) {
    const recorded = join(trial.folder, 'recorded');
    const address = await recordAnswer(trial, recorded);
    const bridge = trial.lab.fleet().networks.find(({ name }) => name === 'manage')?.bridge ?? '';
    const move = (verb: string) =>
      trial.lab.switch.exec(['ip', 'address', verb, `${address}/32`, 'dev', bridge]);
    await move('add');
    const log = join(trial.folder, 'lies');
    const liar = await startLiar(trial, address, recorded, log);
    try {
      await trial.host('cnt1').powerOn();
      await trial.host('cnt2').powerOn();
      const told = () => everyLie(log, 2);
      await until(300, `every lie is told ${TIMES} times to both`, async () => told(), 1000);
      const said = await reason(trial, 'cnt1');
      trial.say(`cnt1 says: ${said}`);
      expect(/\bcnt3\b/.test(said), `cnt1 does not wait for cnt3, but: ${said}`);
      for (const name of ['cnt1', 'cnt2']) {
        const { cluster } = await standing(trial.host(name));
        expect(cluster === '', `a database runs on ${name}`);
      }
    } finally {
      liar.kill();
      await move('delete');
    }
    await trial.host('cnt3').powerOn();
    await trial.converged(400);
  },
};

/** A real answer of cnt3, blank as the others, into a file; its disk is lost afterwards. Gives its address. */
async function recordAnswer(trial: Trial, file: string): Promise<string> {
  const cnt3 = trial.host('cnt3');
  await cnt3.powerOn();
  const waits = async () => /\bcnt1\b/.test(await reason(trial, 'cnt3'));
  await until(240, 'cnt3 waits for cnt1', waits, 2000);
  const script = '. /etc/stackseed/node.env; printf %s "$STACKSEED_MANAGE_ADDRESS"';
  const address = await cnt3.must(['bash', '-c', script]);
  const key = await cnt3.must(['cat', '/etc/stackseed/peers.key']);
  const { code, stderr } = await trial.lab.switch.exec(
    [process.execPath, ...PROGRAM, 'record', address, 'cnt3', 'cnt1', file],
    { cwd: root, env: { ...process.env, IMPOSTOR_KEY: key.trim() } },
  );
  expect(code === 0, `cnt3 gives no answer to be recorded: ${stderr}`);
  await cnt3.wipe();
  return address;
}

async function startLiar(trial: Trial, address: string, recorded: string, log: string) {
  const [command = '', ...words] = await trial.lab.switch.prefix();
  const output = openSync(join(trial.folder, 'impostor.err'), 'a');
  return spawn(command, [...words, process.execPath, ...PROGRAM, 'answer', address, recorded, log], {
    cwd: root,
    stdio: ['ignore', output, output],
  });
}

function everyLie(log: string, askers: number): boolean {
  if (!existsSync(log)) return false;
  const counts = new Map<string, number>();
  for (const line of readFileSync(log, 'utf8').split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1);
  const often = [...counts].filter(([line, count]) => line !== '' && count >= TIMES);
  return often.length === askers * LIES.length;
}
