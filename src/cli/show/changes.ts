import { type Changes, type HostChange, isController, type Reason } from '../../generate/changes.ts';
import { count, onOneLine, table } from '../table.ts';

/** The changes of a fleet for people: each host with its reasons and diffs, then what it means for the machines. */
export function changesText(changes: Changes): string {
  const hosts = changes.hosts.map(hostText).join('\n');
  const tail = [...sums(changes), ...order(changes)].map((line) => `${line}\n`).join('');
  return hosts === '' ? tail : `${hosts}\n${tail}`;
}

const TITLES: Record<HostChange['change'], string> = {
  create: 'gets its first seed',
  change: 'gets another seed',
  repair: 'has the same seed, and out/ lacks it',
  edited: 'was edited in out/ and is left as it is; --overwrite of generate writes over it',
  remove: 'is not in the inventory any more; --prune of generate removes its seed',
};

const ACTS: Record<HostChange['act'], string> = {
  boot: 'boot it with the seed',
  reboot: 'restart it with the new seed',
  apply: 'restart it with the new seed, or have it take that as it runs (stackseed-node apply)',
  nothing: '',
};

function hostText({ host, change, why, out, files, act }: HostChange): string {
  const lines = [`${host} ${TITLES[change]}${ACTS[act] && `: ${ACTS[act]}`}`];
  if (out.length > 0) lines.push(`  in out/: ${out.join(' ')}`);
  const diffs = files.map(({ path, change: how, diff }) => {
    const body = diff === undefined ? '' : `${diff.trimEnd().replace(/^/gm, '      ')}\n`;
    return `    ${how} ${onOneLine(path)}\n${body}`;
  });
  return `${lines.join('\n')}\n${why.map(reasonText).join('')}${diffs.join('')}`;
}

function reasonText({ what, places }: Reason): string {
  const rows = places.map(({ file, line, source }) => [`${file}:${line}`, onOneLine(source)]);
  return `  because of ${what}\n${table(rows, 4)}`;
}

function sums({ hosts, kept, cluster }: Changes): string[] {
  const of = (change: HostChange['change']) => hosts.filter((host) => host.change === change).length;
  const counts = [
    [of('create'), 'to create'],
    [of('change'), 'to change'],
    [of('repair'), 'to make again'],
    [of('edited'), 'edited by hand'],
    [of('remove'), 'not in the inventory any more'],
    [kept, 'right already'],
  ] as const;
  const told = counts.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  const lines = [told.join(', ') || 'no hosts'];
  if (!cluster) return lines;
  lines.push(`The controllers' cluster goes from generation ${cluster.from} to ${cluster.to}.`);
  if (cluster.joining.length > 0) lines.push(`Joining it: ${cluster.joining.join(', ')}.`);
  if (cluster.leaving.length > 0) lines.push(`Leaving it: ${cluster.leaving.join(', ')}.`);
  return lines;
}

/** In what order the machines take their new seeds. */
function order({ hosts }: Changes): string[] {
  const acting = hosts.filter(({ act }) => act === 'reboot' || act === 'apply');
  const controllers = acting.filter(isController);
  const others = acting.length - controllers.length;
  const lines: string[] = [];
  if (controllers.length > 0)
    lines.push(
      `Controllers one at a time, each healthy (stackseed status) before the next: ${controllers.map(({ host }) => host).join(', ')}.`,
    );
  if (others > 0)
    lines.push(`${count(others, 'other host')} in any order${controllers.length > 0 ? ', after them' : ''}.`);
  return lines;
}
