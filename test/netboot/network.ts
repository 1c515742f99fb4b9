import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A switch with a boot server, and perhaps the site's own DHCP server, apart from this machine's network. */
export interface BootLan {
  /** Command line that a program is put behind to run beside the boot server. */
  within: string[];
  /** A port of the switch: name of a tap device. */
  port(): string;
  /** Requests that the web server has answered, "ADDRESS PATH STATUS-OR-SIZE". */
  requests(): string[];
  /** What dnsmasq says. */
  log(): string;
  close(): void;
}

const ADDRESS = '10.77.0.1';
const OTHER = '10.77.0.2';
let opened = 0;

/**
 * Puts a tree onto a network: dnsmasq runs with `conf`, a web server over www/. With `site` another DHCP server at
 * 10.77.0.2 gives out addresses and knows nothing of booting.
 */
export async function openLan(options: {
  folder: string;
  tree: string;
  conf: string;
  site?: boolean;
}): Promise<BootLan> {
  const { folder, tree, conf, site } = options;
  const name = `stackseed-${process.pid}-${opened++}`;
  const children: ChildProcess[] = [];
  let ports = 0;
  const namespaces = [name, ...(site ? [`${name}-site`] : [])];
  const within = ['ip', 'netns', 'exec', name];
  const start = (log: string, argv: string[]) => {
    const [program = '', ...rest] = ['setpriv', '--pdeathsig', 'KILL', ...argv];
    const child = spawn('ip', ['netns', 'exec', log === 'site' ? `${name}-site` : name, program, ...rest], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const file = join(folder, `${log}.log`);
    writeFileSync(file, '');
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => writeFileSync(file, text, { flag: 'a' }));
    return child;
  };
  const said = (log: string) => readFileSync(join(folder, `${log}.log`), 'utf8');
  const stop = () => {
    close();
    process.exit(143);
  };
  const close = () => {
    process.off('SIGTERM', stop);
    for (const child of children) child.kill('SIGKILL');
    for (const one of namespaces) spawnSync('ip', ['netns', 'del', one]);
  };
  // dnsmasq gives up rights, which makes it outlive its parent.
  process.on('SIGTERM', stop);
  try {
    for (const one of namespaces) ip(['netns', 'add', one]);
    const inside = (...argv: string[]) => ip(['-n', name, ...argv]);
    inside('link', 'set', 'lo', 'up');
    // A port forwards at once, or the firmware gives up on DHCP.
    inside('link', 'add', 'br0', 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0');
    inside('addr', 'add', `${ADDRESS}/24`, 'dev', 'br0');
    inside('link', 'set', 'br0', 'up');
    if (site) {
      inside('link', 'add', 'site0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${name}-site`);
      inside('link', 'set', 'site0', 'master', 'br0', 'up');
      ip(['-n', `${name}-site`, 'addr', 'add', `${OTHER}/24`, 'dev', 'eth0']);
      ip(['-n', `${name}-site`, 'link', 'set', 'eth0', 'up']);
      const range = '--dhcp-range=10.77.0.200,10.77.0.220,255.255.255.0,1h';
      start('site', dnsmasq(folder, 'site', ['--conf-file=/dev/null', '--port=0', range, '--log-dhcp']));
    }
    const file = join(folder, 'dnsmasq.conf');
    writeFileSync(file, conf);
    start('dnsmasq', dnsmasq(folder, 'boot', [`--conf-file=${file}`]));
    const server = fileURLToPath(new URL('server.ts', import.meta.url));
    start('web', ['node', '--import', import.meta.resolve('tsx'), server, join(tree, 'www'), ADDRESS, '80']);
    for (let tries = 0; !said('web').includes('listening'); tries++) {
      if (tries > 300) throw new Error(`the web server does not start: ${said('web')}`);
      await sleep(100);
    }
    if (!said('dnsmasq').includes('started')) throw new Error(`dnsmasq does not start: ${said('dnsmasq')}`);
    return {
      within,
      port() {
        const tap = `tap${ports++}`;
        inside('tuntap', 'add', tap, 'mode', 'tap');
        inside('link', 'set', tap, 'master', 'br0', 'up');
        return tap;
      },
      requests: () =>
        said('web')
          .split('\n')
          .filter((line) => line.startsWith('10.')),
      log: () => said('dnsmasq'),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function dnsmasq(folder: string, name: string, args: string[]): string[] {
  const own = [`--dhcp-leasefile=${join(folder, `${name}.leases`)}`, '--pid-file=', '--log-facility=-'];
  return ['dnsmasq', '--keep-in-foreground', '--user=root', ...args, ...own];
}

function ip(args: string[]): void {
  const ran = spawnSync('ip', args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`ip ${args.join(' ')}: ${ran.stderr}`);
}
