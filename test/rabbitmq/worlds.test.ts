import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, decideAll, type Facts, facts, NAMES, type Section, section } from './decide.ts';

/**
 * Three hosts that answer each other, from every combination of what a power cut may have left, with what
 * each act and RabbitMQ itself does to them. The scripts that ship decide. All must come to serve.
 */
interface World {
  begins: string;
  hosts: Record<string, Section>;
  /** Those that were started ahead of their turn, where that is done at all. */
  warm: Record<string, 'no' | 'may' | 'yes'>;
  /** Of the last generation of the step, and how often it was begun. */
  step: { state: 'none' | 'begun' | 'done'; generation: number; owner: string };
  trace: string[];
}

const others = (name: string) => NAMES.filter((one) => one !== name);

/** What a disk may hold at a boot. A member that was up alone, with the next one, or with all. */
const disks: [string, (name: string) => Section][] = [
  ['blank', () => section()],
  ['forming', () => section({ state: 'FORMING' })],
  ['joining', () => section({ state: 'JOINING', cluster: NAMES, alive: NAMES })],
  ['member of all', () => section({ state: 'MEMBER', running: 'no', loop: true })],
  ['member, last', (name) => section({ state: 'MEMBER', running: 'no', loop: true, alive: [name] })],
  [
    'member of two',
    (name) =>
      section({ state: 'MEMBER', running: 'no', loop: true, alive: [name, others(name)[0] ?? ''].sort() }),
  ],
];

function worlds(): World[] {
  const found: World[] = [];
  for (const one of disks)
    for (const two of disks)
      for (const three of disks) {
        const kinds = [one, two, three];
        const hosts = Object.fromEntries(
          NAMES.map((name, index) => [name, kinds[index]?.[1](name) as Section]),
        );
        const begins = kinds.map(([kind]) => kind).join(' | ');
        const states = Object.values(hosts).map((host) => host.state);
        const forming = NAMES.find((name) => hosts[name]?.state === 'FORMING');
        // Where somebody is a member the step was done, and not by one that never became a member.
        const done = states.includes('MEMBER') || states.includes('JOINING');
        const begun = forming !== undefined ? 'begun' : 'none';
        for (const step of done ? (['done'] as const) : ([begun, 'done'] as const))
          for (const warm of ['no', 'may'] as const)
            found.push({
              begins: `${begins}, step ${step}, warm ${warm}`,
              hosts: structuredClone(hosts),
              warm: Object.fromEntries(NAMES.map((name) => [name, warm])),
              step: { state: step, generation: 1, owner: (done ? undefined : forming) ?? 'cnt9' },
              trace: [],
            });
      }
  return found;
}

const serving = (world: World) =>
  NAMES.filter((name) => world.hosts[name]?.state === 'MEMBER' && world.hosts[name]?.running === 'yes');

function factsOf(world: World, name: string): Facts {
  const reports = Object.fromEntries(others(name).map((one) => [one, world.hosts[one] as Section]));
  const { state, generation, owner } = world.step;
  const mine = owner === name;
  return facts({ ...world.hosts[name], name, warm: world.warm[name] ?? 'no' }, reports, {
    state,
    generation,
    mine,
  });
}

function act(world: World, name: string, [word, argument]: Answer): void {
  const host = world.hosts[name] as Section;
  world.trace.push(`${name} ${word} ${argument}`);
  const history = `made ${world.step.generation}`;
  // As the join loop remembers it: once, and not after anything else was done.
  if (word !== 'wait') world.warm[name] = word === 'warm' ? 'yes' : 'no';
  if (word === 'claim') {
    world.step = { state: 'done', generation: Number(argument), owner: name };
    Object.assign(host, { state: 'MEMBER', history, running: 'yes', cluster: [name], alive: [name] });
  } else if (word === 'adopt') {
    Object.assign(host, { state: 'MEMBER', history: 'aaaa', cluster: [name], alive: [name] });
  } else if (word === 'join') {
    const peer = world.hosts[String(argument)] as Section;
    for (const one of serving(world)) {
      const there = world.hosts[one] as Section;
      if (one === argument || peer.cluster.includes(one))
        there.cluster = [...new Set([...peer.cluster, name])].sort();
    }
    Object.assign(host, {
      state: 'MEMBER',
      history: peer.history,
      running: 'yes',
      cluster: [...peer.cluster],
    });
  } else if (word === 'warm') {
    Object.assign(host, section({ running: 'yes', cluster: [name], alive: [name] }));
  } else if (word === 'wipe') {
    Object.assign(host, section());
  } else if (word === 'start' || word === 'restart') {
    host.running = 'starting';
  } else if (word === 'force') {
    host.running = 'yes';
  } else if (!['wait', 'member', 'halt'].includes(word)) {
    throw new Error(`${word}: not thought of`);
  }
  settle(world);
}

/** Whose tables a host needs, and whose those need that are starting themselves. */
function waitedFor(world: World, name: string): Set<string> {
  const found = new Set([name]);
  for (const one of found) {
    const host = world.hosts[one];
    if (host?.state === 'MEMBER' && host.running === 'starting')
      for (const next of host.alive) found.add(next);
  }
  found.delete(name);
  return found;
}

/** What RabbitMQ does by itself: those that wait for tables get them, and all see who is up. */
function settle(world: World): void {
  for (let moved = true; moved; ) {
    moved = false;
    const up = serving(world);
    for (const name of NAMES) {
      const host = world.hosts[name] as Section;
      if (host.state !== 'MEMBER' || host.running !== 'starting') continue;
      const beside = up.some((one) => world.hosts[one]?.cluster.includes(name));
      const all = [...waitedFor(world, name)].every((one) => world.hosts[one]?.running !== 'no');
      if (beside || all) {
        host.running = 'yes';
        moved = true;
      }
    }
  }
  for (const name of serving(world)) {
    const host = world.hosts[name] as Section;
    host.alive = serving(world).filter((one) => host.cluster.includes(one));
  }
}

test('from whatever a power cut left, all come to serve, in one message queue', () => {
  const all = worlds();
  for (let round = 0; round < 14; round++)
    for (const name of NAMES) {
      const answers = decideAll(all.map((world) => factsOf(world, name)));
      all.forEach((world, index) => {
        act(world, name, answers[index] as Answer);
      });
    }
  for (const world of all) {
    const why = `${world.begins}\n${world.trace.slice(-12).join('\n')}`;
    assert.equal(serving(world), NAMES, why);
    assert.is(new Set(NAMES.map((name) => world.hosts[name]?.history)).size, 1, why);
    for (const name of NAMES) assert.equal(world.hosts[name]?.cluster, NAMES, why);
  }
});

test('no data are removed that could have been kept', () => {
  const all = worlds();
  const members = all.map((world) => NAMES.filter((name) => world.hosts[name]?.state === 'MEMBER'));
  for (let round = 0; round < 6; round++)
    for (const name of NAMES) {
      const answers = decideAll(all.map((world) => factsOf(world, name)));
      all.forEach((world, index) => {
        act(world, name, answers[index] as Answer);
      });
    }
  all.forEach((world, index) => {
    const wiped = members[index]?.filter((name) =>
      world.trace.some((line) => line.startsWith(`${name} wipe`)),
    );
    assert.equal(wiped, [], `${world.begins}\n${world.trace.join('\n')}`);
  });
});

test.run();
