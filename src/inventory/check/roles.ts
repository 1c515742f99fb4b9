import type { Role } from '../../library/types.ts';
import type { Check, CheckedHost } from './context.ts';

/** How many hosts have a role, what else the fleet needs for it, and whether a stuck one can be switched off. */
export function checkRoles(check: Check): void {
  for (const role of check.library.roles.values()) {
    const having = check.hosts.filter((host) => !host.absent && host.roles.includes(role.name));
    checkNeeds(check, role, having);
    if (role.count === 'one' && having.length > 1) checkOne(check, role.name, having);
    if (role.count === 'odd' && having.length > 0) {
      checkMajority(check, role.name, having);
      if (having.length > 1) checkFencing(check, role.name, having);
    }
  }
}

function checkNeeds(check: Check, role: Role, [first]: CheckedHost[]): void {
  if (!first) return;
  for (const name of role.needs) {
    if (check.hosts.some((host) => !host.absent && host.roles.includes(name))) continue;
    check.report({
      code: 'role-needs',
      path: ['hosts', first.name],
      at: 'key',
      message: `has the role ${role.name}, and no host has the role ${name}, which that one needs`,
      hint: `${name}: ${check.library.roles.get(name)?.summary}`,
      whole: [['hosts'], ['groups']],
    });
  }
}

function checkOne(check: Check, role: string, [first, second]: CheckedHost[]): void {
  if (!first || !second) return;
  check.report({
    code: 'role-twice',
    path: ['hosts', second.name],
    at: 'key',
    message: `only one host may have the role ${role}`,
    also: [{ message: 'has it already', path: ['hosts', first.name], at: 'key' }],
  });
}

function checkMajority(check: Check, role: string, having: CheckedHost[]): void {
  const last = having.at(-1);
  if (having.length % 2 === 1 && having.length > 1) return;
  const path = ['hosts', last?.name ?? ''];
  const whole = [['hosts'], ['groups']];
  if (having.length === 1) {
    const message = `one ${role} only: when it fails, everything stands still`;
    const hint =
      'three are the least that can lose one; if one is what you want, its disk holds the only copy';
    check.report({ severity: 'warning', code: 'no-redundancy', path, at: 'key', message, hint, whole });
    return;
  }
  const count = having.length;
  const message =
    count === 2
      ? `two ${role}s: when either fails, the other stands still too`
      : `an even number of ${role}s (${count}): one more than ${count - 1} makes nothing safer`;
  const hint =
    count === 2
      ? 'a majority is counted, and that of two is both: three are the least that can lose one'
      : `a majority is counted; have ${count - 1} or ${count + 1}`;
  check.report({ severity: 'warning', code: 'even-count', path, at: 'key', message, hint, whole });
}

function checkFencing(check: Check, role: string, having: CheckedHost[]): void {
  const without = having.filter(({ host }) => host.bmc === undefined).map(({ name }) => name);
  const [first] = without;
  if (first === undefined) return;
  const names =
    without.length > 9
      ? `${without.slice(0, 8).join(', ')} and ${without.length - 8} more`
      : without.join(', ');
  check.report({
    severity: 'warning',
    code: 'fencing-missing',
    path: ['hosts', first],
    at: 'key',
    message: `no BMC for ${names}: a ${role} that hangs cannot be switched off by the others`,
    hint: 'such as bmc: { address: https://bmc1.example.net }',
    about: without.map((name) => ['hosts', name, 'bmc']),
  });
}
