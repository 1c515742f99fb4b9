import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks every API of a cloud on its public address for something that needs the database, and pings a server, each once
 * a second and on a connection of its own; prints "NAME +" or "NAME - WHY" for each:
 *   node --import tsx user.ts ADDRESS NAME CA SERVER    with the administrator's password in OS_PASSWORD
 */
const [address = '', servername = '', authority = '', server = ''] = process.argv.slice(2);
const ca = readFileSync(authority, 'utf8');
/** Seconds for an answer. */
const PATIENCE = 10;

let token = '';
let project = '';

interface Answer {
  status: number;
  token: string;
  body: string;
}

function ask(port: number, path: string, more: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE * 1000);
    const options = { host: address, port, path, servername, ca, agent: false as const, signal, ...more };
    const asked = request(options, (answer) => {
      let text = '';
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          token: String(answer.headers['x-subject-token'] ?? ''),
          body: text,
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function login(): Promise<void> {
  const domain = { name: 'Default' };
  const user = { name: 'admin', domain, password: process.env['OS_PASSWORD'] };
  const auth = {
    identity: { methods: ['password'], password: { user } },
    scope: { project: { name: 'admin', domain } },
  };
  const headers = { 'content-type': 'application/json' };
  const answer = await ask(5000, '/v3/auth/tokens', { method: 'POST', headers }, JSON.stringify({ auth }));
  if (answer.status !== 201) throw new Error(`status ${answer.status}`);
  token = answer.token;
  project = (JSON.parse(answer.body) as { token: { project: { id: string } } }).token.project.id;
}

const list = (port: number, path: () => string) => async (): Promise<void> => {
  if (!token) throw new Error('no token yet');
  const { status } = await ask(port, path(), { headers: { 'x-auth-token': token } });
  if (status !== 200) throw new Error(`status ${status}`);
};

function ping(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('busybox', ['ping', '-c', '1', '-W', '1', server], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error('no answer'))));
  });
}

async function watch(name: string, probe: () => Promise<void>): Promise<void> {
  for (;;) {
    const failure = await probe().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    console.log(failure === undefined ? `${name} +` : `${name} - ${failure.replaceAll('\n', ' ')}`);
    await sleep(1000);
  }
}

await Promise.all([
  watch('keystone', login),
  watch(
    'nova',
    list(8774, () => '/v2.1/servers?limit=1'),
  ),
  watch(
    'neutron',
    list(9696, () => '/v2.0/networks?limit=1'),
  ),
  watch(
    'glance',
    list(9292, () => '/v2/images?limit=1'),
  ),
  watch(
    'cinder',
    list(8776, () => `/v3/${project}/volumes?limit=1`),
  ),
  watch('ping', ping),
]);
