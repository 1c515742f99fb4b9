import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, shipped } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('generator', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
});
test.after.each(({ node }) => node.end());

/** As systemd runs it, with the folders for what goes before, beside and behind the units of the disk. */
function generate(node: PretendNode): string {
  const made = join(node.root, 'generator');
  const folders = [made, `${made}.early`, `${made}.late`];
  const script = shipped('node/files/etc/systemd/system-generators/stackseed');
  const ran = node.exec(['sh', '-c', script, 'stackseed', ...folders]);
  assert.equal(ran, { status: 0, stdout: '', stderr: '' });
  return made;
}

test('at the first boot nothing of cloud-init is put back', ({ node }) => {
  assert.not.ok(node.has(generate(node).slice(node.root.length)));
});

test('once all converged, what waits for nothing of cloud-init goes before it, but its first stage keeps its place', ({
  node,
}) => {
  node.write('/var/lib/stackseed/converged', 'list\n');
  const made = generate(node);
  assert.equal(readdirSync(made).sort(), [
    'cloud-config.service.d',
    'cloud-final.service.d',
    'cloud-init.service.d',
  ]);
  for (const unit of readdirSync(made))
    assert.is(readFileSync(join(made, unit, 'stackseed-later.conf'), 'utf8'), '[Service]\nNice=10\n');
});

test.run();
