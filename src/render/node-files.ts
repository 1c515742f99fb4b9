import { createHash } from 'node:crypto';
import type { Library, Platform } from '../library/types.ts';
import { forPlatform } from '../plan/components.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';
import { componentFiles, type NodeFile } from './component.ts';
import type { Given } from './given.ts';
import { nodeEnv } from './node-env.ts';

const seedFolder = '/var/lib/stackseed/seed';

/**
 * Every file that a host's seed lays down, sorted by path, seed.list last: with it the node tells
 * a seed that was laid in full from one that a power cut tore.
 */
export function nodeFiles(
  host: HostPlan,
  fleet: FleetView,
  library: Library,
  platform: Platform,
  given: Given,
): NodeFile[] {
  const converging = host.components.filter((name) => library.components.get(name)?.lay === 'staged');
  const files = [
    rootFile('/etc/stackseed/node.env', nodeEnv(host, platform, fleet, converging), '0600'),
    rootFile(`${seedFolder}/components.list`, lines(converging), '0600'),
    rootFile(
      `${seedFolder}/resume.list`,
      lines(converging.filter((name) => library.components.get(name)?.resumes)),
      '0600',
    ),
    rootFile(`${seedFolder}/packages.list`, lines(host.packages), '0600'),
    rootFile(
      '/etc/systemd/system/stackseed.target.d/components.conf',
      `[Unit]\nWants=${converging.map(unit).join(' ')}\n`,
      '0644',
    ),
    ...host.components.flatMap((name) => ofComponent(name, host, fleet, library, given)),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const list = files.map(({ path, content }) => `${sha256(content)}  ${path}`);
  return [...files, rootFile(`${seedFolder}/seed.list`, lines([...list, `# end ${list.length}`]), '0600')];
}

function ofComponent(
  name: string,
  host: HostPlan,
  fleet: FleetView,
  library: Library,
  given: Given,
): NodeFile[] {
  const component = library.components.get(name);
  if (!component) return [];
  const files = componentFiles(component, host, fleet, library, given);
  const folder = `${seedFolder}/components/${name}`;
  const direct = files.filter(({ lay }) => lay === 'direct').map(({ lay: _, ...file }) => file);
  const staged = files.filter(({ lay }) => lay === 'staged');
  const answers = forPlatform(component.debconf, host.platform) ?? [];
  const debconf = answers.length > 0 ? [rootFile(`${folder}/debconf`, lines(answers), '0600')] : [];
  const after = host.after[name] ?? [];
  const order =
    after.length > 0
      ? [
          rootFile(
            `/etc/systemd/system/${unit(name)}.d/order.conf`,
            `[Unit]\nAfter=${after.map(unit).join(' ')}\n`,
            '0644',
          ),
        ]
      : [];
  const own = Object.entries({ converge: component.converge, health: component.health }).flatMap(
    ([script, text]) =>
      text === undefined ? [] : [rootFile(`${folder}/${script}.sh`, scriptBytes(text), '0700')],
  );
  const all = [...direct, ...debconf, ...own, ...order];
  if (component.lay === 'direct') return all;
  const copies = staged.map((file) => rootFile(`${folder}/files${file.path}`, file.content, '0600'));
  const list = staged.map(({ mode, owner, group, path }) => `${mode} ${owner} ${group} ${path}`);
  return [...all, ...copies, rootFile(`${folder}/files.list`, lines(list), '0600')];
}

function unit(component: string): string {
  return `stackseed@${component}.service`;
}

/** The same bytes for the same script, so that what was made of them once is known by them. */
function scriptBytes(text: string): Buffer {
  const bytes = scripts.get(text) ?? Buffer.from(text);
  scripts.set(text, bytes);
  return bytes;
}

const scripts = new Map<string, Buffer>();
const digests = new WeakMap<Buffer, string>();

function rootFile(path: string, content: string | Buffer, mode: string): NodeFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { path, content: bytes, mode, owner: 'root', group: 'root' };
}

function lines(items: string[]): string {
  return items.map((item) => `${item}\n`).join('');
}

function sha256(content: Buffer): string {
  const digest = digests.get(content) ?? createHash('sha256').update(content).digest('hex');
  digests.set(content, digest);
  return digest;
}
