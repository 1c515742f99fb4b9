import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readReport } from '../../src/status/report.ts';
import { criticalPath } from '../../src/timeline/critical-path.ts';
import { timelineSvg } from '../../src/timeline/svg.ts';
import { stackseed } from '../cli/command.ts';
import { pretendNode } from '../node/pretend.ts';
import { type TalkFleet, talkFleet } from './fleet.ts';
import { type TalkHost, talkHost } from './hosts.ts';

interface Context {
  fleet: TalkFleet;
}

const test = suite<Context>('how hosts came up', {} as Context);

/** Lines of a journal: seconds since the machine was started, component, message. */
type Line = [number, string, string];

const LINES: Line[] = [
  [1, 'galera', 'galera is healthy: of another host, before this one was switched on'],
  [12.5, 'identity', 'identity is converging'],
  [12.75, 'identity', 'identity is healthy: cnt1'],
  [13, 'galera', 'galera is converging'],
  [13.1, 'galera', 'laid /etc/a'],
  [13.2, 'galera', 'waiting for cnt2'],
  [15.2, 'galera', 'waiting for cnt2'],
  [17.2, 'galera', 'galera is waiting: for cnt3'],
  [17.5, 'galera', 'starting \u0007 mariadb'],
  [19, 'galera', 'galera is healthy: serving'],
  [19.5, 'report', 'report is converging'],
  [20, 'galera', 'all components are healthy: this host is ready'],
  [99, 'galera', 'galera is converging'],
];

/** A host whose first process came 10 s after the machine, with a journal of those lines. */
function lay(host: Pick<TalkHost, 'write' | 'section'>, lines = LINES): void {
  host.write('/var/lib/stackseed/seed/components.list', 'identity\ngalera\nreport\nlast\n');
  host.write('/proc/1/stat', `1 (a ) b) S ${'0 '.repeat(18)}1000 0 0\n`);
  host.write('/proc/uptime', '100.00 1.0\n');
  host.write(
    '/etc/systemd/system/stackseed@galera.service.d/order.conf',
    '[Unit]\nAfter=stackseed@identity.service stackseed@time.service\n',
  );
  const entries = lines.map(([at, name, words]) =>
    JSON.stringify({
      MESSAGE: words,
      SYSLOG_IDENTIFIER: `stackseed-${name}`,
      __MONOTONIC_TIMESTAMP: String(at * 1e6),
    }),
  );
  const strange = [
    'torn',
    '{}',
    '{"MESSAGE":[1],"SYSLOG_IDENTIFIER":"stackseed-galera","__MONOTONIC_TIMESTAMP":"15"}',
  ];
  host.write('/journal', `${[...strange, ...entries].join('\n')}\n`);
  host.section(
    'timeline',
    `import subprocess, timeline
    real = subprocess.Popen
    subprocess.Popen = lambda command, **more: real(['cat', root + '/journal'], **more)
    return timeline.report(root)`,
  );
}

interface Told {
  boot: number;
  ready: number | null;
  components: { name: string; after: string[]; began: number; healthy: number | null; steps: unknown[] }[];
}

function told(lines = LINES): Told {
  const host = talkHost('cnt1');
  lay(host, lines);
  const ran = host.python(
    `import json, report_timeline\nprint(json.dumps(report_timeline.report(${JSON.stringify(host.root)})))`,
  );
  host.end();
  assert.is(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

test('a host tells of its first boot to readiness: seconds since its own first process', () => {
  const { boot, ready, components } = told();
  assert.ok(Math.abs(boot - (Date.now() / 1000 - 90)) < 10);
  assert.is(ready, 10);
  assert.equal(components, [
    { name: 'identity', after: [], began: 2.5, healthy: 2.75, steps: [] },
    {
      name: 'galera',
      after: ['identity', 'time'],
      began: 3,
      healthy: 9,
      steps: [
        [3.2, 7.2, 'waiting for cnt2'],
        [7.5, 9, 'starting   mariadb'],
      ],
    },
    { name: 'report', after: [], began: 9.5, healthy: null, steps: [] },
  ]);
});

test('of many steps the longest are told', () => {
  const many = Array.from({ length: 40 }, (_, index): Line => [13 + index, 'galera', `step ${index}`]);
  const long: Line[] = [
    [60, 'galera', 'long'],
    [90, 'galera', 'galera is healthy'],
  ];
  const [galera] = told([...many, ...long]).components;
  assert.is(galera?.steps.length, 8);
  assert.equal(galera?.steps.at(-1), [50, 80, 'long']);
});

test('stackseed-node timeline prints a table and the critical path', () => {
  const node = pretendNode();
  assert.match(node.run(['timeline']).stderr, /nothing has been laid yet/);
  const host = talkHost('cnt1');
  lay(host);
  const ran = host.python(
    `import timeline\nprint('\\n'.join(timeline.words(__import__('report_timeline').report(${JSON.stringify(host.root)}))))`,
  );
  host.end();
  assert.equal(ran.stdout.split('\n'), [
    'ready 10.0 s after it was switched on',
    'the first component began after 2.5 s',
    '',
    'COMPONENT  BEGAN  HEALTHY  TOOK  LONGEST STEP',
    'identity     2.5      2.8   0.2',
    'galera       3.0      9.0   6.0  4.0 s waiting for cnt2',
    'report       9.5        -     -',
    '',
    'critical path:',
    '  identity  0.2 s',
    '  galera    6.0 s  4.0 s waiting for cnt2',
    '',
  ]);
  node.write('/usr/local/lib/stackseed/py/timeline.py', 'import sys\nprint(sys.argv[1:])\n');
  assert.is(node.run(['timeline', '--json']).stdout, "['--json']\n");
  assert.is(node.run(['timeline', 'x']).status, 2);
  node.end();
});

test('the critical path goes back over what each waited for longest', () => {
  const one = (name: string, began: number, healthy: number, ...after: string[]) => ({
    name,
    after,
    began,
    healthy,
    steps: [],
  });
  const path = criticalPath([
    one('a', 1, 2),
    one('b', 1, 5),
    one('c', 5.5, 7, 'a', 'b', 'gone'),
    // At a later boot it did not wait for c.
    one('d', 1, 9, 'c'),
    { name: 'e', after: [], began: 1, steps: [] },
  ]);
  assert.equal(
    path.map(({ component, from, to }) => [component.name, from, to]),
    [
      ['b', 1, 5],
      ['c', 5.5, 7],
      ['d', 7, 9],
    ],
  );
  assert.equal(criticalPath([]), []);
});

test.before.each(async (context) => {
  context.fleet = await talkFleet(['cnt1', 'cnt2', 'cnt3'], ['cm1']);
  for (const host of context.fleet.hosts.values()) lay(host);
});
test.after.each(({ fleet }) => fleet.end());

const ask = ({ inventory }: TalkFleet, ...args: string[]) =>
  stackseed(['timeline', '-i', inventory, ...args]);

test('stackseed timeline: a line a host, and the critical path of the last one', async ({ fleet }) => {
  fleet.hosts.get('cnt2')?.write('/proc/uptime', '98.00 1.0\n');
  fleet.hosts.get('cnt3')?.write('/journal', '');
  await fleet.silence('cm1');
  const { stdout, status } = await ask(fleet);
  assert.is(status, 0);
  const lines = stdout.split('\n');
  // Seconds between the clocks of two answers come and go with the machine.
  assert.match(
    lines[0] ?? '',
    /^fleet memo: 2 of 4 hosts were ready, the last one 1\d\.\d s after the first was/,
  );
  assert.match(
    lines[2] ?? '',
    /^cnt1 +\d\.\d s +\d\.\d s +1\d\.\d s +galera, 6\.0 s: 4\.0 s waiting for cnt2$/,
  );
  assert.match(lines[3] ?? '', /^cnt2 +\d\.\d s +\d\.\d s +1\d\.\d s +galera, /);
  assert.match(lines[4] ?? '', /^cnt3 +\d\.\d s +- +-$/);
  assert.match(lines[5] ?? '', /^cm1 +- +- +- /);
  assert.is(lines[7], 'critical path of cnt2:');
  assert.match(lines[8] ?? '', /^ {2}\(boot\) +2\.5 s +until /);
  assert.match(lines[10] ?? '', /^ {2}galera +6\.0 s +until .* 4\.0 s waiting for cnt2$/);
});

test('the chart is SVG by itself, and --json has all that was told', async ({ fleet }) => {
  const { stdout } = await ask(fleet, '--svg', '--host', 'cnt1', 'cnt2');
  assert.match(stdout, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(stdout, /<title>galera: from 3\.0 s, healthy at 9\.0 s\n4\.0 s waiting for cnt2/);
  assert.not.match(stdout, /NaN|undefined|Infinity/);
  const { hosts } = JSON.parse((await ask(fleet, '--json', '--host', 'cnt1')).stdout);
  assert.equal(hosts[0].name, 'cnt1');
  assert.equal(hosts[0].timeline.components[0], {
    name: 'identity',
    after: [],
    began: 2.5,
    healthy: 2.75,
    steps: [],
  });
});

test('a fleet of which nobody answers is an error that says why', async ({ fleet }) => {
  for (const name of fleet.hosts.keys()) await fleet.silence(name);
  const ran = await ask(fleet, '--timeout', '1');
  assert.is(ran.status, 1);
  assert.match(ran.stderr, /cnt1: .*no-timeline/);
});

test('what a host says does not get into the chart as markup, nor into a terminal as commands', () => {
  const words = '<script>\u001b[2J';
  const report = readReport({
    host: 'cnt1',
    boot: 'x',
    time: 1,
    sections: {
      timeline: {
        boot: 1,
        components: [
          'x',
          { name: words, after: 'x', began: 1, healthy: 2, steps: [[1, 2, words], 'x', [1]] },
          { name: 'y' },
        ],
      },
    },
  });
  const timeline = report?.timeline;
  assert.is(timeline?.components.length, 1);
  assert.is(timeline?.components[0]?.steps.length, 1);
  assert.not.match(JSON.stringify(timeline), /\\u001b/);
  assert.not.match(timeline ? timelineSvg('memo', [{ name: 'cnt1', timeline }]) : '<script', /<script/);
});

test.run();
