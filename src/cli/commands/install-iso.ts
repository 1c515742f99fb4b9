import { join } from 'node:path';
import { buildInstallIso } from '../../netboot/index.ts';
import { type Context, fileFrom, writeJson } from '../context.ts';

interface Options {
  tree: string;
  out: string;
  to: string;
}

/** Writes HOST.iso for each host, one after the other: each takes some 50 MB of memory and of the disk. */
export async function installIso(context: Context, hosts: string[], options: Options): Promise<void> {
  const folder = fileFrom(context, options.to);
  const written: { host: string; file: string }[] = [];
  for (const host of new Set(hosts)) {
    const file = join(folder, `${host}.iso`);
    await buildInstallIso(host, file, {
      tree: fileFrom(context, options.tree),
      fleetOut: fileFrom(context, options.out),
      ...(context.signal && { signal: context.signal }),
    });
    written.push({ host, file });
    if (!context.json && !context.quiet) context.stdout.write(`${file}\n`);
  }
  if (context.json) writeJson(context, { written });
}
