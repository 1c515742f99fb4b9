import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Inventory } from '../../src/inventory/schema.ts';
import { drawAddresses } from '../../src/plan/draw.ts';
import { emptyLock, formatLock, parseLock } from '../../src/plan/lock.ts';

function inventory(hosts: string[], given: Record<string, string> = {}): Inventory {
  return {
    fleet: 'f',
    domain: 'example.net',
    networks: {
      manage: {
        cidr: '10.0.0.0/24',
        gateway: '10.0.0.10',
        range: { from: '10.0.0.9', to: '10.0.0.14' },
      },
    },
    vips: { api: { manage: '10.0.0.11' } },
    hosts: Object.fromEntries(
      hosts.map((name) => [
        name,
        { networks: { manage: { interface: 'e0', ...(given[name] && { address: given[name] }) } } },
      ]),
    ),
  };
}

function drawn(of: Map<string, Map<string, string>>): Record<string, string | undefined> {
  return Object.fromEntries([...of].map(([host, networks]) => [host, networks.get('manage')]));
}

test('addresses are drawn in order, past the gateway, VIPs and those that were given', () => {
  const { of } = drawAddresses(inventory(['a', 'b', 'c', 'd'], { d: '10.0.0.12' }), emptyLock());
  assert.equal(drawn(of), { a: '10.0.0.9', b: '10.0.0.13', c: '10.0.0.14', d: '10.0.0.12' });
});

test('what the lock holds stays, whatever comes and goes around it', () => {
  const first = drawAddresses(inventory(['a', 'b', 'c']), emptyLock());
  const lock = { ...emptyLock(), addresses: first.drawn };
  const again = drawAddresses(
    inventory(['new', 'c', 'b']),
    parseLock('lock', formatLock(lock)).lock ?? emptyLock(),
  );
  assert.is(again.of.get('b')?.get('manage'), first.of.get('b')?.get('manage'));
  assert.is(again.of.get('c')?.get('manage'), first.of.get('c')?.get('manage'));
  assert.is(again.of.get('new')?.get('manage'), '10.0.0.9');
});

test('a locked address that somebody else was given since is drawn anew', () => {
  const first = drawAddresses(inventory(['a']), emptyLock());
  const second = drawAddresses(inventory(['a', 'b'], { b: '10.0.0.9' }), {
    ...emptyLock(),
    addresses: first.drawn,
  });
  assert.equal(drawn(second.of), { a: '10.0.0.12', b: '10.0.0.9' });
});

test('a range that is used up is a finding that names the host', () => {
  const { findings } = drawAddresses(inventory(['a', 'b', 'c', 'd', 'e']), emptyLock());
  assert.is(findings.length, 1);
  assert.is(findings[0]?.code, 'range-exhausted');
  assert.match(findings[0]?.message ?? '', /\be\b/);
});

test('a lock that is broken says where, and to take it back', () => {
  const broken = (text: string) => parseLock('stackseed.lock', text);
  for (const [text, line] of [
    ['version: 2\naddresses: {}\nhosts: {}\n', 1],
    ['version: 1\naddresses: { a: { m: 10.0.0.300 } }\nhosts: {}\n', 2],
    ['version: 1\naddresses: {}\nhosts: { a: { generation: 0 } }\n', 3],
    ['{', 1],
  ] as const) {
    const { lock, findings } = broken(text);
    assert.is(lock, undefined);
    assert.is(findings[0]?.place?.line, line, text);
    assert.match(findings[0]?.hint ?? '', /version control/);
  }
});

test.run();
