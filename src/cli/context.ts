import { join } from 'node:path';
import type { LoadOptions } from '../generate/types.ts';

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** All that a run of the command line touches of its surroundings; tests give their own. */
export interface Surroundings {
  stdout: Output;
  stderr: Output;
  env: Record<string, string | undefined>;
  /** Relative names of files start here. */
  cwd: string;
  /** Aborted when the user interrupts. */
  signal?: AbortSignal;
}

/** How this run speaks; set from its options before its command starts. */
export interface Context extends Surroundings {
  quiet: boolean;
  json: boolean;
  /** Colour on standard error, where findings go. */
  color: boolean;
}

/** Options that most commands share, as commander hands them over. */
export interface FleetOptions {
  inventory?: string;
  secrets?: string;
  lock?: string;
  platform?: string;
  strict?: boolean;
  json?: boolean;
}

/**
 * Colour where asked for, else where NO_COLOR (no-color.org: present and not empty) does not forbid it and a
 * terminal is listening.
 */
export function wantsColor(asked: boolean | undefined, { env, stderr }: Surroundings): boolean {
  if (asked !== undefined) return asked;
  if (env['NO_COLOR']) return false;
  return Boolean(stderr.isTTY) && env['TERM'] !== 'dumb';
}

/** A file name of the user's: as it was written where that leads to the file, which reads best in findings. */
export function fileFrom({ cwd }: Surroundings, name: string): string {
  return cwd === process.cwd() || name.startsWith('/') ? name : join(cwd, name);
}

export function inventoryFile(context: Surroundings, options: FleetOptions): string {
  return fileFrom(context, options.inventory ?? (context.env['STACKSEED_INVENTORY'] || 'inventory.yaml'));
}

export function loadOptions(context: Surroundings, options: FleetOptions): LoadOptions {
  return {
    ...(options.secrets && { secrets: fileFrom(context, options.secrets) }),
    ...(options.lock && { lock: fileFrom(context, options.lock) }),
    ...(options.platform && { platform: options.platform }),
    ...(options.strict && { strict: true }),
  };
}

export function writeJson({ stdout }: Surroundings, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
