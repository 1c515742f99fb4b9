import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Secret } from '../../src/secrets/index.ts';
import { html } from '../../src/serve/html.ts';
import { readTable } from '../../src/serve/neighbours.ts';
import { macInName, pathNames } from '../../src/serve/path.ts';
import { parseRange } from '../../src/serve/range.ts';
import { lineOf, note, parseHappening, type Records } from '../../src/serve/records.ts';
import { stageOf } from '../../src/serve/stage-of.ts';
import { syslogText } from '../../src/serve/syslog.ts';
import { tftpLine } from '../../src/serve/tftp-line.ts';
import { readTold } from '../../src/serve/told.ts';
import { whoseOf } from '../../src/serve/whose.ts';

const PATHS: [target: string, names: string[] | undefined][] = [
  ['/', []],
  ['//images//debian-12/linux', ['images', 'debian-12', 'linux']],
  ['/a?b=../c', ['a']],
  ['/hosts/52:54:00:00:00:01.cfg', ['hosts', '52:54:00:00:00:01.cfg']],
  ['/hosts/52%3A54:00:00:00:01.cfg', ['hosts', '52:54:00:00:00:01.cfg']],
  ['/../etc/passwd', undefined],
  ['/a/%2e%2e/b', undefined],
  ['/a/..%2fb', undefined],
  ['/a%2f..%2fb', undefined],
  ['/a\\..\\b', undefined],
  ['/%00', undefined],
  ['/%c0%ae%c0%ae/', undefined],
  ['/.git/config', undefined],
  ['/a%', undefined],
  ['/a%0d%0aX: y', undefined],
  ['http://other/a', undefined],
  ['*', undefined],
  ['', undefined],
  [`/${'a'.repeat(2000)}`, undefined],
];
for (const [target, names] of PATHS)
  test(`the target ${JSON.stringify(target.slice(0, 40))}`, () => assert.equal(pathNames(target), names));

const RANGES: [header: string | undefined, found: ReturnType<typeof parseRange>][] = [
  [undefined, 'whole'],
  ['bytes=0-9', { from: 0, to: 9 }],
  ['bytes=5-', { from: 5, to: 99 }],
  ['bytes=5-1000', { from: 5, to: 99 }],
  ['bytes=-10', { from: 90, to: 99 }],
  ['bytes=-1000', { from: 0, to: 99 }],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=9-5', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['bytes=-', 'whole'],
  ['bytes=1e3-', 'whole'],
  ['bytes=99999999999999999999-', 'whole'],
  ['lines=1-2', 'whole'],
];
for (const [header, found] of RANGES)
  test(`the range ${header}`, () => assert.equal(parseRange(header, 100), found));

test('no range of an empty file can be had', () => assert.is(parseRange('bytes=0-', 0), 'unsatisfiable'));

test('the MAC address in the name of a boot file', () => {
  for (const name of [
    '01-52-54-00-AA-00-01',
    '52:54:00:aa:00:01.cfg',
    '525400aa0001.ipxe',
    '52-54-00-aa-00-01.ipxe',
  ])
    assert.is(macInName(name), '52:54:00:aa:00:01', name);
  for (const name of [
    'default',
    '52:54-00:aa:00:01',
    '52:54:00:aa:00',
    '525400aa000g',
    '01-52:54:00:aa:00:01:02',
  ])
    assert.is(macInName(name), undefined, name);
});

test("the kernel's table of neighbours: incomplete entries say nothing", () => {
  const table = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.1         0x1         0x2         52:54:00:AA:00:01     *        eth0
10.0.0.2         0x1         0x0         00:00:00:00:00:00     *        eth0
10.0.0.3         0x1         0x6         52:54:00:aa:00:03     *        eth0
`;
  assert.equal(
    [...readTable(table)],
    [
      ['10.0.0.1', '52:54:00:aa:00:01'],
      ['10.0.0.3', '52:54:00:aa:00:03'],
    ],
  );
});

const arm = { host: 'a', macs: ['02:00:00:00:00:0a'], token: 'f'.repeat(32), since: '2026-01-01T00:00:00Z' };

test('a token belongs to its host, also for a while after it was disarmed', () => {
  const whose = whoseOf(new Map([['02:00:00:00:00:0b', 'b']]));
  whose.arm([arm]);
  assert.is(whose.byToken(arm.token)?.armed, true);
  assert.is(whose.byMac('02:00:00:00:00:0a'), 'a');
  assert.is(whose.byMac('02:00:00:00:00:0b'), 'b');
  assert.is(whose.byToken(''), undefined);
  whose.arm([]);
  assert.equal(whose.byToken(arm.token), { arm, armed: false });
  assert.not(whose.isArmed('a'));
});

test('what a request says of a host', () => {
  const whose = whoseOf(
    new Map([
      ['02:00:00:00:00:0a', 'a'],
      ['02:00:00:00:00:0b', 'b'],
    ]),
  );
  whose.arm([arm]);
  const stage = (path: string, client?: string, now = 0) =>
    stageOf({
      names: path.split('/'),
      whose,
      before: () => ({ stage: 'installs', stageAt: 0, nodeAt: 0, lines: [] }),
      now,
      ...(client && { client }),
    });
  assert.equal(stage('hosts/02:00:00:00:00:0a.cfg'), { host: 'a', stage: 'asked' });
  assert.equal(stage('pxelinux.cfg/01-02-00-00-00-00-0b', 'b'), { host: 'b', stage: 'disk' });
  assert.is(stage('hosts/02:00:00:00:00:0a.cfg', 'b'), undefined, 'another machine asks for it');
  assert.equal(stage('images/debian-12/linux', 'a'), { host: 'a', stage: 'loads' });
  assert.is(stage('images/debian-12/linux'), undefined);
  assert.equal(stage(`t/${arm.token}/preseed.cfg`), { host: 'a', stage: 'installs' });
  assert.equal(stage(`t/${arm.token}/user-data`), { host: 'a', stage: 'installs' });
  assert.equal(stage(`t/${arm.token}/user-data`, 'a', 60_000), { host: 'a', stage: 'copies' });
});

test('a host proves by its token who phones home; cloud-init proves nothing', () => {
  const tokenOf = (host: string) => (host === 'a' ? new Secret('right') : undefined);
  const json = (body: unknown, authorization?: string) =>
    readTold(
      { 'content-type': 'application/json', authorization },
      Buffer.from(JSON.stringify(body)),
      tokenOf,
    );
  assert.equal(json({ host: 'a', ready: true }, 'Bearer right'), { host: 'a', proven: true, ready: true });
  assert.is(json({ host: 'a', ready: true }, 'Bearer wrong'), undefined);
  assert.is(json({ host: 'a' }), undefined);
  assert.is(json({ host: 'b' }, 'Bearer right'), undefined);
  assert.is(json({ host: '__proto__' }, 'Bearer right'), undefined);
  assert.is(json(null, 'Bearer right'), undefined);
  const form = Buffer.from('pub_key_rsa=x&instance_id=i-a-1&hostname=a&fqdn=a.example.net');
  assert.equal(readTold({ 'content-type': 'application/x-www-form-urlencoded' }, form, tokenOf), {
    host: 'a',
    proven: false,
    ready: false,
  });
  assert.is(readTold({}, form, tokenOf), undefined);
});

test('lines of logs', () => {
  for (const [said, kept] of [
    ['reads ... 5%\rreads ... 100%\r', 'reads ... 100%'],
    [`URL:http://b/t/${'0f'.repeat(16)}/late.sh [3866/3866]\n`, 'URL:http://b/t/.../late.sh [3866/3866]'],
    ['left/t/feedback', 'left/t/feedback'],
  ] as const)
    assert.equal({ ...lineOf('cnt1', said), at: 0 }, { at: 0, host: 'cnt1', kind: 'line', text: kept });
  assert.is(syslogText('<30>Nov  4 10:00:01 main-menu[1]: x'), 'main-menu[1]: x');
  assert.is(syslogText('no form'), 'no form');
  assert.equal(tftpLine('dnsmasq-tftp[7]: sent /srv/tftp/pxelinux.0 to 10.0.0.9'), {
    path: '/srv/tftp/pxelinux.0',
    address: '10.0.0.9',
    sent: true,
  });
  assert.is(tftpLine('dnsmasq-tftp[7]: file /srv/x not found for 10.0.0.9')?.sent, false);
  assert.is(tftpLine('dnsmasq-dhcp[7]: DHCPACK(eth0) 10.0.0.9'), undefined);
});

test('records keep the last lines, and hosts up to a limit', () => {
  const records: Records = new Map();
  for (let at = 1; at <= 30; at += 1)
    note(records, { at, host: 'a', kind: 'line', text: `\u001b[2Jline ${at}` });
  assert.is(records.get('a')?.lines.length, 20);
  assert.is(records.get('a')?.lines.at(-1)?.text, '\\u{1b}[2Jline 30');
  for (let at = 0; at < 10_100; at += 1) note(records, { at, host: `h${at}`, kind: 'stage', stage: 'disk' });
  assert.is(records.size, 10_000);
});

test('lines of the journal that are torn or of another form are left out', () => {
  for (const text of ['', '{"at":1,"ho', 'null', '[]', '{"at":1,"host":"a","kind":"stage","stage":"x"}'])
    assert.is(parseHappening(text), undefined, text);
  const line = { at: 1, host: 'a', kind: 'line', text: 'x' };
  assert.equal(parseHappening(JSON.stringify(line)), line);
});

test('what is put into a template is escaped', () => {
  const evil = `<script>"&'</script>`;
  assert.is(
    html`<a b="${evil}">${[html`${evil}`]}</a>${1}`.html,
    '<a b="&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;">&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;</a>1',
  );
});

test.run();
