import { setTimeout as sleep } from 'node:timers/promises';
import type { Trial } from '../chaos/trial.ts';
import type { LabHost } from '../lab/lab.ts';
import { startClient } from './client.ts';
import type { Figure } from './figure.ts';
import { stand } from './fleet.ts';

const HOSTS = 200;
/** Seconds of each stretch of time: without them, with them from their first moment on, without them. */
const STRETCH = 120;

/**
 * What waiting compute nodes cost the controller that holds the virtual address, from the moment at which
 * all of them begin: processor time of the whole host, less what it takes when nobody waits.
 */
export async function polling(trial: Trial): Promise<Figure[]> {
  await stand(trial);
  await sleep(20_000);
  const [name = ''] = await trial.lab.arp('manage', trial.vip, 2);
  const holder = trial.host(name);
  const before = await percent(holder, STRETCH);
  const client = await startClient(trial, 'waiting', [trial.vip, '3306', String(HOSTS)]);
  const during = await percent(holder, STRETCH);
  const [connections = '0'] = await client.stop();
  if (Number(connections) < HOSTS) throw new Error(`only ${connections} connections of ${HOSTS} hosts`);
  const after = await percent(holder, STRETCH);
  const idle = (before + after) / 2;
  trial.say(
    `${name}: ${before.toFixed(1)} % of a core, ${during.toFixed(1)} % with ${HOSTS} waiting, ${after.toFixed(1)} %`,
  );
  return [
    {
      figure: `load of ${HOSTS} waiting compute nodes`,
      measured: Math.max(0, during - idle),
      limit: 5,
      unit: '% of a core',
      beside: `${during.toFixed(1)} % with them, ${before.toFixed(1)} % before, ${after.toFixed(1)} % after; ${connections} connections in ${STRETCH} s`,
    },
  ];
}

/** Percent of a core that a host takes, all its programs together, over so many seconds. */
async function percent(host: LabHost, seconds: number): Promise<number> {
  const usage = async (): Promise<number> => {
    const text = await host.must(['cat', '/sys/fs/cgroup/cpu.stat']);
    return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]);
  };
  const began = Date.now();
  const first = await usage();
  await sleep(seconds * 1000);
  return ((await usage()) - first) / (Date.now() - began) / 10;
}
