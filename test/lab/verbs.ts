import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../fixtures.ts';
import type { LabHost } from './host.ts';
import { type Lab, openLab } from './lab.ts';
import type { Link, LinkOptions } from './links.ts';
import { statusTable } from './status.ts';
import { watch } from './watch.ts';

export interface Verb {
  name: string;
  takes: string;
  does: string;
  /** Gives the exit status. */
  run(lab: Lab, words: string[]): Promise<number>;
}

/** A verb that does the same to each host that is named. */
function each(name: string, does: string, act: (host: LabHost) => Promise<void>): Verb {
  const run = async (lab: Lab, words: string[]): Promise<number> => {
    if (words.length === 0) throw new Error(`${name} which host?`);
    await Promise.all(words.map((word) => lab.host(word)).map(act));
    return 0;
  };
  return { name, takes: 'HOST...', does, run };
}

/** "A:B" words and options of links. */
function linksOf(words: string[]): { links: Link[]; options: LinkOptions } {
  const { values, positionals } = parseArgs({
    args: words,
    options: { 'one-way': { type: 'boolean' }, network: { type: 'string', multiple: true } },
    allowPositionals: true,
  });
  const links = positionals.map((word): Link => {
    const [from, to, more] = word.split(':');
    if (!from || !to || more !== undefined) throw new Error(`${word} is no link: A:B`);
    return [from, to];
  });
  const { 'one-way': oneWay = false, network: networks } = values;
  return { links, options: { oneWay, ...(networks && { networks }) } };
}

export const verbs: Verb[] = [
  {
    name: 'up',
    takes: '[HOST...] [--inventory FILE] [--platform P]',
    does: 'generate seeds and switch on; the controllers when no host is named',
    async run({ name, wasUp }, words) {
      const { values, positionals } = parseArgs({
        args: words,
        options: { inventory: { type: 'string' }, platform: { type: 'string' } },
        allowPositionals: true,
      });
      const memo = { inventory: join(root, 'examples/memo/inventory.yaml'), platform: 'debian-12' };
      const lab = await openLab({ name, ...(values.inventory || wasUp() ? {} : memo), ...values });
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
    name: 'partition',
    takes: 'A:B... [--one-way] [--network N]',
    does: 'cut links; --one-way cuts what goes from A to B; A or B may be "client"',
    async run(lab, words) {
      const { links, options } = linksOf(words);
      if (links.length === 0) throw new Error('partition which links? A:B');
      await lab.partition(links, options);
      return 0;
    },
  },
  {
    name: 'drop',
    takes: 'PERCENT A:B... [--one-way] [--network N]',
    does: 'lose a share of the frames by chance',
    async run(lab, [percent = '', ...words]) {
      const { links, options } = linksOf(words);
      if (!(Number(percent) >= 0 && Number(percent) <= 100) || links.length === 0)
        throw new Error('drop how many percent on which links? PERCENT A:B');
      await lab.drop(links, Number(percent), options);
      return 0;
    },
  },
  {
    name: 'heal',
    takes: '[A:B...] [--one-way] [--network N]',
    does: 'mend links, all of them when none is named',
    async run(lab, words) {
      const { links, options } = linksOf(words);
      await (links.length > 0 ? lab.heal(links, options) : lab.heal());
      return 0;
    },
  },
  {
    name: 'slow',
    takes: 'HOST [RATE | DELAY]',
    does: 'slow down what comes to a host, to 512kbit or by 50ms; without either: as fast as it goes',
    async run(lab, [host = '', by]) {
      await lab.host(host).slow(by);
      return 0;
    },
  },
  {
    name: 'arp',
    takes: 'NETWORK ADDRESS',
    does: 'the hosts that answer for an address',
    async run(lab, [network = '', address = '']) {
      const answers = await lab.arp(network, address);
      process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));
      return answers.length === 1 ? 0 : 1;
    },
  },
  {
    name: 'status',
    takes: '[--watch | --until-ready [SECONDS]]',
    does: 'components of all hosts, once, live, or live until all are ready',
    async run(lab, words) {
      const { values, positionals } = parseArgs({
        args: words,
        options: { watch: { type: 'boolean' }, 'until-ready': { type: 'boolean' } },
        allowPositionals: true,
      });
      const untilReady = values['until-ready'] === true;
      if (values.watch || untilReady)
        return (await watch(lab.hosts(), { untilReady, seconds: Number(positionals[0] ?? Infinity) }))
          ? 0
          : 1;
      const status = await lab.status();
      process.stdout.write(statusTable(status, Date.now() / 1000));
      return status.every(({ node }) => node?.ready) ? 0 : 1;
    },
  },
  {
    name: 'memory',
    takes: '',
    does: 'memory that each host takes',
    async run(lab) {
      for (const host of lab.hosts())
        process.stdout.write(`${host.name}  ${Math.round(host.memory() / 2 ** 20)} MiB\n`);
      return 0;
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
