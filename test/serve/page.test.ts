import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { layComponents, type TalkFleet, talkFleet } from '../talk/fleet.ts';
import { MACS, type Standing, standing, TOKENS, until } from './standing.ts';

/** The page in a real Chromium. With SCREENSHOTS=1 what it looks like is kept in docs/. */
interface Context {
  fleet: TalkFleet;
  server: Standing;
  browser: Browser;
}

const PHONE = { width: 390, height: 844 };
const EVIL = '<img src=x onerror=alert(1)><script>document.title="had"</script> & "quoted"';

const test = suite<Context>('the page', {} as Context);
test.before.each(async (context) => {
  context.fleet = await talkFleet(['cnt1', 'cnt2', 'cnt3'], ['cm1']);
  for (const name of ['cnt1', 'cm1']) await context.fleet.silence(name);
  components(context, 'cnt2', ['identity healthy x', 'packages healthy all', 'galera waiting for cnt3']);
  components(context, 'cnt3', ['identity healthy x', 'packages healthy all', 'galera healthy serving']);
  context.server = await standing(context.fleet.folder);
  context.browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});
test.after.each(async ({ browser, server, fleet }) => {
  await browser?.close();
  await server?.stop();
  await fleet.end();
});

function components({ fleet }: Pick<Context, 'fleet'>, name: string, lines: string[]): void {
  const host = fleet.hosts.get(name);
  if (!host) throw new Error(name);
  layComponents(host, lines);
}

/** Opens it, with all that it says to the console and all that it asks for. */
async function open({ browser, server }: Context, script = true, viewport = { width: 1280, height: 800 }) {
  const page = await (await browser.newContext({ javaScriptEnabled: script, viewport })).newPage();
  const problems: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${server.url}/`);
  const text = async (selector: string) => (await page.locator(selector).textContent()) ?? '';
  const row = (name: string) => text(`#host-${name}`);
  return { page, problems, asked, row, text };
}

const shot = (name: string) => {
  if (process.env['SCREENSHOTS'] !== '1') return {};
  mkdirSync(join(root, 'docs/images'), { recursive: true });
  return { path: join(root, 'docs/images', name) };
};

const browsed = needs(test, 'chromium');

browsed(
  'it follows the fleet live, from the boot loader to healthy, and asks nobody else',
  async (context) => {
    const { server } = context;
    const { page, problems, asked, row, text } = await open(context);
    await until(async () => /waits\s.*galera: for cnt3|galera: for cnt3/is.test(await row('cnt2')));
    await until(async () => /healthy/.test(await row('cnt3')));
    assert.match(await row('cm1'), /not seen/);
    await fetch(`${server.url}/hosts/${MACS['cm1']}.cfg`);
    await until(async () => /boot loader/.test(await row('cm1')));
    await fetch(`${server.url}/t/${TOKENS['cm1']}/preseed.cfg`);
    await until(async () => /installer/.test(await row('cm1')));
    const post = (verb: string, body: string) =>
      fetch(`${server.url}/t/${TOKENS['cm1']}/${verb}`, { method: 'POST', body });
    await post('line', 'partman: formatting the disk\nbootstrap: unpacking the base system\n');
    await until(async () => /unpacking the base system/.test(await row('cm1')));
    await page.locator('#host-cm1 summary').click();
    await page.locator('#host-cnt2 summary').click();
    await page.screenshot({ fullPage: true, ...shot('page.png') });
    await post('finished', '');
    await until(async () => /installed/.test(await row('cm1')));
    assert.ok(await page.locator('#host-cm1 details').evaluate((one) => one.hasAttribute('open')));
    components(context, 'cnt2', ['identity healthy x', 'packages healthy all', 'galera healthy serving']);
    await until(async () => (await page.locator('#host-cnt2').getAttribute('class')) === 'well');
    assert.match(await text('#summary'), /^memo: 2 of 4 hosts healthy$/);
    assert.equal(problems, []);
    assert.ok(
      asked.every((url) => url.startsWith(`${server.url}/`) || url === 'data:,'),
      asked.join(' '),
    );
  },
);

browsed('what hosts say stays text', async (context) => {
  components(context, 'cnt2', [`galera failed ${EVIL}`]);
  const { page, problems, row } = await open(context);
  await fetch(`${context.server.url}/t/${TOKENS['cm1']}/line`, { method: 'POST', body: EVIL });
  await until(async () => (await row('cnt2')).includes(EVIL) && (await row('cm1')).includes(EVIL));
  assert.is(await page.locator('img, tbody script').count(), 0);
  assert.is(await page.title(), 'memo: stackseed');
  assert.equal(problems, []);
  // Were it not escaped, the policy would still stop it.
  await page.evaluate(`{
    const image = document.createElement('div');
    image.innerHTML = '<img src=x onerror="document.title=1">';
    document.body.append(image);
  }`);
  await until(() => problems.some((text) => /Content Security Policy/.test(text)));
  assert.is(await page.title(), 'memo: stackseed');
});

browsed('without script the table is whole, and looked at again by itself', async (context) => {
  await until(async () => /"well"/.test(await (await fetch(`${context.server.url}/_/state.json`)).text()));
  const { page, row } = await open(context, false);
  assert.match(await row('cnt3'), /healthy\s.*3\/3/s);
  assert.match(await row('cm1'), /armed/);
  assert.is(await page.locator('noscript meta[http-equiv=refresh]').count(), 1);
});

browsed('on a phone nothing is cut off', async (context) => {
  components(context, 'cnt2', [
    'identity healthy x',
    `packages failed ${'a-word-that-is-very-long-and-has-no-space'.repeat(4)}`,
  ]);
  const { page, row } = await open(context, true, PHONE);
  await until(async () => /a-word/.test(await row('cnt2')));
  await page.locator('#host-cnt2 summary').click();
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(wide <= PHONE.width, `${wide} of ${PHONE.width}`);
  await page.screenshot({ fullPage: true, ...shot('page-phone.png') });
});

browsed('when the server goes away the page says so, and comes back by itself', async (context) => {
  const { text } = await open(context);
  const live = () => text('#live');
  await until(async () => (await live()) === 'Live');
  const { port, tree } = context.server;
  await context.server.stop();
  await until(async () => /does not answer/.test(await live()));
  context.server = await standing(context.fleet.folder, { tree, http: [{ address: '127.0.0.1', port }] });
  await until(async () => (await live()) === 'Live', 20);
});

test.run();
