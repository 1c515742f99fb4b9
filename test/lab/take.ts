import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from './lab.ts';

/** Brings a host's new seed, of an output folder, into it, as an operator would by scp, and has it taken while the host runs. */
export async function takeSeed(host: LabHost, out: string, ...words: string[]): Promise<void> {
  const from = join(out, 'hosts', host.name);
  await host.must(['mkdir', '-p', '-m', '0700', '/root/seed']);
  for (const file of readdirSync(from))
    await host.must(['dd', `of=/root/seed/${file}`, 'status=none'], {
      input: readFileSync(join(from, file)),
    });
  await host.must(['stackseed-node', 'apply', '/root/seed', ...words], { timeout: 400 });
}
