import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFleet } from '../../src/generate/load.ts';
import { columnsOf } from '../../src/graph/columns.ts';
import { fleetPage } from '../../src/graph/page.ts';
import { fleetSvg } from '../../src/graph/svg.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { Finding } from '../../src/report/finding.ts';
import { example, withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';

async function planned(name: string): Promise<{ plan: Plan; findings: Finding[] }> {
  return withFolder((folder) => loadFleet(example(name), { lock: join(folder, 'stackseed.lock') }));
}

/** Opens a file in Chromium and gives the document as it stands there then; what it complains of fails. */
function inChromium(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  const args = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}/profile`];
  args.push('--enable-logging=stderr', '--dump-dom', pathToFileURL(file).href);
  const { status, stdout, stderr } = spawnSync('chromium', args, { encoding: 'utf8', timeout: 60_000 });
  assert.is(status, 0, stderr);
  assert.not(/CONSOLE.*(error|refused|violat)/i.test(stderr), stderr);
  return stdout;
}

/** Texts of elements of a kind, in order. */
const texts = (markup: string, tag: string) =>
  [...markup.matchAll(new RegExp(`<${tag}[^>]*>([^<]*)</${tag}>`, 'g'))].map(([, text]) => text);

test('columns are the cluster with its virtual addresses, then the others', async () => {
  const columns = columnsOf((await planned('memo')).plan);
  assert.equal(
    columns.map(({ name, kind, clustered }) => [name, kind, clustered]),
    [
      ['cnt', 'vip', true],
      ['cnt1', 'host', true],
      ['cnt2', 'host', true],
      ['cnt3', 'host', true],
      ...['router', 'nw1', 'nw2', 'cm1', 'cm2', 'nfs'].map((name) => [name, 'host', false]),
    ],
  );
  assert.equal(columns[1]?.on, [
    { network: 'manage', address: '192.168.1.51' },
    { network: 'public', address: '192.168.0.51' },
  ]);
});

test('hosts that are many and alike are one stack', async () => {
  const stacks = columnsOf((await planned('large')).plan).filter(({ kind }) => kind === 'stack');
  assert.equal(
    stacks.map(({ name, note, on }) => [name, note, on.length]),
    [['cm01 … cm20', '20 hosts', 3]],
  );
});

test('the picture is the same bytes each time', async () => {
  assert.is(fleetSvg((await planned('large')).plan), fleetSvg((await planned('large')).plan));
});

for (const name of ['memo', 'small', 'large']) {
  needs(test, 'chromium')(`Chromium draws ${name}: every text within the picture, no box over another`, () =>
    withFolder(async (folder) => {
      const { plan } = await planned(name);
      // The page measures itself, since only a browser knows how wide letters are.
      const page = `<!doctype html><meta charset="utf-8">${fleetSvg(plan)}<pre id="found"></pre><script>
        const all = [...document.querySelectorAll('svg text')], edge = document.querySelector('svg').getBoundingClientRect();
        const out = all.filter((one) => { const r = one.getBoundingClientRect(); return r.right > edge.right || r.bottom > edge.bottom || r.left < edge.left; });
        const wide = [...document.querySelectorAll('svg g.host, svg g.vip, svg g.stack')].flatMap((group) => {
          const frame = [...group.querySelectorAll('rect')].at(-1).getBoundingClientRect();
          return [...group.querySelectorAll('text')].filter((one) => { const r = one.getBoundingClientRect(); return r.right > frame.right || r.bottom > frame.bottom; });
        });
        const boxes = [...document.querySelectorAll('svg g.host, svg g.vip, svg g.stack')].map((one) => one.getBoundingClientRect());
        const over = boxes.filter((a, i) => boxes.some((b, j) => j > i && a.right > b.left && a.left < b.right));
        document.getElementById('found').textContent = JSON.stringify({ boxes: boxes.length, texts: all.length, out: out.map((o) => o.textContent), wide: wide.map((o) => o.textContent), over: over.length });
      </script>`;
      const dom = inChromium(folder, 'picture.html', page);
      const found = JSON.parse(/<pre id="found">(.*)<\/pre>/.exec(dom)?.[1] ?? '{}');
      assert.is(found.boxes, columnsOf(plan).length);
      assert.ok(found.texts > found.boxes);
      assert.equal([found.out, found.wide, found.over], [[], [], 0]);
      // By itself it is a document that an XML parser takes.
      const alone = inChromium(folder, 'picture.svg', fleetSvg(plan));
      assert.not(/parsererror/.test(alone));
      assert.match(alone, `Fleet ${plan.fleet.name}`);
    }),
  );
}

needs(test, 'chromium')('Chromium shows the page: every host, every finding, nothing from elsewhere', () =>
  withFolder(async (folder) => {
    const { plan, findings } = await planned('memo');
    const page = fleetPage(plan, findings);
    assert.not(/(src|href)="/.test(page));
    const dom = inChromium(folder, 'fleet.html', page);
    assert.equal(
      [...dom.matchAll(/<details id="([^"]*)">/g)].map(([, id]) => id),
      plan.hosts.map(({ name }) => name),
    );
    assert.equal(texts(dom, 'h2'), ['Findings', 'Networks', 'Virtual addresses', 'Hosts']);
    for (const { message } of findings) assert.ok(dom.includes(message), message);
    for (const text of ['galera', '192.168.1.51/24', 'erlang-cookie']) assert.ok(dom.includes(text), text);
  }),
);

needs(test, 'chromium')('no text of an inventory is markup in them', () =>
  withFolder(async (folder) => {
    const { plan, findings } = await planned('memo');
    const hostile = `"'><script>document.title='hit'</script><img src=x onerror="document.title='hit'">&amp;\u0000]]>`;
    const [first] = plan.hosts;
    if (!first) throw new Error('no host');
    const spoilt: Plan = {
      ...plan,
      fleet: {
        ...plan.fleet,
        name: hostile,
        domain: hostile,
        vips: [{ name: hostile, fqdn: hostile, addresses: { [hostile]: hostile } }],
      },
      hosts: [
        { ...first, name: hostile, fqdn: hostile, roles: [hostile], platform: hostile, packages: [hostile] },
        ...plan.hosts.slice(1),
      ],
    };
    const [finding] = findings;
    if (!finding) throw new Error('no finding');
    const dom = inChromium(
      folder,
      'fleet.html',
      fleetPage(spoilt, [{ ...finding, message: hostile, hint: hostile }]),
    );
    assert.not(/<(script|img)\b/.test(dom));
    assert.not(/<title>hit<\/title>/.test(dom));
    const alone = inChromium(folder, 'picture.svg', fleetSvg(spoilt));
    assert.not(/<(script|img)\b|parsererror/.test(alone));
  }),
);

test.run();
