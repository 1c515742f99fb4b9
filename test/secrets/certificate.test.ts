import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initSecrets, makeCertificate, readSecrets, Secret, type Secrets } from '../../src/secrets/index.ts';
import { inFolder } from '../iso/folder.ts';
import { needs } from '../needs.ts';
import { readWhole, sample } from './sample.ts';

const cnt1 = {
  host: 'cnt1',
  names: ['cnt1', 'cnt1.example.net', 'api.example.net'],
  addresses: ['192.168.1.51', '10.255.0.200'],
};

/** Known master, and an authority that was made once. */
const authority = await (async () => {
  let ca: Secrets['ca'] | undefined;
  await inFolder(async (folder) => {
    await initSecrets(join(folder, 'secrets.yaml'), { fleet: 'memo' });
    ca = (await readWhole(join(folder, 'secrets.yaml'))).ca;
  });
  if (!ca) throw new Error('no authority');
  return ca;
})();

function secretsWith(rotations: Record<string, number> = {}): Secrets {
  return { ...sample({}, rotations), ca: authority };
}

/**
 * Computed by another program from RFC 5869 and FIPS 186-5. Never change one to make the test pass: a fleet that
 * runs would have other keys with the next generation.
 */
const KNOWN: [rotation: number, key: string][] = [
  [0, 'dab443564f5010a88d3ffc956d8515850c9f5ddbf5fecc2423cd3f3d39f933e4'],
  [1, '1ecd4c6610fb7641ee244d03431378cb7172180e6e58c010b808e8c2a054e7e9'],
];

for (const [rotation, expected] of KNOWN) {
  test(`the key of rotation ${rotation} is the one it always was`, () => {
    const { certificate, key } = makeCertificate(secretsWith({ galera: rotation }), 'galera', cnt1);
    const { d = '', crv } = createPrivateKey(key.reveal()).export({ format: 'jwk' });
    assert.is(crv, 'P-256');
    assert.is(Buffer.from(d, 'base64url').toString('hex'), expected);
    assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal())));
  });
}

test('the same secrets and names give the same bytes, however often they are read', () => {
  const [one, other] = [secretsWith(), secretsWith()].map((secrets) =>
    makeCertificate(secrets, 'galera', cnt1),
  );
  assert.is(one?.certificate, other?.certificate);
  assert.is(one?.key.reveal(), other?.key.reveal());
});

test('label, host and rotation each make another key; names another certificate with a serial of its own', () => {
  const made = [
    makeCertificate(secretsWith(), 'galera', cnt1),
    makeCertificate(secretsWith(), 'rabbitmq', cnt1),
    makeCertificate(secretsWith(), 'galera', { ...cnt1, host: 'cnt2' }),
    makeCertificate(secretsWith({ galera: 1 }), 'galera', cnt1),
    makeCertificate(secretsWith(), 'galera', { ...cnt1, addresses: ['192.168.1.52'] }),
  ];
  const certificates = made.map(({ certificate }) => new X509Certificate(certificate));
  assert.is(new Set(certificates.map(({ serialNumber }) => serialNumber)).size, made.length);
  assert.is(new Set(made.map(({ key }) => key.reveal())).size, made.length - 1);
  assert.is(made[4]?.key.reveal(), made[0]?.key.reveal());
  for (const { serialNumber } of certificates) assert.match(serialNumber, /^01[0-9A-F]{30}$/);
});

needs(test, 'openssl')(
  'openssl takes it for both ends of a connection, in 1970 too, under its names alone',
  async () => {
    await inFolder(async (folder) => {
      const { certificate, key } = makeCertificate(secretsWith(), 'galera', cnt1);
      writeFileSync(join(folder, 'ca.pem'), authority.certificate);
      writeFileSync(join(folder, 'cnt1.pem'), certificate);
      writeFileSync(join(folder, 'cnt1.key'), key.reveal());
      const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      const verify = (...args: string[]) =>
        openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', ...args, 'cnt1.pem').status;
      for (const purpose of ['sslserver', 'sslclient']) assert.is(verify('-purpose', purpose), 0, purpose);
      assert.is.not(verify('-purpose', 'smimesign'), 0);
      assert.is(verify('-attime', '60'), 0);
      assert.is.not(verify('-attime', String(Date.parse('2100-01-01') / 1000)), 0);
      for (const name of cnt1.names) assert.is(verify('-verify_hostname', name), 0, name);
      for (const address of cnt1.addresses) assert.is(verify('-verify_ip', address), 0, address);
      assert.is.not(verify('-verify_hostname', 'cnt2'), 0);
      assert.is.not(verify('-verify_ip', '192.168.1.52'), 0);

      const text = openssl('x509', '-in', 'cnt1.pem', '-noout', '-text').stdout;
      for (const words of [
        /Version: 3 /,
        /Issuer: CN ?= ?memo CA, O ?= ?stackseed/,
        /Subject: CN ?= ?cnt1, O ?= ?stackseed/,
        /Not Before: Jan {2}1 00:00:00 1970 GMT/,
        /Basic Constraints: critical\n *CA:FALSE/,
        /X509v3 Key Usage: *\n *Digital Signature\n/,
        /TLS Web Server Authentication, TLS Web Client Authentication/,
        /DNS:cnt1, DNS:cnt1.example.net, DNS:api.example.net, IP Address:192.168.1.51, IP Address:10.255.0.200/,
      ])
        assert.match(text, words);
      const end = (file: string) => openssl('x509', '-in', file, '-noout', '-enddate').stdout;
      assert.is(end('cnt1.pem'), end('ca.pem'));
      // The bytes are DER and nothing else: openssl writes the same ones.
      assert.is(openssl('x509', '-in', 'cnt1.pem').stdout, certificate);
      assert.is(openssl('pkey', '-in', 'cnt1.key', '-check', '-noout').status, 0);
    });
  },
);

needs(test, 'openssl')('a certificate with many names is whole', async () => {
  await inFolder(async (folder) => {
    // The list of names alone is longer than two bytes of length tell.
    const names = Array.from({ length: 900 }, (_, index) => `host-${index}.${'long.'.repeat(12)}example.net`);
    const { certificate } = makeCertificate(secretsWith(), 'galera', { ...cnt1, names });
    writeFileSync(join(folder, 'ca.pem'), authority.certificate);
    writeFileSync(join(folder, 'many.pem'), certificate);
    const args = ['verify', '-CAfile', 'ca.pem', '-verify_hostname', names.at(-1) ?? '', 'many.pem'];
    assert.is(spawnSync('openssl', args, { cwd: folder }).status, 0);
  });
});

test('an authority whose signatures are never the same is refused', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    await initSecrets(file, { fleet: 'memo' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/(?<= {2}key: \|\n)[\s\S]*$/, `${key.replace(/^/gm, '    ')}\n`));
    const { findings } = await readSecrets(file);
    assert.equal(
      findings.map(({ code, path, message }) => [code, path, message.slice(0, 14)]),
      [['secrets-ca', 'ca.key', 'not an RSA key']],
    );
  });
});

test('takes no name in which another one could hide', () => {
  for (const [label, host] of [
    ['a/b', 'c'],
    ['a', 'b/c'],
    ['', 'a'],
    ['a', ''],
    ['a@b', 'c'],
  ] as const)
    assert.throws(() => makeCertificate(secretsWith(), label, { ...cnt1, host }));
});

test('those of seven controllers take no time to speak of', () => {
  const secrets = secretsWith();
  const rounds = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let index = 0; index < 7; index++)
      makeCertificate(secrets, 'galera', { ...cnt1, host: `cnt${index}` });
    return (performance.now() - start) / 7;
  });
  // Milliseconds for one; 2 on an old machine that does nothing else.
  assert.ok(Math.min(...rounds) < 10, `${rounds.join(' ')} ms`);
});

test('the key is not printed by accident', () => {
  const { key } = makeCertificate(secretsWith(), 'galera', cnt1);
  assert.ok(key instanceof Secret);
  assert.is(JSON.stringify({ key }), '{"key":"***"}');
});

test.run();
