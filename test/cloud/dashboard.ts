import { createHash, X509Certificate } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Lab } from '../lab/lab.ts';
import { type Access, accessTo } from './access.ts';
import { PUBLIC } from './fleet.ts';
import type { Cloud } from './proof.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const MILLISECONDS = 120_000;

/** SHA-256 of the public key that the dashboard has, base64, as Chromium wants it. Who shows it has to have a certificate of the fleet's authority. */
async function pinOf(lab: Lab, { name, authority }: Access): Promise<string> {
  const words = ['s_client', '-connect', `${PUBLIC}:443`, '-servername', name, '-verify_hostname', name];
  const check = ['-CAfile', authority, '-verify_return_error'];
  const { code, stdout, stderr } = await lab.switch.exec(['openssl', ...words, ...check], { input: '' });
  if (code !== 0) throw new Error(`${name} shows no certificate of the fleet: ${stderr}`);
  const [shown = ''] = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/s.exec(stdout) ?? [];
  const key = new X509Certificate(shown).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** Somebody logs in with a browser and looks at the project's servers. What it looks like stays in the lab's folder. */
export async function dashboard({ lab, servers }: Cloud): Promise<string> {
  const access = await accessTo(lab);
  const { name, password } = access;
  const pin = await pinOf(lab, access);
  // The browser is started on the machine beside the hosts; what it says by its pipes comes through.
  const start = join(lab.folder, 'chromium');
  const words = [...(await lab.switch.prefix()), CHROMIUM];
  const quoted = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  await writeFile(start, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`);
  await chmod(start, 0o755);
  const browser = await chromium.launch({
    executablePath: start,
    args: [
      ...['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${name} ${PUBLIC}`],
      `--ignore-certificate-errors-spki-list=${pin}`,
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    page.setDefaultTimeout(MILLISECONDS);
    await page.goto(`http://${name}/`);
    if (!page.url().startsWith(`https://${name}/auth/login/`))
      throw new Error(`the login is at ${page.url()}`);
    await page.fill('#id_username', 'admin');
    await page.fill('#id_password', password);
    await page.click('#loginBtn');
    await page.waitForURL(/\/(project|identity|admin)\//);
    await page.goto(`https://${name}/project/instances/`);
    const table = page.locator('table#instances');
    for (const server of servers.keys()) await table.getByText(server, { exact: true }).waitFor();
    return `an administrator logs in and sees ${[...servers.keys()].join(' and ')}`;
  } finally {
    await page.screenshot({ path: join(lab.folder, 'dashboard.png'), fullPage: true });
    await browser.close();
  }
}
