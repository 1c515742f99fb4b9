import type { Twist } from './steps.ts';
import type { Budget } from './world.ts';

/** A clause switched off, and the smallest search that shows what it was for. */
export interface Mutant {
  name: string;
  without: string[];
  twist?: Twist;
  start: string;
  budget: Partial<Budget>;
  /** What the counterexample says. */
  wrong: RegExp;
}

const LAST = 'outage, last write on the third';

export const MUTANTS: Mutant[] = [
  {
    name: 'majority genesis',
    without: ['genesis-unanimous'],
    start: 'third alone has data',
    budget: {},
    wrong: /created beside/,
  },
  {
    name: 'majority recovery',
    without: ['recovery-unanimous'],
    start: LAST,
    budget: {},
    wrong: /IST drops|lacks/,
  },
  {
    name: 'time-out bootstrap',
    without: [],
    twist: { timeoutBootstrap: true },
    start: LAST,
    budget: { wipe: 1 },
    wrong: /created beside/,
  },
  {
    name: 'time-out bootstrap, no identity guard',
    without: ['identity'],
    twist: { timeoutBootstrap: true },
    start: LAST,
    budget: { wipe: 1 },
    wrong: /created beside/,
  },
  {
    name: 'answers kept over a wipe',
    without: ['promise-matches'],
    twist: { answersOutliveDisk: true },
    start: 'genesis, the third has yet to join',
    budget: { wipe: 1 },
    wrong: /created beside/,
  },
  {
    name: 'serving with one node',
    without: ['serving-majority'],
    start: 'one member alone',
    budget: { write: 1 },
    wrong: /majority of members/,
  },
  {
    name: 'no identity guard',
    without: ['identity'],
    start: LAST,
    budget: { waive: 1 },
    wrong: /thrown away/,
  },
  {
    name: 'any host creates',
    without: ['genesis-first'],
    start: 'cold start',
    budget: {},
    wrong: /stands still/,
  },
  {
    name: 'absent hosts need not answer',
    without: ['genesis-ever'],
    start: 'third alone has data',
    budget: { absent: 1 },
    wrong: /created beside/,
  },
  {
    name: 'promises to dead attempts stand',
    without: ['dead-attempts-release'],
    start: 'cold start',
    budget: { crash: 1 },
    wrong: /stands still/,
  },
  {
    name: 'nothing is given up',
    without: ['give-up'],
    start: 'cold start',
    budget: { crash: 1 },
    wrong: /stands still/,
  },
  {
    name: 'promises between different lists',
    without: ['same-list'],
    start: 'cold start',
    budget: { absent: 1, crash: 1 },
    wrong: /stands still/,
  },
  {
    name: 'JOINING is not recorded',
    without: ['joining-first'],
    twist: { sstUnguarded: true },
    start: LAST,
    budget: { crash: 1 },
    wrong: /loses a served write/,
  },
  {
    name: 'the old copy is not kept',
    without: ['keep-before'],
    start: LAST,
    budget: {},
    wrong: /loses a served write/,
  },
  {
    name: 'a broken join stays',
    without: ['wipe-broken-join'],
    start: 'cold start',
    budget: { crash: 1 },
    wrong: /stands still/,
  },
  {
    name: 'non-Primary never stops',
    without: ['nonprimary-stops'],
    start: 'two of three down',
    budget: {},
    wrong: /stands still/,
  },
  {
    name: 'unknown is small',
    without: ['unknown-position'],
    start: LAST,
    budget: { blind: 1 },
    wrong: /holds a served write/,
  },
  {
    name: 'the first in order wins',
    without: ['highest-position'],
    start: LAST,
    budget: {},
    wrong: /holds a served write/,
  },
  {
    name: 'a promise does not cancel',
    without: ['promise-cancels'],
    start: LAST,
    budget: { waive: 2, split: 1 },
    wrong: /stands still/,
  },
  {
    name: 'a waiver replaces an answer, and outlives it',
    without: ['waiver-silence', 'waiver-ends'],
    start: LAST,
    budget: { waive: 1, garble: 1 },
    wrong: /holds a served write|IST drops/,
  },
  {
    name: 'a waiver makes no fork',
    without: ['fork'],
    start: LAST,
    budget: { waive: 1 },
    wrong: /IST drops/,
  },
  {
    name: 'data beyond a fork follow',
    without: ['fork-halts'],
    start: LAST,
    budget: { waive: 1 },
    wrong: /thrown away/,
  },
  {
    name: 'an absent host makes no fork',
    without: ['absent-forks'],
    start: 'two of three down',
    budget: { absent: 1 },
    wrong: /both Primary with one history/,
  },
  {
    name: 'an absent host is not listened to',
    without: ['absent-answers-count'],
    start: LAST,
    budget: { absent: 1 },
    wrong: /holds a served write/,
  },
];

/** Clauses that no search here needs: docs/decisions.md says why they stay. */
export const UNSEEN = [
  'genesis-looks-first',
  'mutual-list',
  'one-promise',
  'promise-binds',
  'promise-repeats',
  'recovery-promises',
  'serial-joins',
  'tainted',
  'waiver-majority',
];
