import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../fixtures.ts';
import type { LabHost } from '../lab/lab.ts';
import { gate, sql, standing } from './database.ts';
import { expect, type Trial } from './trial.ts';

/** A row of the table that says how each service is made redundant. Its check throws with what is not so. */
interface Row {
  service: string;
  how: string;
  check(trial: Trial): Promise<void>;
}

const rows: Row[] = [
  { service: 'database', how: 'a Galera cluster on the controllers', check: database },
  { service: 'message queue', how: 'a RabbitMQ cluster with replicated queues', check: messageQueue },
  { service: 'memcached', how: 'one a controller', check: memcached },
  { service: 'HAProxy', how: 'under Pacemaker, with the virtual addresses', check: loadBalancer },
];

/** Looks in a standing fleet whether every row of the table is true. Throws with all rows that are not. */
export async function checkRedundancy(trial: Trial): Promise<void> {
  const wrong: string[] = [];
  for (const { service, how, check } of rows) {
    const problem = await check(trial).catch((error: unknown) => String(error));
    trial.say(`${service}: ${how}: ${problem ?? 'true'}`);
    if (problem !== undefined) wrong.push(`${service}: ${problem}`);
  }
  expect(wrong.length === 0, wrong.join('\n'));
  await doctor(trial);
}

/** What a node says of the same table: nothing is wrong; and with a service stopped, that one and where. */
async function doctor(trial: Trial): Promise<void> {
  const [first, second] = trial.controllers as [LabHost, LabHost];
  const examine = () => first.exec(['stackseed-node', 'doctor'], { timeout: 60 });
  const well = await examine();
  trial.say(`doctor:\n${well.stdout}`);
  expect(well.status === 0 && !/^wrong/m.test(well.stdout), `the doctor finds\n${well.stdout}${well.stderr}`);
  for (const service of ['database', 'message queue', 'memcached', 'HAProxy'])
    expect(new RegExp(`^well +${service} +`, 'm').test(well.stdout), `the doctor leaves out ${service}`);
  await second.must(['systemctl', 'stop', 'memcached.service']);
  const wrong = await examine();
  await second.must(['systemctl', 'start', 'memcached.service']);
  const line = new RegExp(`^wrong +memcached +${second.name}: Connection refused$`, 'm');
  expect(
    wrong.status === 1 && line.test(wrong.stdout),
    `the doctor does not find a service stopped\n${wrong.stdout}`,
  );
}

/** One component and history, all of it in use, and what one member takes the others have. */
async function database(trial: Trial): Promise<void> {
  const { controllers } = trial;
  for (const host of controllers) {
    const { cluster, state, history, size } = await standing(host);
    const first = await standing(controllers[0] as LabHost);
    expect(cluster === 'Primary' && state === 'Synced', `${host.name} is ${cluster} and ${state}`);
    expect(size === controllers.length, `${host.name} sees ${size} members`);
    expect(history === first.history, `${host.name} has another history than ${controllers[0]?.name}`);
    expect((await gate(host)) === 200, `${host.name} is not open for the load balancers`);
  }
  await sql(
    controllers[0] as LabHost,
    'CREATE DATABASE IF NOT EXISTS chaos; CREATE OR REPLACE TABLE chaos.redundancy (host VARCHAR(64) PRIMARY KEY)',
  );
  for (const host of controllers) await sql(host, `INSERT INTO chaos.redundancy VALUES ('${host.name}')`);
  for (const host of controllers) {
    const have = await sql(
      host,
      'SET SESSION wsrep_sync_wait=1; SELECT host FROM chaos.redundancy ORDER BY host',
    );
    const names = controllers.map(({ name }) => name).sort();
    expect(have.join() === names.join(), `${host.name} has of the rows of all only ${have.join(' ')}`);
  }
}

/** Every broker takes clients, all are in one cluster, and a client's queue has a copy on each. */
async function messageQueue(trial: Trial): Promise<void> {
  const { controllers } = trial;
  const nodes = controllers.map(({ name }) => `rabbit@${name}`).sort();
  const [first] = controllers as [LabHost];
  const status = JSON.parse(await first.must(['rabbitmqctl', '-q', 'cluster_status', '--formatter', 'json']));
  const running = (status.running_nodes as string[]).sort();
  expect(running.join() === nodes.join(), `the cluster runs on ${running.join(' ')} only`);
  const queue = await throughEveryBroker(trial);
  const columns = ['name', 'type', 'members', 'online'];
  const listed: { name: string; type: string; members: string[]; online: string[] }[] = JSON.parse(
    await first.must(['rabbitmqctl', '-q', 'list_queues', ...columns, '--formatter', 'json']),
  );
  const found = listed.find(({ name }) => name === queue);
  expect(found?.type === 'quorum', `the queue of a client is of type ${found?.type}`);
  for (const copies of [found?.members ?? [], found?.online ?? []])
    expect(
      copies.sort().join() === nodes.join(),
      `the queue of a client has copies on ${copies.join(' ')} only`,
    );
  await leaderless(first, queue);
  await first.must(['rabbitmqctl', '-q', 'delete_queue', queue]);
}

/**
 * Leaves a queue as a power cut does that comes between the start of its copies and their first election: on every broker
 * a copy that follows nobody.
 */
const LEADERLESS = (queue: string) => `Name = list_to_atom("%2F_${queue}"),
  Nodes = lists:sort(rabbit_nodes:all_running()),
  Folder = fun(N) -> rpc:call(N, ra_env, server_data_dir,
    [quorum_queues, rpc:call(N, ra_directory, uid_of, [quorum_queues, Name])]) end,
  Read = fun(N) -> {ok, [Conf]} = rpc:call(N, file, consult, [filename:join(Folder(N), "config")]), {N, Conf} end,
  Confs = [Read(N) || N <- Nodes],
  [ok = rpc:call(N, ra, force_delete_server, [quorum_queues, {Name, N}]) || N <- Nodes],
  [rpc:call(N, ra_leaderboard, clear, [Name]) || N <- Nodes],
  Anew = fun(Conf) -> Uid = ra:new_uid(atom_to_binary(Name, utf8)),
    Conf#{uid => Uid, log_init_args => #{uid => Uid}} end,
  [ok = rpc:call(N, ra, start_server, [quorum_queues, Anew(Conf)]) || {N, Conf} <- Confs], ok.`;

/** A queue that nobody leads is found by the doctor, and led again when the timer's program has run on one controller. */
async function leaderless(host: LabHost, queue: string): Promise<void> {
  await host.must(['rabbitmqctl', '-q', 'eval', LEADERLESS(queue)]);
  const wrong = await host.exec(['stackseed-node', 'doctor'], { timeout: 60 });
  expect(
    wrong.stdout.includes(`nobody leads 1 queues, such as ${queue}`),
    `the doctor does not find a queue that nobody leads\n${wrong.stdout}`,
  );
  await host.must(['systemctl', 'is-active', 'stackseed-rabbitmq-elect.timer']);
  await host.must(['systemctl', 'start', 'stackseed-rabbitmq-elect.service'], { timeout: 120 });
  const journal = await host.must([
    'journalctl',
    '-t',
    'stackseed-rabbitmq-elect',
    '-o',
    'cat',
    '--no-pager',
  ]);
  expect(journal.includes(queue), `nothing says that ${queue} was led by nobody: ${journal}`);
}

/** The name of the queue that messages went through, from each broker to the next. */
async function throughEveryBroker(trial: Trial): Promise<string> {
  const [first] = trial.controllers as [LabHost];
  const secrets: { ca: { certificate: string } } = parse(
    readFileSync(join(trial.lab.folder, 'secrets.yaml'), 'utf8'),
  );
  const authority = join(trial.folder, 'ca.pem');
  writeFileSync(authority, secrets.ca.certificate);
  const password = await first.must(['cat', '/etc/rabbitmq/stackseed/admin.password']);
  const brokers = await Promise.all(trial.controllers.map(manageAddress));
  const program = join(root, 'test/redundancy/queue.ts');
  const { code, stdout, stderr } = await trial.lab.switch.exec(
    [process.execPath, '--import', 'tsx', program, authority, 'stackseed', ...brokers],
    { cwd: root, env: { ...process.env, QUEUE_PASSWORD: password.trim() } },
  );
  expect(code === 0, /^.*Error: (.*)$/m.exec(stderr)?.[1] ?? stderr);
  return stdout.trim();
}

/** Each answers to clients, and each has what it was given and nothing of the others. */
async function memcached(trial: Trial): Promise<void> {
  const key = `redundancy-${randomBytes(8).toString('hex')}`;
  const addresses = await Promise.all(trial.controllers.map(manageAddress));
  for (const [index, address] of addresses.entries()) {
    const { name } = trial.controllers[index] as LabHost;
    const before = await talk(trial, address, `get ${key}`);
    expect(before === 'END', `memcached of ${name} answers "${before}"`);
    const stored = await talk(trial, address, `set ${key} 0 60 ${name.length}\r\n${name}`);
    expect(stored === 'STORED', `memcached of ${name} does not keep what it is given: "${stored}"`);
  }
  for (const [index, address] of addresses.entries()) {
    const { name } = trial.controllers[index] as LabHost;
    const kept = await talk(trial, address, `get ${key}`);
    expect(kept === `VALUE ${key} 0 ${name.length}\r\n${name}\r\nEND`, `memcached of ${name} has "${kept}"`);
  }
}

/** What memcached says to a command from the machine beside the hosts. */
async function talk(trial: Trial, address: string, command: string): Promise<string> {
  const script = `exec 3<>"/dev/tcp/$1/11211" && cat >&3 && timeout 5 cat <&3`;
  const { stdout } = await trial.lab.switch.exec(['timeout', '10', 'bash', '-c', script, 'bash', address], {
    input: `${command}\r\nquit\r\n`,
  });
  return stdout.trim();
}

/** One runs on each controller, none by systemd's own wish, all addresses are on one, and it answers there. */
async function loadBalancer(trial: Trial): Promise<void> {
  const { controllers, lab } = trial;
  const names = controllers.map(({ name }) => name).sort();
  const [first] = controllers as [LabHost];
  const resources = resourcesOf(await first.must(['crm_mon', '--one-shot', '--output-as=xml']));
  const balancers = resources.filter(({ id }) => id === 'haproxy').map(({ node }) => node);
  expect(balancers.sort().join() === names.join(), `Pacemaker runs HAProxy on ${balancers.join(' ')} only`);
  for (const host of controllers) {
    const { stdout } = await host.exec(['systemctl', 'is-enabled', 'haproxy.service']);
    expect(stdout.trim() === 'disabled', `haproxy.service of ${host.name} is ${stdout.trim()}`);
    await host.must(['pidof', 'haproxy']);
  }
  const addresses = resources.filter(({ agent }) => agent === 'ocf:stackseed:address');
  const holders = new Set(addresses.map(({ node }) => node));
  expect(addresses.length === 2, `Pacemaker holds ${addresses.length} virtual addresses`);
  expect(holders.size === 1, `the virtual addresses are on ${[...holders].join(' and ')}`);
  const answering = await lab.arp('manage', trial.vip, 2);
  expect(answering.join() === [...holders].join(), `${answering.join(' and ')} answers for ${trial.vip}`);
  const greeting = `exec 3<>"/dev/tcp/$1/3306" && timeout 5 head -c 64 <&3`;
  const { stdout } = await lab.switch.exec(['timeout', '10', 'bash', '-c', greeting, 'bash', trial.vip]);
  expect(/mariadb/i.test(stdout), `no database answers on ${trial.vip}`);
}

interface Resource {
  id: string;
  agent: string;
  node: string;
}

/** Those that run, of what crm_mon prints: one entry for each place. */
function resourcesOf(xml: string): Resource[] {
  return [...xml.matchAll(/<resource ([^>]*[^/>])>(.*?)<\/resource>/gs)].flatMap(
    ([, head = '', body = '']) => {
      const attribute = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(head)?.[1] ?? '';
      if (attribute('role') !== 'Started' || attribute('failed') !== 'false') return [];
      const nodes = [...body.matchAll(/<node name="([^"]+)"/g)].map(([, node = '']) => node);
      return nodes.map((node) => ({ id: attribute('id'), agent: attribute('resource_agent'), node }));
    },
  );
}

async function manageAddress(host: LabHost): Promise<string> {
  return host.must(['bash', '-c', '. /etc/stackseed/node.env; printf %s "$STACKSEED_MANAGE_ADDRESS"']);
}
