import { inspect } from 'node:util';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FindingsError } from '../../src/report/finding.ts';
import {
  accountName,
  deriveSecret,
  Secret,
  type SecretFormat,
  secretValues,
} from '../../src/secrets/index.ts';
import { sample } from './sample.ts';

/**
 * Computed by another program from RFC 5869. Never change one to make the test pass: a fleet that runs would
 * lose its passwords with the next generation.
 */
const KNOWN: [
  label: string,
  host: string | undefined,
  rotation: number,
  format: SecretFormat,
  value: string,
][] = [
  ['galera-sst', undefined, 0, 'hex', '5425be000b24c15c7cbd22b85bf285a4f37fa98935e6801458df391073941029'],
  ['galera-sst', undefined, 0, 'base64', 'VCW+AAskwVx8vSK4W/KFpPN/qYk15oAUWN85EHOUECk='],
  ['galera-sst', undefined, 0, 'base64url', 'VCW-AAskwVx8vSK4W_KFpPN_qYk15oAUWN85EHOUECk'],
  ['galera-sst', undefined, 0, 'password', 'WlEALkHeADi8d4Jo5DtN1sEUal5Q1YQp'],
  ['galera-sst', undefined, 1, 'hex', 'eda8cc1a18f201b2f581baa5fa332df014ff34582b76b5a981ece54e6e37ed41'],
  ['galera-sst', undefined, 1, 'password', 'zsSaY4B27FApzt2U0ar45tFyrQw3zDT9'],
  ['node-key', 'cnt1', 0, 'base64', 'd6txzBp/47wSopRwFhX5hcUNn1hZ9yWuhDLbXLs5pxE='],
  ['node-key', 'cnt2', 0, 'password', 'lH5zCYBAUJqByzqBXlBL76Iedk4hlqmg'],
];

for (const [label, host, rotation, format, value] of KNOWN) {
  test(`${label} of ${host ?? 'the fleet'}, rotation ${rotation}, as ${format}`, () => {
    const secrets = sample({}, rotation === 0 ? {} : { [label]: rotation });
    assert.is(deriveSecret(secrets, label, { ...(host && { host }), format }).reveal(), value);
  });
}

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,8}[a-z0-9])?$/);
const use = fc.record({ label: name, host: fc.option(name, { nil: undefined }), rotation: fc.nat(3) });

test('differs whenever label, host or rotation does', () => {
  fc.assert(
    fc.property(use, use, (a, b) => {
      const [first, second] = [a, b].map(({ label, host, rotation }) =>
        deriveSecret(sample({}, { [label]: rotation }), label, {
          ...(host !== undefined && { host }),
          format: 'hex',
        }).reveal(),
      );
      const same = a.label === b.label && a.host === b.host && a.rotation === b.rotation;
      assert.is(first === second, same);
    }),
  );
});

test('makes passwords of 32 letters and digits, each as likely as the others', () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 2000; index++) {
    const text = deriveSecret(sample(), `label-${index}`, { format: 'password' }).reveal();
    assert.match(text, /^[A-Za-z0-9]{32}$/);
    for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.is(counts.size, 62);
  // 1032 each; by modulo without more, the first eight letters would have 1250.
  for (const [letter, count] of counts) assert.ok(count > 880 && count < 1190, `${letter}: ${count}`);
});

test('takes the value for the host before the one for all, and these before its own', () => {
  const secrets = sample({ 'db-password': 'for-all', 'db-password@cnt1': 'for-cnt1' });
  const value = (host?: string) =>
    deriveSecret(secrets, 'db-password', { ...(host && { host }), format: 'password' }).reveal();
  assert.is(value('cnt1'), 'for-cnt1');
  assert.is(value('cnt2'), 'for-all');
  assert.is(value(), 'for-all');
});

test('refuses a value that does not fit where a derived one would, without telling it', () => {
  const cases: [SecretFormat, string, boolean][] = [
    ['hex', 'c0ffee', true],
    ['hex', 'c0ffe', false],
    ['hex', 'COFFEE-CUP', false],
    ['base64', 'Y29mZmVl', true],
    ['base64', 'Y29mZmVlCg==', true],
    ['base64', 'Y29mZmV', false],
    ['base64url', 'Y29m_mV-', true],
    ['base64url', 'Y29m/mV+', false],
    ['password', 'correct-horse_battery.staple~', true],
    ['password', "it's:a/trap", false],
  ];
  for (const [format, value, fine] of cases) {
    const derive = () => deriveSecret(sample({ x: value }), 'x', { format });
    if (fine) assert.is(derive().reveal(), value);
    else
      assert.throws(derive, (error: unknown) => {
        if (!(error instanceof FindingsError)) return false;
        assert.is(error.findings[0]?.code, 'secret-override-form');
        assert.not(JSON.stringify(error.findings).includes(value));
        return true;
      });
  }
});

test('takes no name in which another one could hide', () => {
  const derive = (label: string, host?: string) => () =>
    deriveSecret(sample(), label, { ...(host !== undefined && { host }), format: 'hex' });
  for (const bad of [derive('a/b'), derive('a', 'b/c'), derive('a@b'), derive(''), derive('a', 'b@c')])
    assert.throws(bad);
});

test('is not printed by accident', () => {
  const secret = new Secret('hunter2');
  for (const text of [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), String(secret)])
    assert.ok(text.includes('***') && !text.includes('hunter2'), text);
  assert.is(secret.reveal(), 'hunter2');
});

test('one that overlaps shows the value from before its last rotation, and takes the present one as well', () => {
  const values = (rotation: number, overlaps = true) =>
    secretValues(sample({}, { peers: rotation }), 'peers', { format: 'hex', overlaps }).map((one) =>
      one.reveal(),
    );
  const [first = '', second = '', third = ''] = [0, 1, 2].map((rotation) => values(rotation, false)[0]);
  assert.is(new Set([first, second, third]).size, 3);
  assert.equal(values(0), [first]);
  assert.equal(values(1), [first, second]);
  assert.equal(values(2), [second, third]);
  // A value of the operator's own is the only one.
  const own = sample({ peers: 'abcdef' }, { peers: 2 });
  assert.equal(
    secretValues(own, 'peers', { format: 'hex', overlaps: true }).map((one) => one.reveal()),
    ['abcdef'],
  );
});

test('an account that takes one password is another one in every other rotation', () => {
  const name = (rotation: number) => accountName(sample({}, { db: rotation }), 'db', 'nova');
  assert.equal([0, 1, 2, 3].map(name), ['nova', 'nova-2', 'nova', 'nova-2']);
});

test.run();
