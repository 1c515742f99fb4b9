import { dirname, join } from 'node:path';
import { rotateAuthority, rotateSecret } from '../../../src/secrets/index.ts';
import type { LabHost } from '../../lab/lab.ts';
import { statusOf } from '../../lab/status.ts';
import { takeSeed } from '../../lab/take.ts';
import { sql, standing } from '../database.ts';
import { absent, type Edit, insert, otherSeeds, ownSeeds } from '../generation.ts';
import type { StandingScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';
import { trustAuthority } from '../workload.ts';

export const CONNECTIONS = 1500;

/** Something for which every database has to be started anew. */
export const fewerConnections: Edit = (inventory) =>
  inventory.setIn(['groups', 'controllers', 'settings', 'galera', 'max_connections'], CONNECTIONS);

async function take(trial: Trial, folder: string, name: string, ...words: string[]): Promise<void> {
  await takeSeed(trial.host(name), folder, ...words);
  trial.say(`${name} has taken its new seed`);
}

/** One controller after another, each waited for. */
export async function takeEach(trial: Trial, folder: string): Promise<void> {
  for (const { name } of trial.controllers) await take(trial, folder, name, '--wait', '--timeout', '300');
}

export async function connections(trial: Trial): Promise<number[]> {
  const answers = await Promise.all(trial.controllers.map((host) => sql(host, 'SELECT @@max_connections')));
  return answers.map(([row]) => Number(row?.[0]));
}

function setting(name: string, summary: string, takeAll: (trial: Trial, folder: string) => Promise<void>) {
  return {
    name,
    summary,
    begins: 'standing',
    async run(trial, workload) {
      const [first] = trial.controllers;
      if (!first) throw new Error('a fleet without controllers');
      const before = await connections(trial);
      expect(!before.includes(CONNECTIONS), `the databases have ${before.join(', ')} connections already`);
      const all = (value: number) =>
        until(400, `all databases have ${value} connections`, async () =>
          (await connections(trial)).every((each) => each === value),
        );
      try {
        const folder = await otherSeeds(trial, name, fewerConnections);
        await takeAll(trial, folder);
        await trial.converged(400);
        await all(CONNECTIONS);
        await workload.writing(120);
        await backAndAgain(trial, first.name, before[0] ?? 0);
        await trial.converged(400);
        await all(CONNECTIONS);
      } finally {
        await ownSeeds(trial);
      }
    },
  } satisfies StandingScenario;
}

/**
 * One host goes back to the seed from before and takes the new one again. What runs in the cluster as a whole is of the new
 * generation, and Pacemaker says so; the rest of the host is as it was.
 */
async function backAndAgain(trial: Trial, name: string, connectionsBefore: number): Promise<void> {
  const host = trial.host(name);
  await host.must(['stackseed-node', 'apply', '--back'], { timeout: 60 });
  await until(
    400,
    `${name} has the setting from before, and Pacemaker there says that it is an old one`,
    async () => {
      const { node } = await statusOf(host);
      const bad = node?.components.filter(({ state }) => state !== 'healthy') ?? [];
      const [found] = await sql(host, 'SELECT @@max_connections').catch(() => []);
      return Number(found) === connectionsBefore && bad.length === 1 && bad.every(isOld);
    },
    2000,
  );
  trial.say(`${name} has gone back`);
  await host.must(['stackseed-node', 'apply', '/root/seed', '--wait', '--timeout', '300'], { timeout: 400 });
  trial.say(`${name} has taken its new seed again`);
}

function isOld({ name, reason }: { name: string; reason: string }): boolean {
  return name === 'pacemaker' && reason.includes('needs the new seed');
}

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

/** A secret and certificates that controllers can be given one after another: all that is needed to join is in what stays. */
const REPLACED = ['rabbitmq-admin', 'galera', 'rabbitmq'];
/** What hosts know each other and the operator by: for one generation two values of it are good. */
const OVERLAPPING = ['corosync', 'peers', 'redis', 'report', 'seed-signature'];

const rotation: StandingScenario = {
  name: 'live-rotate',
  summary:
    'passwords, keys and the certificates of both clusters are replaced, one controller after another; then those keys once more of which two were good',
  begins: 'standing',
  async run(trial, workload) {
    const [first] = trial.controllers;
    if (!first) throw new Error('a fleet without controllers');
    const before = await secretsOf(first);
    const password = await redisPassword(first);
    await rotate(trial, [...REPLACED, ...OVERLAPPING]);
    await workload.writing(120);
    for (const host of trial.controllers) {
      const after = await secretsOf(host);
      const same = Object.keys(before).filter((what) => before[what] === after[what]);
      expect(same.length === 0, `${host.name} has the same ${same.join(', ')} as before`);
      await host.must(['bash', '-c', AUTHENTICATES], { timeout: 60 });
      expect(await takes(host, password), `Redis of ${host.name} refuses the password from before already`);
    }
    const seeds = await rotate(trial, OVERLAPPING);
    await workload.writing(120);
    for (const host of trial.controllers)
      expect(!(await takes(host, password)), `Redis of ${host.name} takes a password of two rotations ago`);
    await insert(
      trial,
      seeds,
      trial.controllers.map(({ name }) => name),
    );
  },
};

const authority: StandingScenario = {
  name: 'live-authority',
  summary:
    "the fleet's certificate authority is replaced by another in three steps, each brought to one controller after another",
  begins: 'standing',
  async run(trial, workload) {
    const [first] = trial.controllers;
    if (!first) throw new Error('a fleet without controllers');
    const before = await certificates(first, '-issuer');
    let seeds = '';
    for (const step of ['another is trusted', 'another signs', 'the one before is gone']) {
      const stage = await rotateAuthority(join(trial.lab.folder, 'secrets.yaml'));
      expect(stage === step, `the step is "${stage}", not "${step}"`);
      trustAuthority(trial);
      seeds = await trial.lab.generate();
      await takeEach(trial, dirname(seeds));
      await trial.converged(400);
      await workload.writing(120);
      trial.say(`${step}, on all`);
    }
    for (const host of trial.controllers) {
      const after = await certificates(host, '-issuer');
      for (const [what, issuer] of Object.entries(after))
        expect(issuer !== before[what], `${what} of ${host.name} is still of ${issuer}`);
      const trusted = await host.must(['grep', '-c', 'BEGIN', '/etc/mysql/stackseed/ca.crt']);
      expect(trusted.trim() === '1', `${host.name} trusts ${trusted.trim()} authorities`);
    }
    await insert(
      trial,
      seeds,
      trial.controllers.map(({ name }) => name),
    );
  },
};

/** What openssl says of the certificates that are shown to those who connect. */
async function certificates(host: LabHost, what: string): Promise<Record<string, string>> {
  return {
    'certificate of the database': await shown(host, 3306, what, '-starttls mysql'),
    'certificate of the message queue': await shown(host, 5671, what, ''),
  };
}

async function shown(host: LabHost, port: number, what: string, options: string): Promise<string> {
  const script = `. /etc/stackseed/node.env
    openssl s_client ${options} -connect "$STACKSEED_MANAGE_ADDRESS:${port}" </dev/null 2>/dev/null |
    openssl x509 -noout ${what}`;
  return (await host.must(['bash', '-c', script], { timeout: 60 })).trim();
}

/** Replaces secrets, and brings the new seeds to one controller after another. Gives their folder. */
async function rotate(trial: Trial, labels: string[]): Promise<string> {
  for (const label of labels) await rotateSecret(join(trial.lab.folder, 'secrets.yaml'), label);
  const seeds = await trial.lab.generate();
  const before = await Promise.all(trial.controllers.map(corosyncOf));
  await takeEach(trial, dirname(seeds));
  await trial.converged(400);
  // The last one to be brought its seed is what the others have waited for.
  await until(180, 'every Corosync has the new key, and all are members', async () => {
    const [first, ...others] = await Promise.all(trial.controllers.map(corosyncOf));
    const same = others.every(({ key, members }) => key === first?.key && members === first?.members);
    return same && first?.key !== before[0]?.key && first?.members === trial.controllers.length;
  });
  const after = await Promise.all(trial.controllers.map(corosyncOf));
  const restarted = trial.controllers.filter((_, index) => before[index]?.pid !== after[index]?.pid);
  expect(restarted.length === 0, `Corosync of ${restarted.map(({ name }) => name).join(', ')} was restarted`);
  return seeds;
}

/** The name of the key that Corosync runs with, the members that it sees, and its process. */
async function corosyncOf(host: LabHost): Promise<{ key: string; members: number; pid: string }> {
  const [key = '', members = '', pid = ''] = (
    await host.must([
      'bash',
      '-c',
      `cat /run/stackseed/corosync.key
      corosync-cmapctl runtime.members | grep -c 'status.*joined'
      systemctl show --property MainPID --value corosync`,
    ])
  ).split('\n');
  return { key, members: Number(members), pid };
}

async function redisPassword(host: LabHost): Promise<string> {
  return (await host.must(['sed', '-n', 's/^requirepass //p', '/etc/stackseed/redis.conf'])).trim();
}

async function takes(host: LabHost, password: string): Promise<boolean> {
  const { stdout } = await host.script(`. /etc/stackseed/node.env
    REDISCLI_AUTH=${password} redis-cli -h "$STACKSEED_MANAGE_ADDRESS" PING 2>&1`);
  return stdout.trim() === 'PONG';
}

/** With the password of the seed, by which nothing but RabbitMQ itself knows it. */
const AUTHENTICATES =
  'rabbitmqctl -q authenticate_user stackseed "$(cat /etc/rabbitmq/stackseed/admin.password)"';

/** What is in force on a controller, as digests: what it shows to those who connect, and its files. */
async function secretsOf(host: LabHost): Promise<Record<string, string>> {
  const digest = async (script: string) => (await host.must(['bash', '-c', script], { timeout: 60 })).trim();
  return {
    password: await digest('sha256sum </etc/rabbitmq/stackseed/admin.password'),
    ...(await certificates(host, '-fingerprint -sha256')),
  };
}

export const live: StandingScenario[] = [
  setting(
    'live-setting',
    'a setting of the database changes, and each controller takes its new seed as it runs, one after another; then one goes back, and forth again',
    takeEach,
  ),
  setting(
    'live-setting-at-once',
    'the same, all controllers at one moment: they start their databases anew one after another by themselves',
    async (trial, folder) => {
      await Promise.all(trial.controllers.map(({ name }) => take(trial, folder, name)));
    },
  ),
  rotation,
  authority,
  shrinkAndGrow,
];
