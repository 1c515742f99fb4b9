import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startScript } from './script.ts';

/**
 * Failures seen in the field, one row each: what three controllers report, and what each of them decides.
 * cnt1, cnt2, cnt3 in this order; null is silent.
 */
type Section = Record<string, unknown>;
type Seen = Section | 'unreadable' | null;

const script = startScript();
const NAMES = ['cnt1', 'cnt2', 'cnt3'];

function blank(change: Section = {}): Section {
  return {
    incarnation: 'aa',
    state: 'BLANK',
    history: null,
    line: [],
    before: null,
    promise: null,
    attempt: null,
    waivers: [],
    boot: 'b1',
    running: 'no',
    synced: false,
    position: 0,
    cached_from: null,
    list: 'L',
    controllers: NAMES,
    ever: NAMES,
    ...change,
  };
}

function member(position: number | null, change: Section = {}): Section {
  return blank({ state: 'MEMBER', history: 'A', position, ...change });
}

function primary(position: number, change: Section = {}): Section {
  return member(position, { running: 'primary', synced: true, cached_from: 1, ...change });
}

function attempt(kind: string, change: Section = {}): Section {
  const empty = {
    kind,
    nonce: 'n',
    boot: 'b1',
    list: 'L',
    history: 'A',
    position: 0,
    waived: [],
    done: false,
  };
  return { attempt: { ...empty, ...change } };
}

function promise(to: string, kind: string, change: Section = {}): Section {
  const given = { kind, to, incarnation: 'aa', nonce: 'n', list: 'L', history: 'A', state: 'BLANK' };
  return { promise: { ...given, held: null, position: 0, ...change } };
}

function decide(at: number, seen: Seen[], change: Section = {}): string {
  const own = seen[at];
  const self = { ...(own as Section), name: NAMES[at] };
  const reports = Object.fromEntries(
    NAMES.map((name, other) => [name, seen[other]]).filter((_, other) => other !== at),
  );
  const facts = { self, list: 'L', controllers: NAMES, ever: NAMES, reports, ...change };
  return (script.ask(facts) as string[]).join(' ').trimEnd();
}

const CASES: [string, number, Seen[], RegExp][] = [
  ['first boot: all blank and there, the first asks', 0, [blank(), blank(), blank()], /^ask genesis$/],
  ['first boot: the second waits for the first', 1, [blank(), blank(), blank()], /^wait for cnt1, the first/],
  ['first boot: one is not there', 0, [blank(), blank(), null], /^wait for cnt3 to answer/],
  [
    'an open port that cannot be read may be alive',
    0,
    [blank(), blank(), 'unreadable'],
    /^wait .*readable answer of cnt3/,
  ],
  ['the first was wiped while its peers run', 0, [blank(), primary(5), primary(5)], /^join cnt2$/],
  [
    'the first was wiped while its peers are stopped',
    0,
    [blank(), member(5), member(5)],
    /^wait for cnt2, which has the latest/,
  ],
  [
    'the first was wiped, and its peers are power-cut',
    0,
    [blank(), null, null],
    /^wait for cnt2, cnt3 to answer/,
  ],
  [
    'the first was wiped, the third never booted',
    0,
    [blank(), member(9), blank()],
    /^wait for cnt2, which has the latest/,
  ],
  ['all down: the highest position asks', 2, [member(5), member(5), member(6)], /^ask recovery$/],
  ['all down: a tie goes by order', 0, [member(6), member(6), member(5)], /^ask recovery$/],
  ['positions are numbers, not text', 1, [member(9), member(10), member(8)], /^ask recovery$/],
  [
    'positions are compared to the last digit',
    1,
    [member(4503599627370495), member(4503599627370496), blank()],
    /^ask recovery$/,
  ],
  [
    'no position is not a small one',
    0,
    [member(5), member(null), member(4)],
    /^wait for the position .* cnt2/,
  ],
  [
    'data that are not of the recorded history never win',
    0,
    [member(5), member(9, { tainted: true }), blank()],
    /^ask recovery$/,
  ],
  [
    'an aborted full copy never wins',
    0,
    [member(5), blank({ state: 'JOINING', history: 'A', position: null }), blank()],
    /^wait for cnt2 to clear away/,
  ],
  [
    'an aborted full copy is cleared away',
    1,
    [member(5), blank({ state: 'JOINING', history: 'A', position: null }), blank()],
    /^wipe /,
  ],
  [
    'an aborted full copy of a member: its own is put back',
    1,
    [member(5), blank({ state: 'JOINING', history: 'A', before: { history: 'A', line: [] } }), null],
    /^restore /,
  ],
  ['all down, one never comes back', 0, [member(5), member(5), null], /^wait for cnt3 .*waive/],
  [
    'all down, one never comes back and is waived',
    0,
    [member(5, { waivers: ['cnt3'] }), member(5), null],
    /^ask recovery$/,
  ],
  [
    'a waiver given on another controller',
    0,
    [member(5), member(5, { waivers: ['cnt3'] }), null],
    /^ask recovery$/,
  ],
  [
    'a waiver does not replace an open port',
    0,
    [member(5), member(5, { waivers: ['cnt3'] }), 'unreadable'],
    /^wait .*readable answer of cnt3/,
  ],
  [
    'a waiver does not outlive an answer',
    0,
    [member(5, { waivers: ['cnt3'] }), member(5), member(4)],
    /^unwaive cnt3$/,
  ],
  [
    'waivers make no majority',
    0,
    [member(5, { waivers: ['cnt2', 'cnt3'] }), null, null],
    /^wait for one of cnt2, cnt3/,
  ],
  [
    'a waiver never creates',
    0,
    [blank({ waivers: ['cnt3'] }), blank(), null],
    /^wait for cnt3 to answer: creating/,
  ],
  [
    'an older first node does not overrule newer peers',
    0,
    [member(5), primary(9, { cached_from: 3 }), primary(9)],
    /^join /,
  ],
  [
    'somebody is Primary with another history',
    0,
    [member(5), primary(9, { history: 'B' }), null],
    /^halt .*A.*cnt2.*B/,
  ],
  [
    'beyond the fork of a child',
    0,
    [member(9), primary(9, { history: 'B', line: [['A', 7]] }), null],
    /^halt .*beyond position 7/,
  ],
  [
    'at the fork of a child',
    0,
    [member(7), primary(9, { history: 'B', line: [['A', 7]] }), null],
    /^join cnt2$/,
  ],
  [
    'two children of one history',
    0,
    [member(7, { history: 'B', line: [['A', 5]] }), member(7, { history: 'C', line: [['A', 5]] }), blank()],
    /^halt .*sibling/,
  ],
  [
    'two of three lost power, the third runs non-Primary',
    2,
    [member(5), member(5), member(5, { running: 'nonprimary' })],
    /^stop /,
  ],
  [
    'non-Primary, and one does not answer',
    2,
    [member(5), null, member(5, { running: 'nonprimary' })],
    /^wait for cnt2 to answer/,
  ],
  [
    'one joins at a time',
    2,
    [primary(5), blank({ state: 'JOINING', history: 'A', running: 'primary' }), blank()],
    /^wait for cnt2 to be Synced/,
  ],
  ['lower ranks join first', 2, [primary(5), blank(), blank()], /^wait for cnt2 to join first/],
  [
    'a host whose loop is stopped holds nobody up',
    2,
    [primary(5), blank({ loop: false }), blank()],
    /^join cnt1$/,
  ],
  [
    'a crash in the first creation: the attempt is dead',
    0,
    [blank(attempt('genesis', { boot: 'b0' })), blank(), blank()],
    /^give-up /,
  ],
  [
    'a promise to a dead attempt ends',
    1,
    [blank(), blank({ state: 'PROMISED', ...promise('cnt1', 'genesis') }), blank()],
    /^release cnt1$/,
  ],
  [
    'a promise to a wiped asker ends',
    1,
    [
      blank({ ...attempt('genesis'), incarnation: 'bb' }),
      blank({ state: 'PROMISED', ...promise('cnt1', 'genesis') }),
      blank(),
    ],
    /^release cnt1$/,
  ],
  [
    'a promise outlasts the silence of its asker',
    1,
    [null, blank({ state: 'PROMISED', ...promise('cnt1', 'genesis') }), blank()],
    /^wait for cnt1 to answer/,
  ],
  [
    'all promised: create',
    0,
    [
      blank(attempt('genesis')),
      ...[1, 2].map(() => blank({ state: 'PROMISED', ...promise('cnt1', 'genesis') })),
    ],
    /^genesis$/,
  ],
  [
    'promises to an earlier attempt do not count',
    0,
    [
      blank(attempt('genesis')),
      ...[1, 2].map(() => blank({ state: 'PROMISED', ...promise('cnt1', 'genesis', { nonce: 'm' }) })),
    ],
    /^wait for cnt2, cnt3 to promise/,
  ],
  [
    'another list of controllers',
    0,
    [member(5), member(4, { list: 'M' }), member(4)],
    /^wait for the new seed on cnt2/,
  ],
  [
    'the daemon runs what the record does not say',
    0,
    [member(5, { running: 'foreign' }), null, null],
    /^halt /,
  ],
];

for (const [name, at, seen, expected] of CASES) {
  test(name, () => assert.match(decide(at, seen), expected));
}

test('cnt10 is not cnt1', () => {
  const names = ['cnt10', 'cnt1'];
  const own = { ...primary(5), controllers: names, ever: names };
  assert.is(script.ask({ serves: own, rows: ['cnt1'] }), false);
  assert.is(script.ask({ serves: own, rows: ['cnt1', 'cnt10'] }), true);
});

for (const count of [1, 2, 3, 4, 5, 6, 7]) {
  test(`${count} controllers, all blank: created once, joined in order, all members`, () => {
    const names = Array.from({ length: count }, (_, at) => `cnt${at + 1}`);
    const same = { controllers: names, ever: names };
    const sections = new Map(names.map((name) => [name, blank({ incarnation: name, ...same })]));
    const said: string[] = [];
    for (let round = 0; round < 4 * count + 6; round++) {
      for (const name of names) {
        const own = sections.get(name) ?? {};
        const reports = Object.fromEntries([...sections].filter(([other]) => other !== name));
        const facts = { self: { ...own, name }, list: 'L', ...same, reports };
        const [word, argument] = script.ask(facts) as [string, string];
        const fresh = { nonce: `n${round}`, history: `h${round}` };
        const record = script.ask({ record: own, word, argument, facts, fresh }) as Section;
        const runs = ['genesis', 'join'].includes(word)
          ? { running: 'primary', synced: true, position: 3, cached_from: 1 }
          : {};
        sections.set(name, { ...record, ...runs });
        if (word === 'genesis' || word === 'join') said.push(`${name} ${word}`);
      }
    }
    assert.equal(
      said,
      names.map((name, at) => `${name} ${at === 0 ? 'genesis' : 'join'}`),
    );
    assert.ok(
      [...sections.values()].every((section) => section['state'] === 'MEMBER' && section['promise'] === null),
    );
  });
}

test.after(() => script.close());

test.run();
