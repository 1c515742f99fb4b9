import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../fixtures.ts';
import { type Lab, openLab } from './lab.ts';

export interface Verb {
  name: string;
  takes: string;
  does: string;
  /** Gives the exit status. */
  run(lab: Lab, words: string[]): Promise<number>;
}

/** A verb that does the same to each host that is named. */
function each(name: string, does: string, act: (host: ReturnType<Lab['host']>) => Promise<void>): Verb {
  const run = async (lab: Lab, words: string[]): Promise<number> => {
    if (words.length === 0) throw new Error(`${name} which host?`);
    await Promise.all(words.map((word) => lab.host(word)).map(act));
    return 0;
  };
  return { name, takes: 'HOST...', does, run };
}

export const verbs: Verb[] = [
  {
    name: 'up',
    takes: '[HOST...] [--inventory FILE] [--platform P]',
    does: 'generate seeds and switch on; the controllers when no host is named',
    async run({ name }, words) {
      const { values, positionals } = parseArgs({
        args: words,
        options: { inventory: { type: 'string' }, platform: { type: 'string' } },
        allowPositionals: true,
      });
      const memo = { inventory: join(root, 'examples/memo/inventory.yaml'), platform: 'debian-12' };
      const lab = await openLab({ name, ...memo, ...values });
      await lab.up(positionals);
      return 0;
    },
  },
  each('power-on', 'switch on, with the disk and the seed that it has', (host) => host.powerOn()),
  each('power-cut', 'links away, then everything dies at one moment', (host) => host.powerCut()),
  each('power-off', 'shut down in an orderly way', (host) => host.powerOff()),
  each('reboot', 'shut down in an orderly way and start again', (host) => host.reboot()),
  each('wipe', 'cut the power and lose the disk; the seed stays', (host) => host.wipe()),
  {
    name: 'seed',
    takes: 'HOST FROM',
    does: 'another seed, from an ISO or an out/; it counts from the next start',
    async run(lab, [host = '', from = '']) {
      await lab.host(host).seed(from);
      return 0;
    },
  },
  {
    name: 'exec',
    takes: 'HOST COMMAND...',
    does: 'run a command in a host; HOST "client" is the machine beside the hosts',
    async run(lab, [host = '', ...command]) {
      const words = await (host === 'client' ? lab.switch.prefix() : lab.host(host).enter());
      const child = spawn(words[0] ?? '', [...words.slice(1), ...command], { stdio: 'inherit' });
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => resolve(code ?? 128));
      });
    },
  },
  {
    name: 'log',
    takes: 'HOST UNIT',
    does: 'the journal of a unit',
    async run(lab, [host = '', unit = '']) {
      process.stdout.write(await lab.host(host).journal(unit, 10_000));
      return 0;
    },
  },
  {
    name: 'down',
    takes: '',
    does: 'cut all power and take the networks away; disks stay',
    async run(lab) {
      await lab.down();
      return 0;
    },
  },
  {
    name: 'destroy',
    takes: '',
    does: 'leave nothing',
    async run(lab) {
      await lab.destroy();
      return 0;
    },
  },
];
