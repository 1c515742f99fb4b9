import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answers } from './decide.ts';

const controllers = [
  ['cnt1', '192.168.1.51'],
  ['cnt2', '192.168.1.52'],
  ['cnt3', '192.168.1.53'],
];
const names = controllers.map(([name]) => name);
const says = (host: number, epoch = 0) => ({ master: `192.168.1.5${host}`, epoch });

const facts = (changes: object) => ({
  controllers,
  self: 'cnt1',
  sentinels: {},
  disks: {},
  answering: names,
  patient: true,
  ...changes,
});

const table: [string, object, [string | null, string]][] = [
  ['nobody ever had a master: the first controller', facts({}), ['192.168.1.51', '']],
  ['also when it is asked by others', facts({ self: 'cnt3' }), ['192.168.1.51', '']],
  ['the first one alone does not wait', facts({ answering: [] }), ['192.168.1.51', '']],
  ['a fleet of one', facts({ controllers: controllers.slice(0, 1), answering: [] }), ['192.168.1.51', '']],
  [
    'the first is waited for',
    facts({ self: 'cnt2', answering: ['cnt3'] }),
    [null, 'for cnt1, where Redis begins'],
  ],
  ['not for ever', facts({ self: 'cnt2', answering: ['cnt3'], patient: false }), ['192.168.1.52', '']],
  [
    'both come to the same',
    facts({ self: 'cnt3', answering: ['cnt2'], patient: false }),
    ['192.168.1.52', ''],
  ],
  [
    'but not without a majority',
    facts({ self: 'cnt2', answering: [], patient: false }),
    [null, 'for cnt1, where Redis begins'],
  ],
  [
    'a wiped first one follows the living master',
    facts({ sentinels: { cnt2: says(2, 1), cnt3: says(2, 1) } }),
    ['192.168.1.52', ''],
  ],
  [
    'what Sentinels say counts before what is on disks',
    facts({ sentinels: { cnt3: says(3) }, disks: { cnt1: says(1, 9) } }),
    ['192.168.1.53', ''],
  ],
  [
    'after an outage: what was written down last',
    facts({ disks: { cnt2: says(1, 0), cnt3: says(3, 2) } }),
    ['192.168.1.53', ''],
  ],
  [
    'the latest failover counts',
    facts({ sentinels: { cnt1: says(1, 3), cnt2: says(1, 3), cnt3: says(3, 4) } }),
    ['192.168.1.53', ''],
  ],
  [
    'of two that began apart, what most say',
    facts({ sentinels: { cnt1: says(1), cnt2: says(2), cnt3: says(2) } }),
    ['192.168.1.52', ''],
  ],
  [
    'and of two, the order of the inventory',
    facts({ sentinels: { cnt1: says(1), cnt2: says(2) } }),
    ['192.168.1.51', ''],
  ],
  [
    'a master that is absent does not count',
    facts({ sentinels: { cnt2: says(9, 5) } }),
    ['192.168.1.51', ''],
  ],
];

const said = answers(
  'redis',
  'redis_decide.py',
  table.map(([, input]) => input),
);
table.forEach(([about, , answer], index) => {
  test(about, () => {
    assert.equal(said[index], answer);
  });
});

test.run();
