import { regroup } from './galera.ts';
import { controllersOf, type Oracle, reportsNow } from './oracle.ts';
import { newSeed, own, type Step, type Twist } from './steps.ts';
import { bit, hostName, NO_FAULTS, stateOf, type World, withHost } from './world.ts';

/** Rounds after which a fleet that still changes is said to turn in circles. */
const LIMIT = 60;

/** What may remain once an operator's word has been given: DESIGN's waits and halts that are meant. */
const MEANT =
  /beyond position|sibling|unrelated|absent in the inventory|do not name each other|creating the database needs every host/;

/** Why the fleet of this world does not come together once faults stop and all hosts are up, or null. */
export function whyNot(world: World, oracle: Oracle, good: Set<string>, twist: Twist): string | null {
  let now = calm(world);
  const passed: string[] = [];
  for (let round = 0; round < LIMIT; round++) {
    const text = stateOf(now);
    if (good.has(text)) return remember(passed, good);
    if (passed.at(-1) === text) return verdict(now, oracle, passed, good);
    passed.push(text);
    for (const at of now.hosts.keys()) {
      const step = turn(now, at, oracle, twist);
      if (step.broken) return `${step.label}: ${step.broken}`;
      now = step.world;
    }
  }
  return `it turns in circles: ${words(now, oracle).join('; ')}`;
}

function remember(passed: string[], good: Set<string>): null {
  for (const text of passed) good.add(text);
  return null;
}

/** Faults stop: the network is whole, all are up and have the newest seed; one that is absent stays as it is. */
export function calm(world: World): World {
  let now: World = { ...world, budget: NO_FAULTS, split: -1 };
  for (const [at, host] of now.hosts.entries()) {
    if (!host.up && at !== now.absent) now = withHost(now, at, { up: true });
    if (now.absent >= 0 && at !== now.absent && host.list === 0) now = newSeed(now, at);
    now = withHost(now, at, { torn: null, blind: false, garbled: false });
  }
  return regroup(now);
}

/** All that one host does in its turn: what is pending, one round, and what its daemon does meanwhile. */
function turn(world: World, at: number, oracle: Oracle, twist: Twist): Step {
  let now = world;
  for (let step = own(now, at, oracle, twist)[0], count = 0; step && count < 8; count++) {
    if (step.broken) return step;
    now = step.world;
    step = now.hosts[at]?.pending || now.hosts[at]?.daemon ? own(now, at, oracle, twist)[0] : undefined;
    if (step && !now.hosts[at]?.pending) break;
  }
  for (const step of own(now, at, oracle, twist)) {
    if (!/mariadbd (joins|finds|has no|is Synced)/.test(step.label)) continue;
    if (step.broken) return step;
    now = step.world;
    break;
  }
  return { label: '', world: now };
}

function verdict(world: World, oracle: Oracle, passed: string[], good: Set<string>): string | null {
  const names = controllersOf(world, world.absent >= 0 ? 1 : 0);
  const here = world.hosts.flatMap((host, at) => (names.includes(hostName(at)) ? [{ host, at }] : []));
  const view = here[0]?.host.daemon?.view;
  const whole = here.every(({ host, at }) => {
    const daemon = host.daemon;
    const serving = daemon?.runs === 'primary' && daemon.synced && daemon.view === view;
    return serving && host.entry.state === 'MEMBER' && (daemon.members & bit(at)) !== 0;
  });
  if (whole) return remember(passed, good);
  const said = words(world, oracle);
  if (world.excused !== 0 && said.some((word) => MEANT.test(word))) return remember(passed, good);
  return `it stands still: ${said.join('; ')}`;
}

function words(world: World, oracle: Oracle): string[] {
  return world.hosts.flatMap((host, at) => {
    if (!host.up) return [`${hostName(at)} is off`];
    if (!controllersOf(world, host.list).includes(hostName(at))) return [];
    const { word, argument } = oracle.decide(world, at, reportsNow(world, at));
    return [`${hostName(at)}: ${word} ${argument}`.trimEnd()];
  });
}
