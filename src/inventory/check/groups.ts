import { knownHint } from '../../document/nearest.ts';
import type { Path } from '../../document/types.ts';
import type { Check } from './context.ts';

/** Groups and roles that hosts and groups name exist, and are named once; a group that nobody is in is a slip. */
export function checkGroups(check: Check): void {
  const { inventory, library, hosts } = check;
  const groups = Object.keys(inventory.groups ?? {});
  const roles = [...library.roles.keys()].filter((name) => name !== 'base');
  const used = new Set(hosts.flatMap(({ host }) => host.groups ?? []));
  for (const { name, host } of hosts) {
    names(check, 'group', host.groups, ['hosts', name, 'groups'], groups);
    names(check, 'role', host.roles, ['hosts', name, 'roles'], roles);
  }
  for (const [name, group] of Object.entries(inventory.groups ?? {})) {
    names(check, 'role', group.roles, ['groups', name, 'roles'], roles);
    if (used.has(name)) continue;
    const message = `no host is in the group ${name}`;
    check.report({
      severity: 'warning',
      code: 'group-unused',
      path: ['groups', name],
      at: 'key',
      message,
      whole: [['hosts']],
    });
  }
}

function names(
  check: Check,
  kind: 'group' | 'role',
  list: string[] | undefined,
  path: Path,
  known: string[],
): void {
  list?.forEach((name, index) => {
    const place = [...path, index];
    if (list.indexOf(name) < index) {
      const also = [{ message: 'first here', path: [...path, list.indexOf(name)] }];
      check.report({ code: 'duplicate-item', path: place, message: `${kind} ${name} is named twice`, also });
    } else if (kind === 'role' && name === 'base') {
      const message = 'every host has the role base: it is not named';
      check.report({ code: 'role-implied', path: place, message, hint: 'take it out' });
    } else if (!known.includes(name)) {
      const hint = knownHint(name, known);
      const about = kind === 'group' ? [['groups', name]] : [];
      check.report({
        code: `unknown-${kind}`,
        path: place,
        message: `there is no ${kind} ${name}`,
        hint,
        about,
      });
    }
  });
}
