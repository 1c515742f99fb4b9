import type { Check } from './context.ts';

/** Names that hosts may not have because every machine has them already. */
const RESERVED = new Set(['localhost']);

export function checkNames(check: Check): void {
  const { inventory, hosts } = check;
  if (hosts.length === 0) {
    const message = 'the inventory has no hosts';
    check.report({ code: 'no-hosts', path: ['hosts'], at: 'key', message, whole: [['hosts']] });
  }
  for (const { name } of hosts) {
    if (RESERVED.has(name)) {
      check.report({
        code: 'bad-name',
        path: ['hosts', name],
        at: 'key',
        message: `a host cannot be called ${name}`,
      });
    }
    if (inventory.vips && Object.hasOwn(inventory.vips, name)) {
      check.report({
        code: 'name-clash',
        path: ['hosts', name],
        at: 'key',
        message: `${name} is also the name of a virtual address`,
        hint: 'give one of the two another name; both would be the same name in DNS',
        also: [{ message: 'the virtual address', path: ['vips', name], at: 'key' }],
      });
    }
  }
  for (const name of Object.keys(inventory.vips ?? {})) {
    if (RESERVED.has(name)) {
      check.report({
        code: 'bad-name',
        path: ['vips', name],
        at: 'key',
        message: `a VIP cannot be called ${name}`,
      });
    }
  }
}
