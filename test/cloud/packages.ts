import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, LabHost } from '../lab/lab.ts';
import { script } from '../lab/scripts.ts';
import { aptProxy } from '../qemu/proxy.ts';

/** The lab's own address on the management network, where hosts that install packages find a proxy. */
const CLIENT = '192.168.1.254';
const PORT = 3128;

/** For `apt.proxy` of an inventory. */
export const PROXY = `http://${CLIENT}:${PORT}`;

/** Debian's packages for hosts of a lab, from where this machine has them. Gives what ends it; the networks have to be there. */
export async function servePackages(lab: Lab): Promise<() => Promise<void>> {
  const found = lab.fleet().networks.some(({ client }) => client?.startsWith(`${CLIENT}/`));
  if (!found) throw new Error(`the lab is not at ${CLIENT}`);
  const proxy = await aptProxy();
  const [command = '', ...words] = [
    ...(await lab.switch.prefix()),
    ...['socat', `TCP-LISTEN:${PORT},bind=${CLIENT},fork,reuseaddr`, `UNIX-CONNECT:${proxy.socket}`],
  ];
  const relay: ChildProcess = spawn(command, words, { stdio: 'ignore' });
  return async () => {
    relay.kill('SIGTERM');
    await proxy.close();
  };
}

const MOUNT = '/usr/sbin/mount.nfs';

/** The lab's stand-in for NFS, which its layers have, on a host that installs the real one; once that is there. */
export async function standIn(host: LabHost): Promise<void> {
  while (!(await host.has(MOUNT))) await sleep(500);
  await host.must(['dpkg-divert', '--quiet', '--local', '--rename', '--add', MOUNT]);
  const input = readFileSync(script('mount.nfs'), 'utf8');
  await host.must(['dd', `of=${MOUNT}`, 'status=none'], { input });
  await host.must(['chmod', '0755', MOUNT]);
}
