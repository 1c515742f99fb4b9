import type { Check } from './context.ts';

export function checkDisks(check: Check): void {
  for (const { name, host } of check.hosts) {
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
        if (system !== undefined) {
          const also = [{ message: 'the first', path: ['hosts', name, 'disks', system] }];
          check.report({
            code: 'disk-system-twice',
            path,
            message: 'a second system disk',
            hint: 'write use: storage',
            also,
          });
        }
        system ??= index;
      }
    });
  }
}
