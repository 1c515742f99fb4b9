import type { Finding } from '../../report/finding.ts';
import { checkAddresses } from './addresses.ts';
import { checkAttachments } from './attachments.ts';
import { checkBonds } from './bonds.ts';
import { checkBoot } from './boot.ts';
import { checkCluster } from './cluster.ts';
import { type Check, type CheckInput, context } from './context.ts';
import { checkDisks } from './disks.ts';
import { checkDomain } from './domain.ts';
import { checkGroups } from './groups.ts';
import { checkHosts } from './hosts.ts';
import { checkInstall } from './install.ts';
import { checkInterfaces } from './interfaces.ts';
import { checkMacs } from './macs.ts';
import { checkNames } from './names.ts';
import { checkNetworks } from './networks.ts';
import { checkPlatforms } from './platforms.ts';
import { checkRanges } from './ranges.ts';
import { checkRoles } from './roles.ts';
import { checkSettings } from './settings.ts';
import { checkText } from './text.ts';
import { checkTimezones } from './timezones.ts';
import { checkUsers } from './users.ts';
import { checkVips } from './vips.ts';

const RULES: ((check: Check) => void)[] = [
  checkText,
  checkNames,
  checkDomain,
  checkPlatforms,
  checkTimezones,
  checkUsers,
  checkSettings,
  checkNetworks,
  checkRanges,
  checkBoot,
  checkVips,
  checkGroups,
  checkHosts,
  checkRoles,
  checkCluster,
  checkAttachments,
  checkBonds,
  checkInterfaces,
  checkMacs,
  checkDisks,
  checkInstall,
  checkAddresses,
];

/** All that can be said of an inventory beyond its form. Each rule only adds findings, so their order means nothing. */
export function checkInventory(input: CheckInput): Finding[] {
  const check = context(input);
  for (const rule of RULES) rule(check);
  // Of an unsafe text nothing else is worth saying.
  const unsafe = new Set(
    check.findings.flatMap(({ code, path }) => (code === 'unsafe-character' ? [path] : [])),
  );
  return check.findings.filter(({ code, path }) => code === 'unsafe-character' || !unsafe.has(path));
}
