import type { InventoryHost } from '../schema.ts';
import type { Check, CheckedHost } from './context.ts';
import { installValue } from './install.ts';

type Disk = NonNullable<InventoryHost['disks']>[number];

export function checkDisks(check: Check): void {
  for (const checked of check.hosts) {
    const { name, host } = checked;
    const mirrored = installValue(check, checked, 'recipe')?.value === 'raid1';
    const paths = new Map<string, number>();
    let system: number | undefined;
    host.disks?.forEach((disk, index) => {
      const path = ['hosts', name, 'disks', index];
      if ((disk.path === undefined) === (disk.rule === undefined)) {
        const message =
          disk.path === undefined ? 'neither path nor rule is given' : 'path and rule are both given';
        const hint = 'say which disk by one of: path: /dev/disk/by-id/…, rule: smallest';
        check.report({ code: 'disk-choice', path, message, hint });
      }
      checkRule(check, checked, disk, index, mirrored);
      const first = disk.path === undefined ? undefined : paths.get(disk.path);
      if (first !== undefined) {
        const also = [{ message: 'first here', path: ['hosts', name, 'disks', first, 'path'] }];
        check.report({
          code: 'disk-duplicate',
          path: [...path, 'path'],
          message: 'this disk is there twice',
          also,
        });
      }
      if (disk.path !== undefined && first === undefined) paths.set(disk.path, index);
      if ((disk.use ?? 'system') === 'system') {
        if (system !== undefined && !mirrored) {
          const also = [{ message: 'the first', path: ['hosts', name, 'disks', system] }];
          check.report({
            code: 'disk-system-twice',
            path,
            message: 'a second system disk',
            hint: 'write use: storage, or install.recipe: raid1',
            also,
          });
        }
        system ??= index;
      }
    });
  }
}

const UNITS: Record<string, number> = { M: 1, G: 1000, T: 1_000_000 };
const inMegabytes = (size: string): number => Number(size.slice(0, -1)) * (UNITS[size.slice(-1)] ?? 1);

/** Sizes and counts belong to a rule, and several system disks to a mirror. */
function checkRule(check: Check, { name }: CheckedHost, disk: Disk, index: number, mirrored: boolean): void {
  const path = ['hosts', name, 'disks', index];
  if (disk.path !== undefined && disk.rule === undefined) {
    for (const key of ['count', 'min_size', 'max_size'] as const) {
      if (disk[key] === undefined) continue;
      const message = `${key} is of a rule, and this disk is named`;
      check.report({ code: 'disk-rule', path: [...path, key], message, hint: `take ${key} out` });
    }
    return;
  }
  const { min_size: min, max_size: max, count = 1 } = disk;
  if (min !== undefined && max !== undefined && inMegabytes(min) > inMegabytes(max)) {
    const message = `no disk has at least ${min} and at most ${max}`;
    check.report({ code: 'disk-size', path: [...path, 'max_size'], message });
  }
  if (count > 1 && (disk.use ?? 'system') === 'system' && !mirrored) {
    const message = `${count} system disks, and the recipe uses one`;
    const hint = 'write install.recipe: raid1, or leave count out';
    check.report({ code: 'disk-count', path: [...path, 'count'], message, hint });
  }
}
