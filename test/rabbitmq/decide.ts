import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../fixtures.ts';

/** What a controller says of its RabbitMQ; rabbitmq_decide.py tells what it means. */
export interface Section {
  state: 'BLANK' | 'FORMING' | 'JOINING' | 'MEMBER';
  history: string | null;
  running: 'no' | 'starting' | 'paused' | 'hung' | 'yes';
  cluster: string[];
  alive: string[];
  controllers: string[];
  loop: boolean;
  restart: boolean;
  /** True where it is left out. */
  room?: boolean;
}

export interface Own extends Section {
  name: string;
  stuck: boolean;
  grown: boolean;
  settled: boolean;
  waived: string[];
  kept: string[];
  /** Whether it was started ahead of its turn; 'no' where it is left out. */
  warm?: 'no' | 'may' | 'yes';
}

export interface Step {
  state: 'none' | 'begun' | 'done' | 'unknown';
  generation: number | null;
  mine: boolean;
  why: string;
}

export interface Facts {
  self: Own;
  reports: Record<string, Section | 'unreadable' | null>;
  controllers: string[];
  ever: string[];
  step: Step | null;
}

export type Answer = [word: string, argument: string | number];

export const NAMES = ['cnt1', 'cnt2', 'cnt3'];

/** Asks the script that ships, once for all. */
export function decideAll(facts: Facts[]): Answer[] {
  return answers('rabbitmq', 'rabbitmq_decide.py', facts) as Answer[];
}

/** The answers of a script of a component that takes --lines. */
export function answers(component: string, script: string, facts: unknown[]): unknown[] {
  const path = join(root, 'cloud-config/components', component, 'files/usr/local/lib/stackseed/py', script);
  const ran = spawnSync('python3', ['-I', '-S', '-B', path, '--lines'], {
    input: facts.map((one) => `${JSON.stringify(one)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export function section(changes: Partial<Section> = {}): Section {
  const state = changes.state ?? 'BLANK';
  return {
    state,
    history: state === 'BLANK' ? null : 'aaaa',
    running: state === 'MEMBER' ? 'yes' : 'no',
    cluster: state === 'MEMBER' ? NAMES : [],
    alive: state === 'MEMBER' ? NAMES : [],
    controllers: NAMES,
    loop: state !== 'MEMBER',
    restart: false,
    ...changes,
  };
}

export function member(changes: Partial<Section> = {}): Section {
  return section({ state: 'MEMBER', ...changes });
}

/** Facts of cnt1, unless another name is given, which has all others silent until told otherwise. */
export function facts(
  own: Partial<Own>,
  reports: Facts['reports'],
  step: Partial<Step> | null = null,
  changes: Partial<Facts> = {},
): Facts {
  const name = own.name ?? 'cnt1';
  const silent = Object.fromEntries(NAMES.filter((one) => one !== name).map((one) => [one, null]));
  return {
    self: {
      stuck: false,
      grown: true,
      settled: true,
      waived: [],
      kept: [],
      ...section(own),
      ...own,
      name,
    },
    reports: { ...silent, ...reports },
    controllers: NAMES,
    ever: NAMES,
    step: step && { state: 'none', generation: 1, mine: false, why: '', ...step },
    ...changes,
  };
}
