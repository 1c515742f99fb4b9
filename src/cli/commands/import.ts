import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { hostsOfTable } from '../../import/csv.ts';
import { hostsOfNetbox } from '../../import/netbox.ts';
import { readRows } from '../../import/rows.ts';
import { FindingsError } from '../../report/finding.ts';
import { type Context, fileFrom } from '../context.ts';

interface Options {
  format: 'csv' | 'netbox';
  network: string;
  interfaces?: string;
  group?: string[];
}

/** Writes the hosts of a table as the part of an inventory to standard output; validate says what they lack. */
export function importHosts(context: Context, name: string, options: Options): void {
  const rows = rowsOf(context, name);
  const { hosts, findings } =
    options.format === 'netbox'
      ? hostsOfNetbox(name, rows, {
          network: options.network,
          groups: new Map((options.group ?? []).map(pair)),
          ...(options.interfaces && { interfaces: rowsOf(context, options.interfaces) }),
        })
      : hostsOfTable(name, rows);
  if (findings.length > 0) throw new FindingsError(findings);
  context.stdout.write(stringify({ hosts: Object.fromEntries(hosts) }, { lineWidth: 0, version: '1.1' }));
}

function rowsOf(context: Context, name: string): ReturnType<typeof readRows> {
  return readRows(name, readFileSync(fileFrom(context, name), 'utf8'));
}

/** "Compute Node=compute-nodes" */
function pair(text: string): [string, string] {
  const at = text.lastIndexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}
