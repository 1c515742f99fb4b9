import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheFolder } from '../images/cache.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import { labNeeds } from '../lab/needs.ts';
import { needs } from '../needs.ts';
import { FLEETS, writeFleet } from './fleet.ts';
import { type Cloud, cloudOf } from './proof.ts';
import { PROOFS } from './proofs.ts';
import { bringUp, say } from './stand.ts';

/**
 * The short form of `make lab-cloud`: three controllers, a network node, a compute node and an NFS server, powered on at one
 * moment, become a cloud; each proof of it stands on those before it.
 */
interface Context {
  lab: Lab;
  cloud: Cloud;
  stands: boolean;
}

const IN_CI = ['images', 'network', 'servers', 'floating address', 'volume', 'dashboard', 'doctor'];

const cloud = suite<Context>('cloud', { stands: false } as Context);
const wanted = [...labNeeds, 'busybox', 'chromium', 'cpio', 'dropbear', 'ssh'];
const test = needs(cloud, ...wanted);
const able = test === cloud;

cloud.before(async (context) => {
  if (!able) return;
  const hosts = FLEETS['small'] ?? [];
  const inventory = writeFleet(join(cacheFolder(), 'cloud-short'), hosts);
  context.lab = await openLab({ name: 'cloud-short', inventory, hosts });
  await context.lab.destroy();
});

cloud.after(async ({ lab }) => {
  if (able) await lab.destroy();
});

test('a cloud comes up from nothing but seeds, with nobody logging in', async (context) => {
  await bringUp(context.lab);
  context.cloud = cloudOf(context.lab);
  context.stands = true;
});

for (const { name, prove } of PROOFS.filter((proof) => IN_CI.includes(proof.name)))
  test(`a user has: ${name}`, async (context) => {
    assert.ok(context.stands, 'there is no cloud, or what this stands on failed');
    context.stands = false;
    say(`${name}: ${await prove(context.cloud)}`);
    context.stands = true;
  });

cloud.run();
