import { setTimeout as sleep } from 'node:timers/promises';
import { type Fields, fieldsIn, linkIn, listIn, logIn, type Redfish } from './redfish-client.ts';
import { type Bmc, type Order, type Power, PowerError } from './types.ts';

/** Milliseconds between two looks at whether the machine is on or off. */
const LOOK = 1000;

/** Carries out an order by Redfish: DMTF DSP0266, schemas ComputerSystem and VirtualMedia (DSP8010). */
export async function byRedfish(bmc: Bmc, order: Order): Promise<Power> {
  const path = new URL(bmc.address).pathname;
  const named = /\/Systems\/[^/]+\/?$/.test(path) ? path : undefined;
  const root = named ? named.replace(/Systems\/.*$/, '') : path === '/' ? '/redfish/v1/' : path;
  const { redfish, root: service } = await logIn(bmc, order, root);
  try {
    const at = named ?? (await onlySystem(redfish, linkIn(service['Systems'])));
    return await carryOut({ redfish, at, bmc, order });
  } finally {
    await redfish.end();
  }
}

async function onlySystem(redfish: Redfish, collection: string | undefined): Promise<string> {
  if (collection === undefined) throw new PowerError('it has no systems');
  const { body } = await redfish.get(collection);
  const links = listIn(body['Members']).flatMap((one) => linkIn(one) ?? []);
  const [first] = links;
  if (links.length !== 1 || first === undefined)
    throw new PowerError(
      `it has ${links.length} systems: ${links.join(' ')}`,
      "write the path of the host's own behind the address",
    );
  return first;
}

interface Machine {
  redfish: Redfish;
  /** Path of its system. */
  at: string;
  bmc: Bmc;
  order: Order;
}

async function carryOut(machine: Machine): Promise<Power> {
  const { redfish, at, order } = machine;
  const { body: system, headers } = await redfish.get(at);
  const power = powerOf(system);
  switch (order.act) {
    case 'status':
      return power;
    case 'on':
      return power === 'on' ? power : start(machine, system);
    case 'off':
      return power === 'off' ? power : reset(machine, system, ['ForceOff'], 'off');
    case 'cycle':
      return restart(machine, system);
    case 'pxe':
      await bootOnce(machine, system, headers.etag, 'Pxe');
      return restart(machine, system);
    case 'cd': {
      // First what the machine would boot, then that it boots it.
      await insert(machine, system, order.imageOf(machine.bmc.host));
      const now = await redfish.get(at);
      await bootOnce(machine, now.body, now.headers.etag, 'Cd');
      return restart(machine, now.body);
    }
  }
}

/** A machine that is about to be on counts as on. */
function powerOf(system: Fields): Power {
  const state = system['PowerState'];
  if (state === 'On' || state === 'PoweringOn' || state === 'Paused') return 'on';
  if (state === 'Off' || state === 'PoweringOff') return 'off';
  throw new PowerError('it does not say whether the machine is on');
}

function start(machine: Machine, system: Fields): Promise<Power> {
  return reset(machine, system, ['On', 'ForceOn'], 'on');
}

async function restart(machine: Machine, system: Fields): Promise<Power> {
  if (powerOf(system) === 'off') return start(machine, system);
  const ways = ['ForceRestart', 'PowerCycle'];
  if (allowed(system, ways) !== undefined) return reset(machine, system, ways, 'on');
  await reset(machine, system, ['ForceOff'], 'off');
  return start(machine, system);
}

function resetOf(system: Fields): Fields | undefined {
  return fieldsIn(fieldsIn(system['Actions'])?.['#ComputerSystem.Reset']);
}

/** The first of the ways that the BMC says it knows; the first of all where it does not say. */
function allowed(system: Fields, ways: string[]): string | undefined {
  const known = resetOf(system)?.['ResetType@Redfish.AllowableValues'];
  return Array.isArray(known) ? ways.find((way) => known.includes(way)) : ways[0];
}

async function reset(machine: Machine, system: Fields, ways: string[], want: Power): Promise<Power> {
  const { redfish, at, order } = machine;
  const target = resetOf(system)?.['target'];
  const way = allowed(system, ways);
  if (typeof target !== 'string' || way === undefined)
    throw new PowerError(`it cannot reset the machine by ${ways.join(' or ')}`);
  await redfish.send('POST', target, { ResetType: way });
  const end = Date.now() + order.timeout * 1000;
  for (;;) {
    const power = powerOf((await redfish.get(at)).body);
    if (power === want) return power;
    if (Date.now() > end) throw new PowerError(`the machine is not ${want} after ${order.timeout} s`);
    await sleep(LOOK, undefined, order.signal && { signal: order.signal });
  }
}

async function bootOnce(
  { redfish, at, bmc }: Machine,
  system: Fields,
  etag: string | undefined,
  target: 'Pxe' | 'Cd',
): Promise<void> {
  const boot = fieldsIn(system['Boot']) ?? {};
  const known = boot['BootSourceOverrideTarget@Redfish.AllowableValues'];
  if (Array.isArray(known) && !known.includes(target))
    throw new PowerError(`it cannot boot the machine from ${target} once: only ${known.join(', ')}`);
  const mode = bmc.firmware && { BootSourceOverrideMode: bmc.firmware === 'uefi' ? 'UEFI' : 'Legacy' };
  // Some have no such mode to set, and refuse all of it then.
  const sets = mode && 'BootSourceOverrideMode' in boot ? mode : {};
  await redfish.send(
    'PATCH',
    at,
    { Boot: { BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: target, ...sets } },
    etag === undefined ? {} : { 'If-Match': etag },
  );
}

/** Puts the image into the first drive for CDs; what is in there goes out. */
async function insert({ redfish, bmc }: Machine, system: Fields, image: string): Promise<void> {
  const drive = await driveOf(redfish, system);
  if (!drive)
    throw new PowerError(`the BMC of ${bmc.host} has no virtual drive for CDs`, 'install it by PXE');
  const actions = fieldsIn(drive['Actions']);
  const target = (name: string) => fieldsIn(actions?.[`#VirtualMedia.${name}`])?.['target'];
  const [eject, put] = [target('EjectMedia'), target('InsertMedia')];
  if (typeof put !== 'string')
    throw new PowerError('its virtual drive takes no image by URL', 'its licence may not allow it');
  if (drive['Inserted'] === true && typeof eject === 'string') await redfish.send('POST', eject, {});
  await redfish.send('POST', put, { Image: image, Inserted: true, WriteProtected: true });
}

/** Newer services have the drives below the system, older ones below its manager. */
async function driveOf(redfish: Redfish, system: Fields): Promise<Fields | undefined> {
  const [manager] = listIn(fieldsIn(system['Links'])?.['ManagedBy']).flatMap((one) => linkIn(one) ?? []);
  const collection =
    linkIn(system['VirtualMedia']) ??
    (manager === undefined ? undefined : linkIn((await redfish.get(manager)).body['VirtualMedia']));
  if (collection === undefined) return undefined;
  const members = listIn((await redfish.get(collection)).body['Members']).flatMap((one) => linkIn(one) ?? []);
  for (const member of members) {
    const { body } = await redfish.get(member);
    const types = body['MediaTypes'];
    if (Array.isArray(types) && (types.includes('CD') || types.includes('DVD'))) return body;
  }
  return undefined;
}
