import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sql, standing } from '../database.ts';
import { absent, type Edit, insert, otherSeeds, ownSeeds } from '../generation.ts';
import type { StandingScenario } from '../scenario.ts';
import { expect, type Trial } from '../trial.ts';

const CONNECTIONS = 1500;

/** Something for which every database has to be started anew. */
const fewerConnections: Edit = (inventory) =>
  inventory.setIn(['groups', 'controllers', 'settings', 'galera', 'max_connections'], CONNECTIONS);

/** Brings a host's new seed, of an output folder, into it, as an operator would by scp, and has it taken while the host runs. */
async function take(trial: Trial, folder: string, name: string, ...words: string[]): Promise<void> {
  const host = trial.host(name);
  const from = join(folder, 'hosts', name);
  await host.must(['mkdir', '-p', '-m', '0700', '/root/seed']);
  for (const file of readdirSync(from))
    await host.must(['dd', `of=/root/seed/${file}`, 'status=none'], {
      input: readFileSync(join(from, file)),
    });
  await host.must(['stackseed-node', 'apply', '/root/seed', ...words], { timeout: 400 });
  trial.say(`${name} has taken its new seed`);
}

async function connections(trial: Trial): Promise<number[]> {
  const answers = await Promise.all(trial.controllers.map((host) => sql(host, 'SELECT @@max_connections')));
  return answers.map(([row]) => Number(row?.[0]));
}

function setting(name: string, summary: string, takeAll: (trial: Trial, folder: string) => Promise<void>) {
  return {
    name,
    summary,
    begins: 'standing',
    async run(trial, workload) {
      const before = await connections(trial);
      expect(!before.includes(CONNECTIONS), `the databases have ${before.join(', ')} connections already`);
      try {
        await takeAll(trial, await otherSeeds(trial, name, fewerConnections));
        await trial.converged(400);
        await workload.writing(120);
        const after = await connections(trial);
        expect(
          after.every((each) => each === CONNECTIONS),
          `the databases have ${after.join(', ')} connections`,
        );
        for (const { name: host } of trial.controllers) await trial.host(host).must(BACK, { timeout: 400 });
        await trial.converged(400);
        expect((await connections(trial)).join() === before.join(), 'the seed from before did not come back');
      } finally {
        await ownSeeds(trial);
      }
    },
  } satisfies StandingScenario;
}

const BACK = ['stackseed-node', 'apply', '--back', '--wait', '--timeout', '300'];

/** Who stays, and who goes and comes. */
const [STAY, COME] = [
  ['cnt1', 'cnt2', 'cnt3'],
  ['cnt4', 'cnt5'],
];

/** Members of database, message queue and Corosync, as one controller has them. */
async function members(trial: Trial, name: string): Promise<number[]> {
  const host = trial.host(name);
  const lines = async (script: string) =>
    Number((await host.must(['bash', '-c', script], { timeout: 60 })).trim());
  return [
    (await standing(host)).size,
    await lines(`rabbitmqctl -q cluster_status --formatter json | python3 -c '
import json, sys
print(len(json.load(sys.stdin)["disk_nodes"]))'`),
    await lines("corosync-cmapctl -b nodelist.node | grep -c '[.]nodeid '"),
  ];
}

async function expectMembers(trial: Trial, names: string[]): Promise<void> {
  for (const name of names) {
    const found = await members(trial, name);
    expect(
      found.every((each) => each === names.length),
      `${name} has ${found.join(', ')} members of database, message queue and Corosync`,
    );
  }
}

const shrinkAndGrow: StandingScenario = {
  name: 'live-shrink-and-grow',
  summary:
    'five controllers become three and five again, the three taking their seeds as they run; the two come back with blank disks (CONTROLLERS=5)',
  begins: 'standing',
  async run(trial, workload) {
    expect(
      trial.controllers.length === STAY.length + COME.length,
      'it takes five controllers: CONTROLLERS=5',
    );
    try {
      for (const name of COME) await trial.host(name).powerOff();
      const three = await otherSeeds(trial, 'three', ...COME.map(absent));
      for (const name of STAY) await take(trial, three, name);
      await trial.converged(400, STAY);
      await workload.writing(120);
      await expectMembers(trial, STAY);
      trial.say('three are the whole cluster');
      const five = await trial.lab.generate();
      for (const name of STAY) await take(trial, dirname(five), name);
      await insert(trial, five, COME);
      for (const name of COME) await trial.host(name).wipe();
      for (const name of COME) await trial.host(name).powerOn();
      await trial.converged(600);
      await workload.writing(120);
      await expectMembers(trial, [...STAY, ...COME]);
    } finally {
      await ownSeeds(trial);
    }
  },
};

export const live: StandingScenario[] = [
  setting(
    'live-setting',
    'a setting of the database changes, and each controller takes its new seed as it runs, one after another; then each goes back',
    async (trial, folder) => {
      for (const { name } of trial.controllers) await take(trial, folder, name, '--wait', '--timeout', '300');
    },
  ),
  setting(
    'live-setting-at-once',
    'the same, all controllers at one moment: they start their databases anew one after another by themselves',
    async (trial, folder) => {
      await Promise.all(trial.controllers.map(({ name }) => take(trial, folder, name)));
    },
  ),
  shrinkAndGrow,
];
