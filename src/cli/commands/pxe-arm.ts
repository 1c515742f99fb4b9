import { arm, disarm, readArms, readTreeFile } from '../../netboot/index.ts';
import { type Context, fileFrom, writeJson } from '../context.ts';
import { table } from '../table.ts';

interface Options {
  tree: string;
  out?: string;
}

/** Lets hosts install themselves the next time they boot from the network. */
export async function pxeArm(context: Context, hosts: string[], options: Options): Promise<void> {
  const folder = fileFrom(context, options.tree);
  const { urls } = await readTreeFile(folder);
  const arms = await arm(folder, fileFrom(context, options.out ?? 'out'), hosts, urls);
  if (context.json)
    return writeJson(context, { armed: arms.map(({ host, macs, since }) => ({ host, macs, since })) });
  if (context.quiet) return;
  const rows = arms.map(({ host, macs }) => ['armed', host, macs.join(' ')]);
  context.stdout.write(`${table(rows)}each installs itself the next time it boots from the network\n`);
}

/** Lets hosts boot their disks again. One that was not armed is named. */
export async function pxeDisarm(context: Context, hosts: string[], options: Options): Promise<void> {
  const folder = fileFrom(context, options.tree);
  const armed = (await readArms(folder)).map(({ host }) => host);
  const strange = hosts.filter((host) => !armed.includes(host));
  const disarmed: string[] = [];
  for (const host of new Set(hosts)) if (await disarm(folder, host)) disarmed.push(host);
  if (context.json) writeJson(context, { disarmed, not_armed: strange });
  else if (!context.quiet)
    context.stdout.write(
      table([...disarmed.map((host) => ['disarmed', host]), ...strange.map((host) => ['not armed', host])]),
    );
}

/** Lists who is armed, without the tokens. */
export async function pxeList(context: Context, options: Options): Promise<void> {
  const folder = fileFrom(context, options.tree);
  await readTreeFile(folder);
  const arms = await readArms(folder);
  if (context.json)
    writeJson(context, { armed: arms.map(({ host, macs, since }) => ({ host, macs, since })) });
  else if (arms.length === 0) context.stdout.write('nobody is armed\n');
  else context.stdout.write(table(arms.map(({ host, macs, since }) => [host, since, macs.join(' ')])));
}
