import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { stringify } from 'yaml';
import { type SeedName, signedTree } from '../../src/generate/signed.ts';
import type { Tree } from '../../src/render/tree.ts';
import { signerLines } from '../../src/secrets/index.ts';
import { sample } from '../secrets/sample.ts';
import { me, myGroup, type PretendNode, pretendNode, type Staged, script, seed } from './pretend.ts';

export const secrets = sample();

const folders: string[] = [];
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stackseed-take-'));
  folders.push(folder);
  return folder;
}

/** For the end of a suite that made some. */
export function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** A component with one file. */
export function one(content: string): Record<string, Staged> {
  return { one: { converge: script(''), files: { '/etc/one.conf': { content } } } };
}

/** What write_files would hold to lay these components. */
export function userData(components: Record<string, Staged>): string {
  const other = pretendNode();
  try {
    other.lay(components);
    const list = other.read(`${seed}/seed.list`);
    const paths = [...list.matchAll(/^[0-9a-f]{64} {2}(.*)$/gm)].map(([, path = '']) => path);
    const files = [...paths, `${seed}/seed.list`].map((path) => ({
      path,
      permissions: other.mode(path),
      owner: `${me}:${myGroup}`,
      content: other.read(path),
    }));
    return `#cloud-config\n${stringify({ write_files: files })}`;
  } finally {
    other.end();
  }
}

/** A folder with a signed seed of that component. */
export function seedOf(
  content: string,
  name: Partial<SeedName> = {},
  change: (tree: Tree) => void = () => {},
  by = secrets,
): string {
  const file = (text: string) => ({ content: text, mode: '0600' });
  const plain: Tree = new Map([
    ['meta-data', file('instance-id: i-new\n')],
    ['network-config', file('version: 2\n')],
    ['user-data', file(userData(one(content)))],
  ]);
  const tree = signedTree(plain, { fleet: 'memo', host: 'cnt1', generation: 4, ...name }, by);
  change(tree);
  const folder = temporaryFolder();
  for (const [path, { content: bytes }] of tree) writeFileSync(join(folder, path), bytes);
  return folder;
}

/** A node that was booted with generation 3 of that component, with its file as `old`. */
export function third(): PretendNode {
  const node = pretendNode();
  node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
  node.write('/etc/stackseed/seed-signers', `${signerLines(secrets, 'memo').join('\n')}\n`);
  node.write('/run/cloud-init/instance-data.json', '{"ds": {"meta_data": {"stackseed-generation": 3}}}');
  node.write('/var/lib/cloud/instance/user-data.txt', userData(one('old\n')));
  node.lay(one('old\n'));
  assert.is(node.run(['converge', 'one']).status, 0);
  return node;
}
