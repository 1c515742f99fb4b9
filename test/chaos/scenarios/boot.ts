import { setTimeout as sleep } from 'node:timers/promises';
import type { Link } from '../../lab/links.ts';
import { standing } from '../database.ts';
import type { BlankScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';

const NAMES = ['cnt1', 'cnt2', 'cnt3'];
/** Steps of a controller's first boot, each by what is there as soon as it has begun. */
const STEPS: Record<string, string> = {
  seed: '/var/lib/stackseed/seed/components.list',
  ...Object.fromEntries(
    [
      'users',
      'packages',
      'firewall',
      'report',
      'corosync',
      'galera',
      'haproxy',
      'pacemaker',
      'rabbitmq',
      'redis',
    ].map((component) => [component, `/run/stackseed/doing/${component}`]),
  ),
  'galera-record': '/var/lib/mysql/stackseed/state.json',
  'galera-data': '/var/lib/mysql/data',
  'rabbitmq-record': '/var/lib/rabbitmq/stackseed/state.json',
  'rabbitmq-data': '/var/lib/rabbitmq/mnesia',
};

function orders(names: string[]): string[][] {
  if (names.length < 2) return [names];
  return names.flatMap((first) =>
    orders(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
  );
}

/** All six orders, with these seconds between two. The router and nfs are never on. */
const inOrder = [0, 5, 60].flatMap((delay) =>
  orders(NAMES).map(
    (order): BlankScenario => ({
      name: `boot-${order.join('-')}-${delay}s`,
      summary: `first boot in the order ${order.join(', ')}, ${delay} s apart`,
      begins: 'blank',
      async run(trial) {
        for (const [index, name] of order.entries()) {
          if (index > 0) await sleep(delay * 1000);
          await trial.host(name).powerOn();
        }
        await trial.converged(400);
      },
    }),
  ),
);

const atOnce: BlankScenario = {
  name: 'boot-at-once',
  summary: 'first boot of all at the same moment',
  begins: 'blank',
  async run(trial) {
    await Promise.all(trial.controllers.map((host) => host.powerOn()));
    await trial.converged(400);
  },
};

/** Milliseconds after the beginning of a step, for each of the hosts: as it begins, and further into it. */
const PAUSES = [0, 400, 1500];

const cuts = NAMES.flatMap((victim, index) =>
  Object.entries(STEPS).map(
    ([step, path]): BlankScenario => ({
      name: `first-boot-cut-${victim}-${step}`,
      summary: `power cut of ${victim} in the step ${step} of the first boot of all, power again 5 s later`,
      begins: 'blank',
      async run(trial) {
        const host = trial.host(victim);
        await Promise.all(trial.controllers.map((each) => each.powerOn()));
        await until(400, `${victim} comes to the step ${step}`, () => host.has(path), 20);
        await sleep(PAUSES[index]);
        trial.say(`power cut of ${victim}`);
        await host.powerCut();
        await sleep(5000);
        await host.powerOn();
        await trial.converged(400);
      },
    }),
  ),
);

/** Every set of cut links among three hosts but the empty one. */
const LINKS: Link[] = [
  ['cnt1', 'cnt2'],
  ['cnt1', 'cnt3'],
  ['cnt2', 'cnt3'],
];
const partitions = [1, 2, 3, 4, 5, 6, 7].map((mask): BlankScenario => {
  const cut = LINKS.filter((_, index) => mask & (1 << index));
  const text = cut.map((link) => link.join('-')).join('-and-');
  return {
    name: `first-boot-partition-${text}`,
    summary: `first boot with the links ${text} cut for 45 s: at most one history, and nothing serves that must not`,
    begins: 'blank',
    async run(trial) {
      await trial.lab.partition(cut);
      await Promise.all(trial.controllers.map((host) => host.powerOn()));
      await sleep(45_000);
      const found = await histories(trial);
      expect(found.size <= 1, `two histories: ${[...found].join(' and ')}`);
      await trial.lab.heal();
      await trial.converged(400);
    },
  };
});

async function histories(trial: Trial): Promise<Set<string>> {
  const all = await Promise.all(trial.controllers.map(standing));
  return new Set(all.filter(({ cluster }) => cluster === 'Primary').map(({ history }) => history));
}

/** What the component galera of a host says that it waits for. */
export async function reason(trial: Trial, name: string): Promise<string> {
  const { stdout } = await trial.host(name).exec(['stackseed-node', 'status', '--json'], { timeout: 40 });
  const components: { name: string; reason: string }[] = stdout ? JSON.parse(stdout).components : [];
  return components.find((one) => one.name === 'galera')?.reason ?? '';
}

const oneMissing: BlankScenario = {
  name: 'one-missing',
  summary:
    'one controller never comes on the first day: the others say whom they wait for, and go on when it comes',
  begins: 'blank',
  async run(trial) {
    await trial.host('cnt1').powerOn();
    await trial.host('cnt2').powerOn();
    await until(120, 'cnt1 waits for cnt3', async () => /\bcnt3\b/.test(await reason(trial, 'cnt1')), 2000);
    await sleep(20_000);
    expect((await histories(trial)).size === 0, 'a database was created without cnt3');
    trial.say(`cnt1 says: ${await reason(trial, 'cnt1')}`);
    await trial.host('cnt3').powerOn();
    await trial.converged(400);
  },
};

export const boot: BlankScenario[] = [atOnce, ...inOrder, oneMissing, ...partitions, ...cuts];
