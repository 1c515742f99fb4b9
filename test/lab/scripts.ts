import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Path of a script of machine/. */
export function script(name: string): string {
  return join(here, 'machine', name);
}
