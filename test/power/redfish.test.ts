import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initSecrets, makeCertificate, readSecrets } from '../../src/secrets/index.ts';
import { stackseed } from '../cli/command.ts';
import { knownSecrets, withFolder } from '../fixtures.ts';
import { type Emulator, type EmulatorOptions, emulator } from './emulator.ts';
import { fleetWith } from './fleet.ts';

const PASSWORD = 'a-bmc.password';

interface Given {
  folder: string;
  bmc: Emulator;
  power(...args: string[]): ReturnType<typeof stackseed>;
}

/** A fleet of one host whose BMC is the emulator. */
function given(
  options: Partial<EmulatorOptions>,
  use: (given: Given) => Promise<void>,
  more = '',
): Promise<void> {
  return withFolder(async (folder) => {
    await knownSecrets(folder, { 'bmc@c1': PASSWORD });
    const bmc = await emulator({ user: 'admin', password: PASSWORD, ...options });
    try {
      const inventory = fleetWith(folder, { c1: `{ address: "${bmc.url}", user: admin${more} }` });
      await use({ folder, bmc, power: (...args) => stackseed(['power', ...args, '-i', inventory]) });
    } finally {
      await bmc.close();
    }
  });
}

const resets = ({ log }: Emulator) => log.flatMap((line) => /"ResetType":"(\w+)"/.exec(line)?.[1] ?? []);

test('on, off and cycle do what is still to be done, and log out', () =>
  given({ lag: 1 }, async ({ bmc, power }) => {
    assert.equal(await power('on', 'c1'), { status: 0, stdout: 'c1  on\n', stderr: '' });
    assert.is((await power('on', 'c1')).stdout, 'c1  on\n');
    assert.equal(resets(bmc), ['On']);
    await power('cycle', 'c1');
    assert.is((await power('off', 'c1')).stdout, 'c1  off\n');
    await power('off', 'c1');
    await power('cycle', 'c1');
    assert.equal(resets(bmc), ['On', 'ForceRestart', 'ForceOff', 'On']);
    assert.is((await power('status', 'c1')).stdout, 'c1  on\n');
    assert.is(bmc.sessions.size, 0);
  }));

test('pxe boots from the network once', () =>
  given({ etags: true, power: 'On' }, async ({ bmc, power }) => {
    assert.is((await power('pxe', 'c1')).status, 0);
    await power('cycle', 'c1');
    assert.equal(bmc.state.booted, ['Pxe', 'Hdd']);
  }));

for (const drives of ['system', 'manager'] as const)
  test(`cd puts the image into the drive for CDs below the ${drives}, instead of what is there`, () =>
    given({ drives, etags: true }, async ({ bmc, power }) => {
      const ran = await power('cd', 'c1', '--iso', 'http://192.0.2.1/isos/{host}.iso');
      assert.is(ran.stderr, '');
      assert.is(bmc.state.image, 'http://192.0.2.1/isos/c1.iso');
      assert.equal(bmc.state.booted, ['Cd']);
    }));

test('actions may be tasks, and restarting may want two steps', () =>
  given({ tasks: true, power: 'On', resets: ['On', 'ForceOff'] }, async ({ bmc, power }) => {
    assert.is((await power('cd', 'c1', '--iso', 'http://192.0.2.1/c1.iso')).status, 0);
    assert.equal(resets(bmc), ['ForceOff', 'On']);
    assert.equal(bmc.state.booted, ['Cd']);
  }));

test('without a session service it authenticates each request', () =>
  given({ sessions: false }, async ({ power }) => {
    assert.is((await power('on', 'c1')).stdout, 'c1  on\n');
  }));

test('--json', () =>
  given({}, async ({ power }) => {
    const { stdout } = await power('on', 'c1', '--json');
    assert.equal(JSON.parse(stdout), { act: 'on', hosts: [{ host: 'c1', power: 'on' }], findings: [] });
  }));

test('what the BMC refuses is a finding at its place, in its words', () =>
  given({ drives: 'none', resets: ['GracefulShutdown'] }, async ({ power }) => {
    const none = await power('cd', 'c1', '--iso', 'http://192.0.2.1/c1.iso');
    assert.is(none.status, 1);
    assert.match(
      none.stderr,
      /error\[hosts\.c1\.bmc\]: cd of c1 by http:\S+ the BMC of c1 has no virtual drive/,
    );
    assert.match(none.stderr, /inventory\.yaml:\d+:\d+/);
    assert.match((await power('on', 'c1')).stderr, /cannot reset the machine by On or ForceOn/);
  }));

test('a password that is wrong, and several systems behind one BMC', async () => {
  await given({ password: 'another' }, async ({ power }) => {
    const { status, stderr } = await power('on', 'c1');
    assert.is(status, 1);
    assert.match(stderr, /does not let admin in: 401, The credentials are not valid\./);
    assert.not(stderr.includes(PASSWORD));
  });
  await given({ sessions: false, password: 'another' }, async ({ power }) => {
    assert.match((await power('on', 'c1')).stderr, /does not let admin in/);
  });
  await given({ systems: 2 }, async ({ folder, bmc, power }) => {
    assert.match((await power('on', 'c1')).stderr, /it has 2 systems: \/redfish\/v1\/Systems\/1 /);
    fleetWith(folder, { c1: `{ address: "${bmc.url}/redfish/v1/Systems/1", user: admin }` });
    assert.is((await power('on', 'c1')).stdout, 'c1  on\n');
  });
});

/** A certificate of the fleet's authority, or of another's. */
async function certificate(folder: string, authority: 'own' | 'other') {
  const file = join(folder, authority === 'own' ? 'secrets.yaml' : 'other.yaml');
  if (authority === 'other') await initSecrets(file, { fleet: 'other' });
  const { secrets } = await readSecrets(file, {});
  if (!secrets) throw new Error('no secrets');
  const made = makeCertificate(secrets, 'bmc', { host: 'c1', names: [], addresses: ['127.0.0.1'] });
  return { certificate: made.certificate, key: made.key.reveal(), ca: secrets.ca.certificate };
}

test('its certificate must be by an authority that is known, or the one in the inventory', () =>
  withFolder(async (maker) => {
    await knownSecrets(maker);
    const own = await certificate(maker, 'own');
    const other = await certificate(maker, 'other');
    // knownSecrets gives every folder of this process the same authority.
    await given({ tls: own }, async ({ power }) => {
      assert.is((await power('on', 'c1')).stdout, 'c1  on\n');
    });
    let print = '';
    await given({ tls: other }, async ({ folder, bmc, power }) => {
      const { status, stderr } = await power('on', 'c1');
      assert.is(status, 1);
      assert.match(stderr, /its certificate is not trusted/);
      print = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(stderr)?.[0] ?? '';
      assert.is.not(print, '');
      assert.equal(bmc.log, []);
      writeFileSync(join(folder, 'ca.pem'), other.ca);
      assert.is((await power('on', 'c1', '--ca', join(folder, 'ca.pem'))).stdout, 'c1  on\n');
    });
    await given(
      { tls: other },
      async ({ power }) => {
        assert.is((await power('on', 'c1')).stdout, 'c1  on\n');
      },
      `, fingerprint: "${print.toLowerCase()}"`,
    );
    await given(
      { tls: own },
      async ({ bmc, power }) => {
        assert.match((await power('on', 'c1')).stderr, /its certificate is another than the inventory says/);
        assert.equal(bmc.log, []);
        assert.is(bmc.sessions.size, 0);
      },
      `, fingerprint: "${print}"`,
    );
  }));

test('a BMC that does not answer, or with anything else than Redfish', () =>
  given({}, async ({ folder, bmc, power }) => {
    fleetWith(folder, { c1: `{ address: "${bmc.url}/nothing", user: admin }` });
    assert.match((await power('on', 'c1')).stderr, /\/nothing is no service root of Redfish: 401/);
    await bmc.close();
    assert.match((await power('on', 'c1')).stderr, /connection refused/);
  }));

test('some hosts fail, and the others are told', () =>
  given({}, async ({ folder, bmc, power }) => {
    fleetWith(folder, {
      c1: `{ address: "${bmc.url}", user: admin }`,
      c2: '{ address: "http://127.0.0.1:9", user: admin }',
    });
    const { status, stdout, stderr } = await power('on', 'c2', 'c1');
    assert.is(status, 1);
    assert.is(stdout, 'c2  unknown\nc1  on\n');
    assert.match(stderr, /hosts\.c2\.bmc/);
  }));

test('what is missing is said before anything is done', () =>
  given({}, async ({ folder, bmc, power }) => {
    fleetWith(folder, { c1: `{ address: "${bmc.url}" }`, c2: undefined });
    const { status, stderr } = await power('on', 'c1', 'c2');
    assert.is(status, 1);
    assert.match(stderr, /the bmc of c1 has no user/);
    assert.match(stderr, /c2 has no bmc/);
    fleetWith(folder, {
      c1: `{ address: "${bmc.url}", user: admin }`,
      c2: `{ address: "${bmc.url}", user: admin }`,
    });
    assert.match((await power('cd', 'c1')).stderr, /not told what goes into the virtual drive/);
    assert.match((await power('cd', 'c1', '--iso', '/srv/c1.iso')).stderr, /not a URL that a BMC can fetch/);
    assert.match(
      (await power('cd', 'c1', 'c2', '--iso', 'http://x/a.iso')).stderr,
      /several hosts would get the same/,
    );
    assert.match((await power('on', 'c3')).stderr, /no host "c3"/);
    assert.is((await power('explode', 'c1')).status, 2);
    assert.equal(bmc.log, []);
  }));

test.run();
