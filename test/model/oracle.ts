import type { Script } from './script.ts';
import { canonical, type Entry, type Host, hostName, reaches, type World } from './world.ts';

/** What the script says of one round. */
export interface Answer {
  word: string;
  argument: string;
  entry: Entry;
}

/** Asks the shipped script what a host decides; answers are kept by input, with names made canonical. */
export interface Oracle {
  decide(world: World, at: number, reports: Map<number, string | null>): Answer;
  serves(world: World, at: number, rows: string[]): boolean;
  /** Distinct inputs. */
  inputs(): number;
}

const NEW = { nonce: 'n900', history: 'h900' };

/** The names that a host's own cluster.json has: of the old inventory, or of the one with an absent host. */
export function controllersOf(world: World, list: number): string[] {
  const names = world.hosts.map((_, at) => hostName(at));
  return list === 0 ? names : names.filter((_, at) => at !== world.absent);
}

/** Hosts are never changed in place, so what was made of one stays right; by the absent host. */
const sections = new WeakMap<Host, Map<number, string>>();

/** The report of a host as JSON text, its section `galera`. */
export function sectionOf(world: World, at: number): string {
  const host = world.hosts[at];
  if (!host) throw new Error(`no host ${at}`);
  const made = sections.get(host) ?? new Map<number, string>();
  const section = made.get(world.absent) ?? makeSection(world, host);
  sections.set(host, made.set(world.absent, section));
  return section;
}

function makeSection(world: World, host: Host): string {
  const { copy, daemon, entry } = host;
  const section = {
    ...entry,
    boot: 'now',
    running: daemon?.runs ?? 'no',
    synced: daemon?.runs === 'primary' && daemon.synced,
    position: positionOf(host),
    cached_from: daemon && copy ? `c${daemon.cache.slice(1)}` : null,
    list: `list${host.list}`,
    controllers: controllersOf(world, host.list),
    ever: controllersOf(world, 0),
    ...(entry.state === 'MEMBER' && !daemon && copy && !belongs(entry, copy.history)
      ? { tainted: true }
      : {}),
  };
  return JSON.stringify(section);
}

function positionOf({ entry, copy, daemon, blind }: Host): string | null {
  if (entry.state === 'BLANK' || entry.state === 'PROMISED') return 'p0';
  if (entry.state === 'JOINING' || !copy || daemon?.runs === 'starting' || blind) return null;
  return copy.position;
}

function belongs(entry: Entry, history: string): boolean {
  return entry.history === history || entry.line.some(([ancestor]) => ancestor === history);
}

export function startOracle(script: Script): Oracle {
  const known = new Map<string, string>();
  const gates = new Map<string, boolean>();
  return {
    decide(world, at, reports) {
      const { text, back } = canonical(factsOf(world, at, reports));
      let answer = known.get(text);
      if (answer === undefined) {
        answer = askScript(script, text);
        known.set(text, answer);
      }
      return JSON.parse(answer.replace(/"[ihnp]\d+"/g, (name) => back.get(name) ?? name)) as Answer;
    },
    serves(world, at, rows) {
      const { text } = canonical(`{"serves":${sectionOf(world, at)},"rows":${JSON.stringify(rows)}}`);
      const gate = gates.get(text) ?? (script.ask(JSON.parse(toNumbers(text))) as boolean);
      gates.set(text, gate);
      return gate;
    },
    inputs: () => known.size + gates.size,
  };
}

function factsOf(world: World, at: number, reports: Map<number, string | null>): string {
  const host = world.hosts[at];
  if (!host) throw new Error(`no host ${at}`);
  const self = `{"name":"${hostName(at)}",${sectionOf(world, at).slice(1)}`;
  const rest = [...reports].map(([other, section]) => `"${hostName(other)}":${section}`).join(',');
  const lists = `"list":"list${host.list}","controllers":${JSON.stringify(controllersOf(world, host.list))}`;
  return `{"self":${self},${lists},"ever":${JSON.stringify(controllersOf(world, 0))},"reports":{${rest}}}`;
}

/** Reports of all others as they are now; null for those out of reach. */
export function reportsNow(world: World, at: number): Map<number, string | null> {
  const others = world.hosts.flatMap((_, other) => (other === at ? [] : [other]));
  const report = (other: number) => {
    if (!reaches(world, at, other)) return null;
    return world.hosts[other]?.garbled ? '"unreadable"' : sectionOf(world, other);
  };
  return new Map(others.map((other) => [other, report(other)]));
}

function askScript(script: Script, text: string): string {
  const facts = JSON.parse(toNumbers(text));
  const [word, argument] = script.ask(facts) as [string, string];
  const self = facts.self as Entry;
  const { incarnation, state, history, line, before, promise, attempt, waivers } = self;
  const record = { incarnation, state, history, line, before, promise, attempt, waivers };
  const entry = script.ask({ record, word, argument, facts, fresh: NEW }) as Entry;
  return JSON.stringify({ word, argument, entry: toNames(entry) });
}

/** Positions as the script knows them, integers; what can be sent from a position on lies one above it. */
function toNumbers(text: string): string {
  return text.replace(/"([pc])(\d+)"/g, (_, kind: string, order: string) =>
    String(Number(order) * 2 + (kind === 'c' ? 1 : 0)),
  );
}

/** The integers of a record are positions, all of them. */
function toNames(value: unknown): unknown {
  if (typeof value === 'number') return `p${value / 2}`;
  if (Array.isArray(value)) return value.map(toNames);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toNames(inner)]));
}
