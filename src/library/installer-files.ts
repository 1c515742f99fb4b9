import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstallerFiles } from './types.ts';

/** Comes with stackseed: two folders up from here both in src/ and in dist/. */
const FOLDER = fileURLToPath(new URL('../../preseed', import.meta.url));

let known: InstallerFiles | undefined;

/** Reads preseed/, once: it does not change while the program runs. */
export function loadInstallerFiles(): InstallerFiles {
  known ??= {
    preseed: {
      path: '/preseed.cfg',
      source: join(FOLDER, 'preseed.cfg.ejs'),
      template: true,
      content: readFileSync(join(FOLDER, 'preseed.cfg.ejs')),
      rule: { mode: '0600', owner: 'root', group: 'root' },
      lay: 'direct',
    },
    early: readFileSync(join(FOLDER, 'early.sh'), 'utf8'),
    late: readFileSync(join(FOLDER, 'late.sh'), 'utf8'),
  };
  return known;
}
