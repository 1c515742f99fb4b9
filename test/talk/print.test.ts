import { createServer } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Secret } from '../../src/secrets/index.ts';
import { ageText } from '../../src/status/age.ts';
import { noteMissing } from '../../src/status/ask-fleet.ts';
import { clusterNotes, galeraCell, pacemakerCell, rabbitmqCell, vipHolders } from '../../src/status/cells.ts';
import { askHost } from '../../src/status/exchange.ts';
import { formatStatus, isHealthy } from '../../src/status/print.ts';
import { readReport } from '../../src/status/report.ts';
import type { ComponentReport, HostStatus, Report } from '../../src/status/types.ts';

const well: ComponentReport = { name: 'time', state: 'healthy', age: 61, attempts: 1, reason: 'x' };

function host(name: string, more: Partial<Report> = {}, components = [well]): HostStatus {
  const report: Report = { host: name, boot: 'b', time: 1, components, ...more };
  return { name, outcome: { kind: 'answer', report } };
}

const view = (statuses: HostStatus[], more: object = {}) =>
  formatStatus({ fleet: 'memo', statuses, controllers: [], all: false, color: false, ...more });

const waits = {
  ...well,
  state: 'waiting' as const,
  reason: 'for cnt2, which is not there, and cnt3 as well',
};

test('in a terminal long reasons go on below, and no line is wider', () => {
  const text = view([host('cnt1', {}, [well, waits])], { width: 60 });
  assert.is(
    text,
    [
      'fleet memo: 0 of 1 hosts healthy',
      'HOST  WELL  COMPONENT  STATE    FOR    REASON',
      'cnt1  1/2   time       waiting  1m01s  for cnt2, which is',
      '                                       not there, and cnt3',
      '                                       as well',
      '',
    ].join('\n'),
  );
  for (const width of [1, 10, 39, 40, 54, 55, 60, 80]) {
    const lines = view([host('cnt1', {}, [well, waits])], { width })
      .split('\n')
      .slice(1);
    assert.ok(
      lines.every((line) => line.length <= width),
      String(width),
    );
  }
});

test('a word longer than the column is broken anywhere', () => {
  const long = { ...waits, reason: 'x'.repeat(50) };
  assert.is(view([host('a', {}, [long])], { width: 60 }).match(/x/g)?.length, 50);
});

test('colour marks what is well and what is not, and nothing else changes', () => {
  const statuses = [host('a'), host('b', {}, [waits])];
  const colored = view(statuses, { color: true });
  assert.ok(colored.includes('\u001b[32mhealthy\u001b[0m'));
  assert.ok(colored.includes('\u001b[31mwaiting\u001b[0m'));
  assert.is(stripVTControlCharacters(colored).replaceAll(/ +$/gm, ''), view(statuses));
});

test('of many healthy hosts only the number is shown', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => host(`cm${index}`));
  statuses[17] = host('cm17', {}, [waits]);
  const lines = view(statuses).trimEnd().split('\n');
  assert.is(lines.length, 4);
  assert.is(lines[0], 'fleet memo: 499 of 500 hosts healthy');
  assert.match(lines[2] ?? '', /^cm17 /);
  assert.is(lines[3], 'and 499 hosts that are healthy');
  assert.is(view(statuses, { all: true }).trimEnd().split('\n').length, 502);
});

test('who does not answer is shown, with how long', () => {
  const silent: HostStatus = {
    name: 'a',
    outcome: { kind: 'silent', why: 'connection refused' },
    missing: 65_000,
  };
  const alone: HostStatus = { name: 'b', outcome: { kind: 'unasked', why: 'no address' } };
  assert.match(
    view([silent, alone]),
    /^a +- +silent +1m05s {2}connection refused\nb +- +not asked +- +no address$/m,
  );
  assert.not(isHealthy(silent));
  assert.not(isHealthy(host('a', {}, [])));
  assert.not(isHealthy(host('a', { components: [well, waits] })));
});

test('since when a host is missing is kept from round to round', () => {
  const heard = new Map<string, number>();
  const [good, gone]: HostStatus[] = [host('a'), { name: 'a', outcome: { kind: 'silent', why: '' } }];
  const missing = (status: HostStatus | undefined, now: number) =>
    noteMissing(status ? [status] : [], heard, now)[0]?.missing;
  assert.is(missing(gone, 1000), 0);
  assert.is(missing(gone, 3000), 2000);
  assert.is(missing(good, 4000), undefined);
  assert.is(missing(gone, 9000), 5000);
});

test('cells of the clusters', () => {
  const galera = { state: 'MEMBER', history: '1f0a22c4-aa', position: 0, running: 'primary', synced: true };
  assert.equal(galeraCell(galera), { text: 'MEMBER 1f0a22c4:0, synced', well: true });
  assert.equal(galeraCell({ ...galera, serving: true }), { text: 'MEMBER 1f0a22c4:0, serving', well: true });
  assert.equal(galeraCell({ ...galera, serving: false }).well, false);
  const { position: _, ...unknown } = galera;
  assert.is(galeraCell({ ...unknown, running: 'nonprimary' }).text, 'MEMBER 1f0a22c4:?, not Primary');
  assert.is(galeraCell({ ...galera, synced: false }).text, 'MEMBER 1f0a22c4:0, not synced');
  assert.equal(rabbitmqCell({ state: 'BLANK', running: 'paused', cluster: [], alive: [] }), {
    text: 'BLANK, paused',
    well: false,
  });
  assert.is(pacemakerCell({ quorate: false, vips: new Map() }).text, 'no quorum, DC -');
  for (const cell of [galeraCell, rabbitmqCell, pacemakerCell]) assert.equal(cell(undefined), { text: '-' });
});

test('what all controllers together show', () => {
  const galera = { state: 'MEMBER', running: 'no', synced: false };
  const statuses = [
    host('a', { cluster: 'one', galera: { ...galera, history: '11111111-1', list: 'x' } }),
    host('b', { cluster: 'two', galera: { ...galera, history: '22222222-2', list: 'x' } }),
    host('c', { cluster: 'one' }),
  ];
  assert.equal(clusterNotes(statuses), [
    'they belong to different clusters: one on a c, two on b',
    'their databases have different histories: 11111111 on a, 22222222 on b',
  ]);
  const holds = (here: boolean) => ({ pacemaker: { quorate: true, vips: new Map([['10.0.0.5', here]]) } });
  assert.equal([...vipHolders([host('a', holds(true)), host('b', holds(true))])], [['10.0.0.5', ['a', 'b']]]);
  assert.match(view([host('a', holds(false))], { controllers: ['a'] }), /^10\.0\.0\.5 is on no host$/m);
});

test('a report with odd parts is read as far as it goes', () => {
  const answer = { host: 'a', boot: 'b', time: 100 };
  assert.is(readReport({ ...answer, sections: [] }), undefined);
  assert.is(readReport({ ...answer, time: 'now', sections: {} }), undefined);
  const odd = {
    galera: { state: 7, promise: 'x', position: '1' },
    pacemaker: { vips: [] },
    rabbitmq: null,
    components: {},
  };
  assert.equal(readReport({ ...answer, sections: odd }), {
    ...answer,
    galera: { state: '-', running: 'no', synced: false },
    pacemaker: { quorate: false, vips: new Map() },
  });
  const components = { components: [null, { name: 'x\u001b', state: 'merry', since: 200, attempts: null }] };
  assert.equal(readReport({ ...answer, sections: { components } })?.components, [
    { name: '?', state: 'waiting', attempts: 0, reason: '' },
    { name: 'x\\u{1b}', state: 'waiting', age: 0, attempts: 0, reason: '' },
  ]);
});

test('ages', () => {
  assert.equal([0, 59.9, 65, 7260, 90_000, -5].map(ageText), ['0s', '59s', '1m05s', '2h01m', '1d01h', '0s']);
});

/** Bytes that a server sends whatever it is asked, and what they are taken for. */
const rubbish: [string, string, RegExp][] = [
  ['nothing', '', /does not know the key/],
  ['a banner', 'SSH-2.0\r\n', /broke off/],
  ['two lines', 'a\nb\n', /not signed/],
  ['a flood', 'x'.repeat(100_000), /too long/],
  ['bytes that are no text', '\u0000\u00ff\n\u00ff\n', /not signed/],
];
for (const [what, bytes, why] of rubbish)
  test(`a port that sends ${what} is unreadable`, async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end(Buffer.from(bytes, 'latin1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const key = new Secret('0'.repeat(64));
    const told = await askHost({ host: 'a', address: '127.0.0.1', port, key, sections: [], timeout: 5 });
    assert.is(told.kind, 'unreadable');
    assert.match(told.kind === 'answer' ? '' : told.why, why);
    server.close();
  });

test.run();
