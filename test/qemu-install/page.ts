import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { HostView } from '../../src/serve/view.ts';
import { type Lan, SERVER } from './lan.ts';

/** The boot server's page, as a browser beside it shows it. */
export interface Page {
  /** What the page knows of a host. */
  host(name: string): Promise<HostView | undefined>;
  /** Waits until the row of a host says so, and keeps a picture of the page with the host unfolded. */
  picture(name: string, says: RegExp, file: string): Promise<void>;
  close(): Promise<void>;
}

export async function openPage(folder: string, lan: Lan): Promise<Page> {
  // The browser is started on the boot server's network, which this process is not on.
  const program = join(folder, 'chromium.sh');
  const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  await writeFile(program, `#!/bin/sh\nexec ${lan.within.join(' ')} ${chromiumPath} "$@"\n`);
  await chmod(program, 0o755);
  let browser: Browser | undefined;
  return {
    async host(name) {
      const ran = await lan.run(['curl', '--silent', '--max-time', '20', `http://${SERVER}/_/state.json`]);
      try {
        return (JSON.parse(ran.stdout) as { hosts: HostView[] }).hosts.find((one) => one.name === name);
      } catch {
        return undefined;
      }
    },
    async picture(name, says, file) {
      browser ??= await chromium.launch({
        executablePath: program,
        args: ['--no-sandbox', '--disable-gpu'],
        timeout: 120_000,
      });
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      try {
        page.setDefaultTimeout(120_000);
        await page.goto(`http://${SERVER}/`);
        await page.locator(`#host-${name}`, { hasText: says }).waitFor();
        await page.locator(`#host-${name} summary`).click();
        await page.screenshot({ fullPage: true, path: file });
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser?.close();
    },
  };
}
