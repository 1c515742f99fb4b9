import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatLock, type Lock, parseLock } from '../../src/plan/lock.ts';

const digest = 'ab'.repeat(32);
const whole: Lock = {
  addresses: new Map([['cm1', new Map([['manage', '10.0.0.9']])]]),
  hosts: new Map([['cm1', { generation: 2, digest }]]),
  cluster: {
    id: 'memo',
    generation: 7,
    digest,
    controllers: new Map([
      ['c2', '10.0.0.2'],
      ['c1', '10.0.0.1'],
    ]),
  },
};

test('what is written is read again', () => {
  const { lock, findings } = parseLock('stackseed.lock', formatLock(whole));
  assert.equal(findings, []);
  assert.equal(lock?.cluster?.controllers.get('c2'), '10.0.0.2');
  assert.equal(lock?.cluster?.generation, 7);
  assert.is(formatLock(lock ?? whole), formatLock(whole));
  assert.match(formatLock(whole), /controllers:\n {4}c1: 10\.0\.0\.1\n {4}c2: 10\.0\.0\.2\n/);
});

test('a lock from before there were clusters is read, and written as it was', () => {
  const text = formatLock({ addresses: whole.addresses, hosts: whole.hosts });
  assert.not.match(text, /cluster/);
  const { lock, findings } = parseLock('stackseed.lock', text);
  assert.equal(findings, []);
  assert.is(lock?.cluster, undefined);
  assert.is(formatLock(lock ?? whole), text);
});

test('a cluster that is broken says where', () => {
  const old = 'version: 1\naddresses: {}\nhosts: {}\n';
  const good = `id: memo, generation: 1, digest: ${digest}`;
  for (const broken of [
    'cluster: {}',
    `cluster: { ${good} }`,
    `cluster: { ${good}, controllers: { c1: nowhere } }`,
    `cluster: { ${good}, controllers: {}, more: 1 }`,
    `cluster: { ${good.replace('generation: 1', 'generation: 0')}, controllers: {} }`,
  ]) {
    const { lock, findings } = parseLock('stackseed.lock', `${old}${broken}\n`);
    assert.is(lock, undefined, broken);
    assert.is(findings[0]?.place?.line, 4, broken);
    assert.match(findings[0]?.hint ?? '', /version control/);
  }
});

test.run();
