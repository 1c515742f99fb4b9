import type { ByPlatform, Component, Library } from '../library/types.ts';

/** The role that every host has. */
export const baseRole = 'base';

/** What the platform's entry says, else the default. */
export function forPlatform<T>(choice: ByPlatform<T>, platform: string): T | undefined {
  return Object.hasOwn(choice, platform) ? choice[platform] : choice.default;
}

/** Components of some roles, each after those it waits for; where the order is free, by name. */
export function orderedComponents(library: Library, roles: string[]): Component[] {
  const names = new Set(roles.flatMap((role) => library.roles.get(role)?.components ?? []));
  const waiting = [...names].sort().flatMap((name) => library.components.get(name) ?? []);
  const ordered: Component[] = [];
  const done = new Set<string>();
  while (waiting.length > 0) {
    const free = waiting.findIndex(({ after }) => after.every((name) => done.has(name) || !names.has(name)));
    // The library has no cycles: its loader refuses them.
    const [next] = waiting.splice(Math.max(free, 0), 1);
    if (!next) break;
    ordered.push(next);
    done.add(next.name);
  }
  return ordered;
}
