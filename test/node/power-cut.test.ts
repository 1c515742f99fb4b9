import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PretendNode, pretendNode, script, seed } from './pretend.ts';

interface Context {
  node: PretendNode;
}

const test = suite<Context>('power cut', {} as Context);
test.before.each((context) => {
  context.node = pretendNode();
  context.node.write('/etc/netplan/50-cloud-init.yaml', 'network: {}\n');
});
test.after.each(({ node }) => node.end());

const files = Object.fromEntries(
  [1, 2, 3, 4, 5, 6].map((n) => [
    `/etc/one/${n}.conf`,
    { content: `${n}\n`.repeat(n * 100), mode: n % 2 ? '0600' : '0644' },
  ]),
);

/** A service that keeps what it was started with: its files as they were then. */
const systemctl = `case "$*" in
  'restart one.service') cat "$ROOT"/etc/one/*.conf >"$ROOT/running.new"; mv "$ROOT/running.new" "$ROOT/running" ;;
  is-active*) [ -e "$ROOT/running" ] ;;
esac`;

const seedOf = (word: string) => ({
  one: {
    converge: script(
      `write_file "$ROOT/etc/one/written.conf" 0644 <<<"${word}" || true\nrestart_if_changed one.service`,
    ),
    health: script(`grep -q ${word} "$ROOT/running"`),
    files: { ...files, '/etc/one/word.conf': { content: `${word}\n` } },
  },
  two: { converge: script('') },
});

// Moments are spread over what a whole run takes, so that every step is hit by some.
const cuts = 25;

test(`after a cut at any of ${cuts} moments, a run converges to the same end`, ({ node }) => {
  node.stub('systemctl', systemctl);
  node.remove('/stub/bin/sync');
  const engine = `${node.root}/usr/local/sbin/stackseed-node`;
  const began = Date.now();
  node.lay(seedOf('first'));
  node.run(['converge', 'one']);
  const whole = (Date.now() - began) / 1000;
  let survived = 0;
  for (let cut = 0; cut < cuts; cut += 1) {
    const word = `word-${cut}`;
    node.lay(seedOf(word));
    node.write('/var/lib/cloud/data/instance-id', `i-${cut}\n`);
    const after = ((whole * (cut + 1)) / cuts).toFixed(3);
    // The whole group is killed at once, as a machine that loses power; then /run is gone.
    const ran = node.exec([
      'setsid',
      '--wait',
      'timeout',
      '-s',
      'KILL',
      after,
      'bash',
      engine,
      'converge',
      'one',
    ]);
    node.exec(['bash', '-c', 'rm -rf "$ROOT/run/stackseed"']);
    if (ran.status === 0) survived += 1;

    assert.is(node.run(['converge', 'one']).status, 0, `cut after ${after} s`);
    assert.is(node.read('/etc/one/written.conf'), `${word}\n`);
    assert.match(node.read('/running'), `${word}\n${word}\n`, `cut after ${after} s: runs with old files`);
    for (const [path, { content, mode }] of Object.entries(files)) {
      assert.is(node.read(path), content);
      assert.is(node.mode(path), mode);
    }
    assert.is(node.read('/var/lib/stackseed/laid'), `i-${cut}\n`);
    assert.is(node.exec(['find', `${node.root}/etc/one`, '-name', '.*']).stdout, '', `cut after ${after} s`);
  }
  assert.ok(cuts - survived >= cuts / 5, `only ${cuts - survived} of ${cuts} runs were cut`);
});

test('a cut while the seed is taken in leaves it to be taken in again', ({ node }) => {
  node.lay(seedOf('first'), { '/etc/gone.conf': 'x\n' });
  node.run(['converge', 'two']);
  node.lay(seedOf('second'));
  node.write('/var/lib/cloud/data/instance-id', 'i-two\n');
  // Power goes at the sync before the record.
  node.stub('sync', '[ "$#" -gt 0 ] || kill -9 0');
  node.exec(['setsid', '--wait', 'bash', `${node.root}/usr/local/sbin/stackseed-node`, 'converge', 'two']);
  assert.is(node.read('/var/lib/stackseed/laid'), 'i-one\n');
  node.remove('/stub/bin/sync');
  node.remove('/run/stackseed');
  assert.is(node.run(['converge', 'two']).status, 0);
  assert.is(node.read('/var/lib/stackseed/laid'), 'i-two\n');
  assert.is(node.read('/var/lib/stackseed/laid.list'), node.read(`${seed}/seed.list`));
  assert.not(node.has('/etc/gone.conf'));
});

test.run();
