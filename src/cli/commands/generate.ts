import { generateFleet } from '../../generate/generate.ts';
import type { GenerateReport, IsoBuilderName } from '../../generate/types.ts';
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
import { startProgress } from '../progress.ts';
import { count, table } from '../table.ts';

interface Options extends FleetOptions {
  host?: string[];
  out: string;
  iso: boolean;
  isoBuilder?: IsoBuilderName;
  prune?: boolean;
  overwrite?: boolean;
  newLock?: boolean;
}

/** Writes the seeds that are not right yet, and says which these were. */
export async function generate(context: Context, options: Options): Promise<void> {
  const keys = await keysFromEnvironment(context.env);
  const progress = startProgress(context, 'seeds');
  let report: GenerateReport;
  try {
    report = await generateFleet({
      ...loadOptions(context, options),
      inventory: inventoryFile(context, options),
      out: fileFrom(context, options.out),
      iso: options.iso,
      ...(options.isoBuilder && { isoBuilder: options.isoBuilder }),
      prune: options.prune ?? false,
      overwrite: options.overwrite ?? false,
      newLock: options.newLock ?? false,
      keys,
      progress: progress.tick,
      ...(options.host && { hosts: options.host }),
      ...(context.signal && { signal: context.signal }),
    });
  } finally {
    progress.end();
  }
  printFindings(context, report.findings);
  if (context.json) writeJson(context, { ...report, ...jsonFindings(report.findings) });
  else if (!context.quiet) context.stdout.write(summary(report));
  if (report.hosts.some(({ outcome }) => outcome === 'edited')) throw new EndsWith(exitCodes.findings);
}

function summary({ out, hosts, stale, pruned }: GenerateReport): string {
  const moved = hosts.filter(({ outcome }) => outcome !== 'kept');
  const rows = moved.map(({ host, outcome, generation, written, edited }) => {
    return [outcome, host, `generation ${generation}`, (edited ?? written).join(' ')];
  });
  const kept = hosts.length - moved.length;
  const edited = hosts.filter(({ outcome }) => outcome === 'edited').length;
  const counts = [
    ...(moved.length > edited ? [`${moved.length - edited} written`] : []),
    ...(edited > 0 ? [`${edited} left as edited`] : []),
    ...(kept > 0 ? [`${kept} right already`] : []),
    ...(pruned.length > 0 ? [`removed ${pruned.join(', ')}`] : []),
  ];
  const gone =
    stale.length > 0 ? `not in the inventory any more: ${stale.join(', ')} (--prune removes them)\n` : '';
  return `${table(rows)}${count(hosts.length, 'seed')} in ${out}: ${counts.join(', ') || 'none'}\n${gone}`;
}
