import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Answer,
  decideAll,
  type Facts,
  facts,
  NAMES,
  type Own,
  type Section,
  type Step,
  section,
} from './decide.ts';

/** Everything that a peer may say, as far as the decision looks at it, silence included. */
function peers(name: string): Facts['reports'][string][] {
  const found: Facts['reports'][string][] = [null, 'unreadable'];
  for (const loop of [true, false])
    for (const state of ['BLANK', 'FORMING', 'JOINING'] as const) found.push(section({ state, loop }));
  const others = NAMES.filter((one) => one !== name);
  for (const running of ['no', 'starting', 'paused', 'yes'] as const)
    for (const cluster of [NAMES, [name], [name, ...others.slice(0, 1)]])
      for (const alive of [NAMES, [name]]) found.push(section({ state: 'MEMBER', running, cluster, alive }));
  found.push(section({ state: 'MEMBER', history: 'bbbb' }));
  found.push(section({ state: 'MEMBER', controllers: [name] }));
  return found;
}

function owns(): Partial<Own>[] {
  const found: Partial<Own>[] = [];
  for (const state of ['BLANK', 'FORMING', 'JOINING'] as const)
    for (const running of ['no', 'starting', 'yes'] as const) found.push({ state, running });
  found.push({ warm: 'may' });
  for (const running of ['starting', 'paused', 'hung', 'yes'] as const) found.push({ warm: 'yes', running });
  for (const running of ['no', 'starting', 'paused', 'hung', 'yes'] as const)
    for (const alive of [NAMES, ['cnt2'], ['cnt2', 'cnt3']])
      for (const stuck of [true, false])
        for (const waived of [[], ['cnt3']])
          found.push({ ...section({ state: 'MEMBER', running, alive }), stuck, waived });
  return found;
}

const steps: (Partial<Step> | null)[] = [
  null,
  { state: 'none' },
  { state: 'begun' },
  { state: 'done' },
  { state: 'done', mine: true },
  { state: 'unknown', why: 'for the database' },
];

function everything(): Facts[] {
  const found: Facts[] = [];
  for (const own of owns())
    for (const one of peers('cnt1'))
      for (const three of peers('cnt3'))
        for (const step of own.state === 'MEMBER' ? [null] : steps)
          for (const controllers of [NAMES, ['cnt1', 'cnt2']])
            found.push(facts({ ...own, name: 'cnt2' }, { cnt1: one, cnt3: three }, step, { controllers }));
  return found;
}

const inputs = everything();
const outputs = decideAll(inputs);

function every(
  words: string[],
  check: (input: Facts, answer: Answer, sections: [string, Section][]) => boolean,
) {
  let seen = 0;
  inputs.forEach((input, index) => {
    const answer = outputs[index] as Answer;
    if (!words.includes(answer[0])) return;
    seen += 1;
    const sections = Object.entries(input.reports).filter(
      (entry): entry is [string, Section] => entry[1] !== null && entry[1] !== 'unreadable',
    );
    assert.ok(check(input, answer, sections), `${JSON.stringify(answer)} to ${JSON.stringify(input)}`);
  });
  assert.ok(seen > 0, `nothing gave ${words.join(', ')}`);
}

test('nobody begins a message queue who knows of one, or has data of one', () => {
  every(['claim'], ({ self, step, reports }, [, generation], sections) => {
    const known = sections.some(([, one]) => one.state === 'MEMBER' || (one.state === 'FORMING' && one.loop));
    const blank = Object.values(reports).every(
      (one) => one !== null && one !== 'unreadable' && one.state === 'BLANK',
    );
    const may =
      step?.state === 'done' ? blank && generation === 2 : step !== null && step.state !== 'unknown';
    const bare = self.running === 'no' || self.warm === 'yes';
    return self.state === 'BLANK' && bare && !known && may;
  });
});

test('only who would wait, and whom no cluster knows or may know, is started ahead of its turn', () => {
  every(['warm'], ({ self, reports }, _, sections) => {
    const all = Object.values(reports).length === sections.length;
    const known = sections.some(([, one]) => one.state === 'MEMBER' && one.cluster.includes('cnt2'));
    return self.state === 'BLANK' && self.running === 'no' && self.warm === 'may' && all && !known;
  });
  const cold = new Map(
    inputs.flatMap(({ self, ...others }, index) =>
      self.state === 'BLANK' && self.running === 'no' && self.warm === undefined
        ? [[JSON.stringify(others), outputs[index] as Answer] as const]
        : [],
    ),
  );
  inputs.forEach(({ self, ...others }, index) => {
    if (self.state !== 'BLANK' || self.warm === undefined) return;
    const [word, argument] = outputs[index] as Answer;
    const without = cold.get(JSON.stringify(others));
    assert.equal(word === 'warm' ? 'wait' : word, without?.[0], JSON.stringify({ self, ...others }));
    if (word !== 'warm') assert.is(argument, without?.[1]);
  });
});

test('data of a member are removed only when a cluster that serves has forgotten it', () => {
  every(['wipe'], ({ self }, _, sections) => {
    if (self.state !== 'MEMBER') return true;
    const serving = sections.filter(([, one]) => one.state === 'MEMBER' && one.running === 'yes');
    return (
      self.running !== 'yes' &&
      serving.length > 0 &&
      serving.every(([, one]) => !one.cluster.includes('cnt2'))
    );
  });
});

test('a member starts without others only when all the rest are there, and wait too', () => {
  every(['force'], ({ self, controllers, reports }, [, gone], sections) => {
    const without = String(gone).split(', ');
    const rest = controllers.filter((name) => name !== 'cnt2' && !without.includes(name));
    const lost = without.every((name) => {
      const report = reports[name];
      if (report === null) return !controllers.includes(name) || self.waived.includes(name);
      if (report === 'unreadable' || report === undefined) return !controllers.includes(name);
      return report.state !== 'MEMBER' || (!controllers.includes(name) && report.running === 'no');
    });
    const known = new Map(sections);
    return (
      self.state === 'MEMBER' &&
      lost &&
      ((3 - without.length) * 2 <= 3
        ? ['starting', 'paused'].includes(self.running)
        : self.running === 'starting' &&
          // Of it, or of one that starts beside it and that it waits for.
          self.alive.some((name) => name !== 'cnt2') &&
          [self, ...sections.map(([, one]) => one)].some(
            (one) => one.running === 'starting' && without.some((name) => one.alive.includes(name)),
          )) &&
      // One without data has nothing to wait for.
      rest.every((name) => known.has(name)) &&
      rest.every(
        (name) =>
          known.get(name)?.state !== 'MEMBER' ||
          ['starting', 'paused'].includes(known.get(name)?.running ?? ''),
      )
    );
  });
});

test('a host joins a member that serves, that it lists and that lists it, and while nobody else joins', () => {
  every(['join'], ({ self, controllers, reports }, [, peer], sections) => {
    const there = reports[peer];
    if (there === null || there === undefined || there === 'unreadable') return false;
    return (
      self.state === 'BLANK' &&
      there.state === 'MEMBER' &&
      there.running === 'yes' &&
      there.controllers.includes('cnt2') &&
      controllers.includes(String(peer)) &&
      !sections.some(([, one]) => one.loop && (one.state === 'JOINING' || one.state === 'FORMING'))
    );
  });
});

test('two histories halt, whatever else is true', () => {
  inputs.forEach((input, index) => {
    const histories = new Set(
      [input.self, ...Object.values(input.reports)].flatMap((one) =>
        one !== null && one !== 'unreadable' && one.state === 'MEMBER' ? [one.history] : [],
      ),
    );
    assert.is(outputs[index]?.[0] === 'halt', histories.size > 1, JSON.stringify(input));
  });
});

test('what was not finished is never in service', () => {
  every(['member', 'grow', 'settle', 'drop', 'start', 'restart'], ({ self }) => self.state === 'MEMBER');
  every(['adopt'], ({ self, step }) => self.state === 'FORMING' && step?.state === 'done' && step.mine);
});

test('a wait names a host, the database, or RabbitMQ here', () => {
  every(['wait'], (_, [, why]) => /^for .*(cnt[123]|database|RabbitMQ here)/.test(String(why)));
});

test.run();
