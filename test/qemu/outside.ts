import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The rest of the world, as far as the machines of a lab can see: a network namespace with a DNS
 * server, which knows one name, a web server, and nothing else. Machines whose QEMU runs in it reach
 * it by QEMU's own router. So no test depends on what this machine can reach, or touches it.
 */
export interface Outside {
  /** Put before QEMU's command line. */
  within: string[];
  close(): Promise<void>;
}

/** The name and address that are known outside, and what the web server there says. */
export const known = { name: 'www.outside.example', address: '203.0.113.7', says: 'hello from outside' };

/** Where an HTTP proxy given to `openOutside` is found by the machines. */
export const proxyAddress = 'http://203.0.113.7:3128';

// QEMU's resolver is the first of /etc/resolv.conf, so that file is another one in here.
const world = `
set -eu
folder=$1 proxy=$2
ip link set lo up
ip address add ${known.address}/32 dev lo
mount --bind "$folder/resolv.conf" /etc/resolv.conf
dnsmasq --conf-file=/dev/null --no-hosts --no-resolv --listen-address=127.0.0.1 --bind-interfaces \\
  --user=root --pid-file --host-record=${known.name},${known.address}
socat TCP-LISTEN:80,bind=${known.address},fork,reuseaddr "EXEC:bash $folder/web.sh" &
[ -z "$proxy" ] || socat TCP-LISTEN:3128,bind=${known.address},fork,reuseaddr "UNIX-CONNECT:$proxy" &
: > "$folder/outside.ready"
exec sleep infinity
`;

// The request is read to its end, the empty line, or the answer is cut off.
const web = `
while read -r line && [ "$line" != $'\\r' ]; do :; done
printf 'HTTP/1.0 200 OK\\r\\n\\r\\n%s\\n' '${known.says}'
`;

/** Opens the outside in a folder of its own. `proxy` is the socket of an HTTP proxy. Needs root. */
export async function openOutside(folder: string, proxy = ''): Promise<Outside> {
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await writeFile(join(folder, 'web.sh'), web);
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...namespaces, 'bash', '-c', world, 'outside', folder, proxy],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const gone = once(child, 'close');
  while (!existsSync(join(folder, 'outside.ready'))) {
    if (child.exitCode !== null) throw new Error(`the outside ended with ${child.exitCode}`);
    await sleep(50);
  }
  return {
    within: ['nsenter', `--net=/proc/${child.pid}/ns/net`, `--mount=/proc/${child.pid}/ns/mnt`, '--'],
    async close() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
