import { type Changes, type ChangesOptions, planChanges } from '../../generate/changes.ts';
import { keysFromEnvironment } from '../../secrets/index.ts';
import {
  type Context,
  type FleetOptions,
  fileFrom,
  inventoryFile,
  loadOptions,
  writeJson,
} from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { EndsWith } from '../failure.ts';
import { jsonFindings, printFindings } from '../findings.ts';
import { changesText } from '../show/changes.ts';

interface Options extends FleetOptions {
  host?: string[];
  out: string;
  iso: boolean;
  diff: boolean;
  newLock?: boolean;
}

/** Says what `generate` would change and why; ends with a status of its own where there is something. */
export async function plan(context: Context, options: Options): Promise<void> {
  const wanted: ChangesOptions = {
    ...loadOptions(context, options),
    inventory: inventoryFile(context, options),
    out: fileFrom(context, options.out),
    iso: options.iso,
    brief: !options.diff,
    newLock: options.newLock ?? false,
    keys: await keysFromEnvironment(context.env),
    ...(options.host && { hosts: options.host }),
  };
  const changes: Changes = await planChanges(wanted);
  printFindings(context, changes.findings);
  if (context.json) writeJson(context, { ...changes, ...jsonFindings(changes.findings) });
  else if (!context.quiet) context.stdout.write(changesText(changes));
  if (changes.hosts.length > 0) throw new EndsWith(exitCodes.changes);
}
