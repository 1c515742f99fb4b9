import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Answer, decideAll, type Facts, facts, member, section } from './decide.ts';

const forming = section({ state: 'FORMING' });
const joining = section({ state: 'JOINING' });
const starting = (...alive: string[]) => member({ running: 'starting', alive, loop: true });

/** Each row: what it is about, the facts, the answer. */
const table: [string, Facts, Answer][] = [
  // No data here.
  ['nobody has data: the step table is asked', facts({}, { cnt2: section() }), ['step', '']],
  ['the table is free', facts({}, {}, {}), ['claim', 1]],
  [
    'an unfinished claim is claimed too: the table knows whose it is',
    facts({}, {}, { state: 'begun' }),
    ['claim', 1],
  ],
  [
    'the database cannot be asked',
    facts({}, {}, { state: 'unknown', why: 'for the database: no majority' }),
    ['wait', 'for the database: no majority'],
  ],
  ['another one begins', facts({}, { cnt3: forming }), ['wait', 'for cnt3, which begins the message queue']],
  [
    'it is started ahead of its turn',
    facts({ warm: 'may' }, { cnt2: section(), cnt3: forming }),
    ['warm', ''],
  ],
  [
    'not while one is silent that may know this host',
    facts({ warm: 'may' }, { cnt3: forming }),
    ['wait', 'for cnt3, which begins the message queue'],
  ],
  [
    'nor where a cluster knows it',
    facts({ warm: 'may' }, { cnt2: member(), cnt3: section({ state: 'JOINING' }) }),
    ['wait', 'for cnt3, which is joining'],
  ],
  ['one that was cut off while it began', facts({}, { cnt3: { ...forming, loop: false } }), ['step', '']],
  ['a wiped one beside members joins', facts({}, { cnt2: member(), cnt3: member() }), ['join', 'cnt2']],
  [
    'the first that runs',
    facts({}, { cnt2: member({ running: 'paused' }), cnt3: member() }),
    ['join', 'cnt3'],
  ],
  [
    'members that do not run',
    facts({}, { cnt2: starting('cnt1'), cnt3: null }),
    ['wait', 'for RabbitMQ on cnt2'],
  ],
  [
    'a wiped one whose step is done never begins while one is silent',
    facts({}, { cnt2: section(), cnt3: null }, { state: 'done' }),
    ['wait', 'for cnt3, who may have the message queue'],
  ],
  [
    'nor while one is unreadable',
    facts({}, { cnt2: section(), cnt3: 'unreadable' }, { state: 'done' }),
    ['wait', 'for cnt3, who may have the message queue'],
  ],
  [
    'all disks are blank: the message queue is begun anew',
    facts({}, { cnt2: section(), cnt3: section() }, { state: 'done', generation: 1 }),
    ['claim', 2],
  ],
  [
    'an absent one has a disk too',
    facts({}, { cnt2: section() }, { state: 'done' }, { controllers: ['cnt1', 'cnt2'] }),
    ['wait', 'for cnt3, who may have the message queue'],
  ],
  ['one at a time', facts({}, { cnt2: member(), cnt3: joining }), ['wait', 'for cnt3, which is joining']],
  [
    'one that was cut off does not block',
    facts({}, { cnt2: member(), cnt3: { ...joining, loop: false } }),
    ['join', 'cnt2'],
  ],
  [
    'in the order of the inventory',
    facts({ name: 'cnt3' }, { cnt1: member(), cnt2: section() }),
    ['wait', 'for cnt2, which joins first'],
  ],
  [
    'for a while',
    facts({ name: 'cnt3', stuck: true }, { cnt1: member(), cnt2: section() }),
    ['join', 'cnt1'],
  ],
  [
    'but not after one whose loop does not run',
    facts({ name: 'cnt3' }, { cnt1: member(), cnt2: section({ loop: false }) }),
    ['join', 'cnt1'],
  ],
  [
    'nor after one that has another list',
    facts({ name: 'cnt3' }, { cnt1: member(), cnt2: section({ controllers: ['cnt2', 'cnt3'] }) }),
    ['join', 'cnt1'],
  ],
  [
    'nobody joins who does not list this host',
    facts({ name: 'cnt3' }, { cnt1: member({ controllers: ['cnt1', 'cnt2'] }) }),
    ['wait', 'for the same list of controllers here and on cnt1'],
  ],
  [
    'RabbitMQ runs on a blank record',
    facts({ running: 'yes' }, {}),
    ['wipe', 'RabbitMQ runs here with data that no record tells of'],
  ],

  // Data that are worth nothing.
  ['joining was cut off', facts({ state: 'JOINING' }, { cnt2: member() }), ['wipe', 'joining was cut off']],
  ['beginning was cut off', facts({ state: 'FORMING' }, {}), ['step', '']],
  [
    'before the step was done',
    facts({ state: 'FORMING' }, {}, { state: 'begun', mine: true }),
    ['wipe', 'what was begun here was not finished'],
  ],
  ['after it was done', facts({ state: 'FORMING' }, {}, { state: 'done', mine: true }), ['adopt', '']],
  [
    'it was taken over',
    facts({ state: 'FORMING' }, {}, { state: 'done' }),
    ['wipe', 'what was begun here was not finished'],
  ],
  [
    'nobody can tell',
    facts({ state: 'FORMING' }, {}, { state: 'unknown', why: 'for the database' }),
    ['wait', 'for the database'],
  ],

  // Data.
  [
    'a member at rest starts, whoever else is there',
    facts({ ...member(), running: 'no' }, {}),
    ['start', ''],
  ],
  [
    'two histories',
    facts(member(), { cnt2: member({ history: 'bbbb' }) }),
    ['halt', 'there are two message queues: one on cnt1 (aaaa), one on cnt2 (bbbb)'],
  ],
  [
    'two histories seen by a blank one',
    facts({}, { cnt2: member(), cnt3: member({ history: 'bbbb' }) }),
    ['halt', 'there are two message queues: one on cnt2 (aaaa), one on cnt3 (bbbb)'],
  ],
  [
    'forgotten by the others',
    facts({ ...member(), running: 'no' }, { cnt2: member({ cluster: ['cnt2', 'cnt3'] }) }),
    ['wipe', 'the cluster of cnt2 has forgotten this host'],
  ],
  [
    'forgotten by some',
    facts({ ...member(), running: 'no' }, { cnt2: member({ cluster: ['cnt2', 'cnt3'] }), cnt3: member() }),
    ['start', ''],
  ],
  [
    'it waits for those that were up later',
    facts(starting('cnt1', 'cnt2', 'cnt3'), { cnt2: starting('cnt2', 'cnt3') }),
    ['wait', 'for cnt3, who may have been up later than this host'],
  ],
  [
    'all are there and come up',
    facts(starting('cnt1', 'cnt2', 'cnt3'), { cnt2: starting('cnt2', 'cnt3'), cnt3: member() }),
    ['wait', 'for RabbitMQ here and on cnt2'],
  ],
  [
    'the last one up is waived',
    facts({ ...starting('cnt1', 'cnt3'), waived: ['cnt3'] }, { cnt2: starting('cnt1', 'cnt2', 'cnt3') }),
    ['force', 'cnt3'],
  ],
  [
    'another one was up longer',
    facts({ ...starting('cnt1', 'cnt2', 'cnt3'), waived: ['cnt3'] }, { cnt2: starting('cnt2', 'cnt3') }),
    ['wait', 'for cnt2, which was up longer and starts first, without cnt3'],
  ],
  [
    'waived but it answers, if badly',
    facts(
      { ...starting('cnt1', 'cnt3'), waived: ['cnt3'] },
      { cnt2: starting('cnt1', 'cnt2', 'cnt3'), cnt3: 'unreadable' },
    ),
    ['wait', 'for cnt3, who may have been up later than this host'],
  ],
  [
    'waived, but another one is silent',
    facts({ ...starting('cnt1', 'cnt3'), waived: ['cnt3'] }, {}),
    ['wait', 'for cnt2: without cnt3 all the others are needed'],
  ],
  [
    'waived, but another one has not begun to start',
    facts(
      { ...starting('cnt1', 'cnt3'), waived: ['cnt3'] },
      { cnt2: { ...starting('cnt1', 'cnt2'), running: 'no' } },
    ),
    ['wait', 'for RabbitMQ on cnt2, which starts'],
  ],
  [
    'the last one up is absent',
    facts(starting('cnt1', 'cnt3'), { cnt2: starting('cnt1', 'cnt2', 'cnt3') }, null, {
      controllers: ['cnt1', 'cnt2'],
    }),
    ['force', 'cnt3'],
  ],
  [
    'the last one up lost its disk',
    facts(starting('cnt1', 'cnt3'), { cnt2: starting('cnt1', 'cnt2', 'cnt3'), cnt3: section() }),
    ['force', 'cnt3'],
  ],
  [
    'the one that it waits for waits for one that lost its disk, and knows less',
    facts(starting('cnt1', 'cnt2'), { cnt2: starting('cnt1', 'cnt2', 'cnt3'), cnt3: section() }),
    ['force', 'cnt3'],
  ],
  [
    'it waits for one that lost its disk, and for one that knows more',
    facts(starting('cnt1', 'cnt2', 'cnt3'), { cnt2: starting('cnt1', 'cnt2'), cnt3: section() }),
    ['wait', 'for cnt2, which was up longer and starts first, without cnt3'],
  ],
  [
    'it was up last, and waits for nobody',
    facts(starting('cnt1'), { cnt2: starting('cnt1', 'cnt2', 'cnt3'), cnt3: section() }),
    ['wait', 'for RabbitMQ here'],
  ],
  [
    'whoever was not up later is not missed',
    facts({ ...starting('cnt1', 'cnt2'), waived: ['cnt3'] }, { cnt2: starting('cnt2') }),
    ['wait', 'for RabbitMQ here and on cnt2'],
  ],
  [
    'paused without a majority',
    facts({ ...member(), running: 'paused' }, {}),
    ['wait', 'for cnt2, cnt3: RabbitMQ here is paused until it sees a majority'],
  ],
  [
    'paused for long without a majority',
    facts({ ...member(), running: 'paused', stuck: true }, { cnt2: member() }),
    ['wait', 'for cnt3: RabbitMQ here is paused until it sees a majority'],
  ],
  [
    'paused for long beside a majority',
    facts({ ...member(), running: 'paused', stuck: true }, { cnt2: member(), cnt3: member() }),
    ['restart', 'it stays paused beside cnt2, cnt3'],
  ],
  [
    'no answer',
    facts({ ...member(), running: 'hung' }, {}),
    ['wait', 'for RabbitMQ here, which does not answer'],
  ],
  [
    'no answer for long',
    facts({ ...member(), running: 'hung', stuck: true }, {}),
    ['restart', 'it does not answer'],
  ],
  [
    'the others do without it',
    facts(member(), { cnt2: member({ alive: ['cnt2', 'cnt3'] }), cnt3: member({ alive: ['cnt2', 'cnt3'] }) }),
    ['wait', 'for cnt2, cnt3, who do not see RabbitMQ here'],
  ],
  [
    'and for long',
    facts(
      { ...member(), stuck: true },
      { cnt2: member({ alive: ['cnt2', 'cnt3'] }), cnt3: member({ alive: ['cnt2', 'cnt3'] }) },
    ),
    ['restart', 'cnt2, cnt3 do without it'],
  ],
  [
    'one does not see it: that one mends itself',
    facts(member(), { cnt2: member({ alive: ['cnt2'] }), cnt3: member() }),
    ['wait', 'for cnt2, who do not see RabbitMQ here'],
  ],
  [
    'and is not waited for without end',
    facts({ ...member(), stuck: true }, { cnt2: member({ alive: ['cnt2'] }), cnt3: member() }),
    ['member', ''],
  ],
  [
    'it hangs while it starts beside the others',
    facts({ ...starting('cnt1', 'cnt2'), stuck: true }, { cnt2: member(), cnt3: member() }),
    ['restart', 'it hangs while it starts beside cnt2, cnt3'],
  ],
  [
    'two of three lost their disks, and the third is paused',
    facts({ ...member({ alive: ['cnt1'] }), running: 'paused' }, { cnt2: section(), cnt3: section() }),
    ['force', 'cnt2, cnt3'],
  ],
  [
    'one of three lost its disk, and another one is down',
    facts({ ...member({ alive: ['cnt1'] }), running: 'paused' }, { cnt2: section(), cnt3: null }),
    ['wait', 'for cnt2, cnt3: RabbitMQ here is paused until it sees a majority'],
  ],
  [
    'one of three lost its disk: the others are a majority when both are up',
    facts(
      { ...member({ alive: ['cnt1'] }), running: 'paused' },
      { cnt2: section(), cnt3: member({ running: 'no' }) },
    ),
    ['wait', 'for cnt2, cnt3: RabbitMQ here is paused until it sees a majority'],
  ],
  [
    'up, and alone',
    facts(member({ alive: ['cnt1'] }), {}),
    ['wait', 'for cnt2, cnt3: less than a majority of the message queue is up'],
  ],
  [
    'an absent one is forgotten',
    facts(member({ alive: ['cnt1', 'cnt2'] }), { cnt2: member({ alive: ['cnt1', 'cnt2'] }) }, null, {
      controllers: ['cnt1', 'cnt2'],
    }),
    ['drop', 'cnt3'],
  ],
  [
    'unless it is up',
    facts(member(), { cnt2: member(), cnt3: member() }, null, { controllers: ['cnt1', 'cnt2'] }),
    ['member', ''],
  ],
  [
    'or cannot be forgotten now',
    facts({ ...member({ alive: ['cnt1', 'cnt2'] }), kept: ['cnt3'] }, {}, null, {
      controllers: ['cnt1', 'cnt2'],
    }),
    ['member', ''],
  ],
  ['queues get a copy', facts({ ...member(), grown: false, settled: false }, {}), ['grow', '']],
  ['passwords are set', facts({ ...member(), settled: false }, {}), ['settle', '']],
  ['all is well', facts(member(), { cnt2: member(), cnt3: member() }), ['member', '']],
  [
    'all is well with one down',
    facts(member({ alive: ['cnt1', 'cnt2'] }), { cnt2: member() }),
    ['member', ''],
  ],
  [
    'a new configuration',
    facts({ ...member(), restart: true }, { cnt2: member({ restart: true }), cnt3: member() }),
    ['restart', 'its configuration is new, or its disk was full'],
  ],
  [
    'one after another',
    facts({ ...member(), name: 'cnt2', restart: true }, { cnt1: member({ restart: true }), cnt3: member() }),
    ['wait', 'for cnt1, which restarts first'],
  ],
  [
    'only while all are there',
    facts({ ...member(), restart: true }, { cnt2: member() }),
    ['wait', 'for cnt3 before RabbitMQ is restarted'],
  ],
  // A full disk has no node of the cluster take messages.
  [
    'a full disk, and two others that serve',
    facts(member({ room: false }), { cnt2: member(), cnt3: member() }),
    ['stop', 'its disk is full, and cnt2, cnt3 take the messages'],
  ],
  [
    'a full disk, and one other is no majority',
    facts(member({ room: false }), { cnt2: member({ room: false }), cnt3: member() }),
    ['member', ''],
  ],
  [
    'it is not started while there is no room',
    facts(member({ room: false, running: 'no' }), { cnt2: member(), cnt3: member() }),
    ['wait', 'for room on the disk here; cnt2, cnt3 take the messages'],
  ],
  [
    'it is started when another one has gone',
    facts(member({ room: false, running: 'no' }), { cnt2: member(), cnt3: null }),
    ['start', ''],
  ],
  [
    'and with room',
    facts(member({ room: true, running: 'no' }), { cnt2: member(), cnt3: member() }),
    ['start', ''],
  ],
];

const said = decideAll(table.map(([, input]) => input));
table.forEach(([about, , answer], index) => {
  test(about, () => {
    assert.equal(said[index], answer);
  });
});

test.run();
