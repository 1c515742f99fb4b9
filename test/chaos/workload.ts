import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { root } from '../fixtures.ts';
import { sql, standing } from './database.ts';
import { expect, type Trial, until } from './trial.ts';
import { type Entry, longestGap, numbers, readLog } from './workload/log.ts';

/** What uses the fleet all the time while it is being broken, and is read at the end. */
export interface Workload {
  /** Entries so far. */
  rows(): Entry[];
  published(): Entry[];
  received(): Entry[];
  /** Waits until rows are acknowledged again; gives the seconds. */
  writing(limit: number): Promise<number>;
  stop(): Promise<void>;
  /** Stops, and throws unless everything acknowledged is there, the same on all nodes. */
  verify(): Promise<Verdict>;
}

export interface Verdict {
  rows: number;
  messages: number;
  /** Longest time without an acknowledged row, in milliseconds. */
  gap: number;
}

/** Has the clients, when they connect next, trust whom the secrets say as they are now. Gives the file's path. */
export function trustAuthority(trial: Trial): string {
  const file = join(trial.folder, 'ca.pem');
  const { ca }: { ca: { certificate: string; next?: { certificate: string }; before?: string } } = parse(
    readFileSync(join(trial.lab.folder, 'secrets.yaml'), 'utf8'),
  );
  writeFileSync(file, [ca.certificate, ca.next?.certificate, ca.before].filter(Boolean).join('\n'));
  return file;
}

/** Starts the writer, the publisher and the receiver on the machine beside the hosts. */
export async function startWorkload(trial: Trial): Promise<Workload> {
  const password = randomBytes(16).toString('hex');
  await makeAccounts(trial, password);
  const began = Date.now();
  // What an earlier trial left must not count for this one.
  const queue = `chaos-${began}`;
  const authority = trustAuthority(trial);
  const brokers = trial.controllers.map(address);
  const log = (name: string): string => join(trial.folder, name);
  // A scenario may have had a workload of its own.
  for (const name of ['rows', 'published', 'received']) rmSync(log(name), { force: true });
  const children = [
    await start(trial, password, 'writer', [trial.vip, log('rows')]),
    await start(trial, password, 'messages', ['publish', queue, authority, log('published'), ...brokers]),
    await start(trial, password, 'messages', ['receive', queue, authority, log('received'), ...brokers]),
  ];
  const entries = (name: string) => (existsSync(log(name)) ? readLog(log(name)) : []);
  const rows = () => entries('rows');
  const acknowledged = () => numbers(rows(), '+').length;
  const finished = () => Promise.all(children.map(stopped));

  async function drained(): Promise<void> {
    children[1]?.kill('SIGTERM');
    const confirmed = numbers(entries('published'), '+');
    const missing = () => {
      const came = new Set(numbers(entries('received'), '<'));
      return confirmed.filter((number) => !came.has(number));
    };
    await until(60, 'all confirmed messages received', async () => missing().length === 0).catch(() => {
      const lost = missing();
      throw new Error(`${lost.length} confirmed messages lost, such as ${lost.slice(0, 10).join(', ')}`);
    });
  }

  return {
    rows,
    published: () => entries('published'),
    received: () => entries('received'),
    async writing(limit) {
      const before = acknowledged();
      return until(limit, 'rows are written', async () => acknowledged() > before + 1, 50);
    },
    async stop() {
      for (const child of children) child.kill('SIGTERM');
      await finished();
    },
    async verify() {
      children[0]?.kill('SIGTERM');
      await sleep(1000);
      const acked = numbers(rows(), '+');
      await sameEverywhere(trial, acked);
      await drained();
      for (const child of children) child.kill('SIGTERM');
      await finished();
      const verdict = {
        rows: acked.length,
        messages: numbers(entries('published'), '+').length,
        gap: longestGap(rows(), began).gap,
      };
      expect(verdict.rows > 0, 'not one row was acknowledged');
      expect(verdict.messages > 0, 'not one message was confirmed');
      trial.say(
        `all there: ${verdict.rows} rows, ${verdict.messages} messages; longest pause ${verdict.gap} ms`,
      );
      return verdict;
    },
  };
}

function address(host: { spec: { name: string }; name: string }): string {
  return addresses.get(host.name) ?? host.name;
}

/** Management addresses by host, read from the seeds once the lab is up. */
const addresses = new Map<string, string>();

export async function learnAddresses(trial: Trial): Promise<void> {
  for (const host of trial.controllers) {
    const script = '. /etc/stackseed/node.env; printf %s "$STACKSEED_MANAGE_ADDRESS"';
    addresses.set(host.name, await host.must(['bash', '-c', script]));
  }
}

async function makeAccounts(trial: Trial, password: string): Promise<void> {
  await learnAddresses(trial);
  const [first] = trial.controllers;
  if (!first) throw new Error('a trial needs a controller');
  await sql(
    first,
    `CREATE DATABASE IF NOT EXISTS chaos;
     DROP TABLE IF EXISTS chaos.entry;
     CREATE TABLE chaos.entry (number BIGINT PRIMARY KEY, at TIMESTAMP DEFAULT NOW());
     CREATE OR REPLACE USER chaos@'%' IDENTIFIED BY '${password}';
     GRANT ALL ON chaos.* TO chaos@'%';`,
  );
  // Each of its commands is a second of work, and gives up when the machine is busy.
  const script = `set -o pipefail
    end=$((SECONDS + 180))
    while [ "$SECONDS" -lt "$end" ]; do
      verb=add_user
      if rabbitmqctl -q list_users </dev/null | grep -q ^chaos; then verb=change_password; fi
      printf '%s' "$1" | rabbitmqctl -q $verb chaos && rabbitmqctl -q set_permissions chaos '.*' '.*' '.*' </dev/null && exit
    done
    exit 1`;
  await first.must(['bash', '-c', script, 'bash', password], { timeout: 240 });
}

async function start(trial: Trial, password: string, name: string, words: string[]): Promise<ChildProcess> {
  const program = join(root, 'test/chaos/workload', `${name}.ts`);
  const [command = '', ...rest] = [
    ...(await trial.lab.switch.prefix()),
    process.execPath,
    '--import',
    'tsx',
    program,
    ...words,
  ];
  const output = openSync(join(trial.folder, `${name}-${words[0]}.err`), 'a');
  return spawn(command, rest, {
    cwd: root,
    env: { ...process.env, CHAOS_PASSWORD: password },
    stdio: ['ignore', output, output],
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(timer);
}

/** Every acknowledged row on every node, in one history, and no node with rows that another has not. */
async function sameEverywhere(trial: Trial, acked: number[]): Promise<void> {
  const found = await Promise.all(
    trial.controllers.map(async (host) => {
      const { history } = await standing(host);
      const rows = await sql(host, 'SET SESSION wsrep_sync_wait=1; SELECT number FROM chaos.entry', 60);
      return { name: host.name, history, numbers: new Set(rows.map(([number]) => Number(number))) };
    }),
  );
  const [first] = found;
  if (!first) throw new Error('no node has rows');
  for (const { name, history, numbers: have } of found) {
    const lost = acked.filter((number) => !have.has(number));
    expect(
      lost.length === 0,
      `${name} has lost ${lost.length} acknowledged rows, such as ${lost.slice(0, 10).join(', ')}`,
    );
    expect(
      history === first.history,
      `${name} runs history ${history}, and ${first.name} runs ${first.history}`,
    );
    expect(
      have.size === first.numbers.size,
      `${name} has ${have.size} rows, and ${first.name} has ${first.numbers.size}`,
    );
  }
}
