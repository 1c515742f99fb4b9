import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateFleet } from '../../src/generate/generate.ts';
import { signerLines, signText } from '../../src/secrets/index.ts';
import { lay, twoHosts } from '../cli/command.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { sample } from '../secrets/sample.ts';

const NAMESPACE = 'stackseed-seed';

/** What ssh-keygen says of a signature, the judge of the format and of the key. */
function verify(folder: string, signers: string, text: string, signature: string, namespace = NAMESPACE) {
  writeFileSync(join(folder, 'signers'), signers);
  writeFileSync(join(folder, 'signature'), signature);
  const words = ['-Y', 'verify', '-f', 'signers', '-I', 'memo', '-n', namespace, '-s', 'signature'];
  return spawnSync('ssh-keygen', words, { cwd: folder, input: text, encoding: 'utf8' });
}

needs(test, 'ssh-keygen')('ssh-keygen takes the signature of the text, and of nothing else', () =>
  withFolder((folder) => {
    const secrets = sample();
    const [signers, signature] = [
      `${signerLines(secrets, 'memo').join('\n')}\n`,
      signText(secrets, 'text\n'),
    ];
    const good = verify(folder, signers, 'text\n', signature);
    assert.is(good.status, 0, good.stderr);
    assert.is(signText(secrets, 'text\n'), signature);
    assert.is.not(verify(folder, signers, 'text', signature).status, 0);
    assert.is.not(verify(folder, signers, 'text\n', signature, 'file').status, 0);
    // After a rotation the key from before signs, and both are known; the next one refuses it.
    const lines = (rotation: number) =>
      `${signerLines(sample({}, { 'seed-signature': rotation }), 'memo').join('\n')}\n`;
    assert.is(verify(folder, lines(1), 'text\n', signature).status, 0);
    assert.is.not(verify(folder, lines(2), 'text\n', signature).status, 0);
    const first = signText(sample({}, { 'seed-signature': 1 }), 'text\n');
    assert.is(first, signature);
    const second = signText(sample({}, { 'seed-signature': 2 }), 'text\n');
    assert.is(verify(folder, lines(1), 'text\n', second).status, 0);
    assert.is.not(verify(folder, lines(0), 'text\n', second).status, 0);
  }),
);

needs(test, 'ssh-keygen')('every seed has its sums, its generation, and the signature of both', () =>
  withFolder(async (folder) => {
    lay(folder, twoHosts);
    await knownSecrets(folder);
    const inventory = join(folder, 'inventory.yaml');
    const options = { inventory, out: join(folder, 'out'), iso: false, prune: false };
    const generation = (host: string): string | undefined => {
      const seed = join(folder, 'out/hosts', host);
      const read = (name: string) => readFileSync(join(seed, name), 'utf8');
      const checked = spawnSync('sha256sum', ['--check', '--strict', 'seed.sums'], {
        cwd: seed,
        encoding: 'utf8',
      });
      assert.is(checked.stdout, 'meta-data: OK\nnetwork-config: OK\nuser-data: OK\n', checked.stderr);
      const fleet = /^# fleet (.*)$/m.exec(read('seed.sums'))?.[1] ?? '';
      const signers = /^ +(\S+ namespaces="stackseed-seed" .*)$/m.exec(read('user-data'))?.[1] ?? '';
      assert.ok(signers.startsWith(`${fleet} `));
      const asMemo = signers.replace(/^\S+/, 'memo');
      const { status, stderr } = verify(folder, `${asMemo}\n`, read('seed.sums'), read('seed.sums.sig'));
      assert.is(status, 0, stderr);
      assert.match(read('seed.sums'), `# host ${host}\n`);
      const told = /^stackseed-generation: (\d+)$/m.exec(read('meta-data'))?.[1];
      assert.is(/^# generation (\d+)$/m.exec(read('seed.sums'))?.[1], told);
      return told;
    };
    await generateFleet(options);
    assert.equal([generation('keep'), generation('plain')], ['1', '1']);
    writeFileSync(inventory, readFileSync(inventory, 'utf8').replace('Europe/Berlin', 'Europe/Paris'));
    await generateFleet(options);
    assert.equal([generation('keep'), generation('plain')], ['2', '1']);
  }),
);

test.run();
