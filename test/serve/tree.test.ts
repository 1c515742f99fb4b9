import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../bench-serve/load.ts';
import { lay, spawned, stackseed } from '../cli/command.ts';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { until } from './standing.ts';

/** From the inventory to the installed host, with the real tree, as root: nothing of it is made by the test. */
const INVENTORY = `fleet: memo
domain: example.net
platform: debian-12
boot: { network: manage, server: 127.0.0.1, dhcp: none }
install: {}
networks:
  manage: { cidr: 10.9.0.0/24, gateway: 10.9.0.1 }
dns: { servers: [10.9.0.1] }
users:
  keeper: { ssh_keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1VWDDIFxQwSVUFQHHTYTLTMHSNDEnzsmyh9ilQnE3F a@b] }
hosts:
  cnt1:
    disks: [{ rule: only }]
    networks: { manage: { mac: "52:54:00:00:00:10", address: 10.9.0.11 } }
`;

needs(test, 'root')('what `stackseed pxe arm` lays is served to the host, until it has finished', () =>
  withFolder(async (folder) => {
    chmodSync(folder, 0o755);
    lay(folder, { 'inventory.yaml': INVENTORY });
    const run = async (...args: string[]) => {
      const ran = await stackseed(args, { cwd: folder });
      if (ran.status !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}`);
      return ran.stdout;
    };
    await run('secrets', 'init');
    await run('generate', '--no-iso');
    await run('pxe');
    await run('pxe', 'arm', 'cnt1');
    const port = await freePort();
    const server = spawn(process.execPath, [...spawned, 'serve', '--listen', `127.0.0.1:${port}`], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(server, 'exit');
    try {
      let said = '';
      server.stdout.on('data', (text) => {
        said += text;
      });
      await until(() => /serving/.test(said), 60);
      const tokens = join(folder, 'pxe/www/t');
      const ask = async (path: string) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        return { status: answer.status, text: await answer.text() };
      };
      const token = () => `/t/${readdirSync(tokens)[0]}`;
      assert.is((await ask('/images/debian-12/linux')).status, 200);
      // Armed before it was started, and armed anew while it runs.
      assert.is((await ask(`${token()}/preseed.cfg`)).status, 200);
      await run('pxe', 'arm', 'cnt1');
      const armed = token();
      await until(async () => (await ask(`${armed}/preseed.cfg`)).status === 200);
      assert.match((await ask(`${armed}/user-data`)).text, /^#cloud-config/);
      assert.match((await ask('/hosts/52:54:00:00:00:10.cfg')).text, new RegExp(armed));
      assert.equal(await ask(`${armed}/finished`), { status: 200, text: 'disarmed\n' });
      assert.equal(await ask(`${armed}/finished`), { status: 200, text: 'disarmed\n' });
      assert.is((await ask(`${armed}/preseed.cfg`)).status, 404);
      assert.is((await ask('/hosts/52:54:00:00:00:10.cfg')).status, 404);
      assert.not(existsSync(join(folder, 'pxe/www', armed)));
      assert.is(await run('pxe', 'list'), (await stackseed(['pxe', 'list'], { cwd: folder })).stdout);
      assert.not.match(await run('pxe', 'list'), /cnt1/);
    } finally {
      server.kill('SIGTERM');
      await gone;
    }
  }),
);

test.run();
