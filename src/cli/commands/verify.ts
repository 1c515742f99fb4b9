import { verifyOut } from '../../generate/verify.ts';
import { type Context, fileFrom, writeJson } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { EndsWith } from '../failure.ts';
import { jsonFindings, printFindings } from '../findings.ts';
import { count } from '../table.ts';

/** Compares what lies in the output folder with what was written into it. */
export async function verify(context: Context, options: { out: string }): Promise<void> {
  const out = fileFrom(context, options.out);
  const { hosts, files, findings } = verifyOut(out);
  printFindings(context, findings);
  if (context.json) writeJson(context, { out, hosts, files, ...jsonFindings(findings) });
  if (findings.length > 0) throw new EndsWith(exitCodes.findings);
  if (!context.json && !context.quiet)
    context.stdout.write(`${count(hosts, 'seed')} in ${out}: ${count(files, 'file')} as generated\n`);
}
