import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nearest } from '../document/nearest.ts';
import { readInventory } from '../inventory/read.ts';
import { emptyLock, type Lock, parseLock } from '../plan/lock.ts';
import { makePlan } from '../plan/plan.ts';
import { type Finding, FindingsError } from '../report/finding.ts';
import type { Fleet, FleetPaths, LoadOptions } from './types.ts';

/**
 * Reads an inventory with its lock and library and plans the fleet. Throws a FindingsError with all
 * that was found when there is an error among it, or a warning in strict mode.
 */
export async function loadFleet(inventoryFile: string, options: LoadOptions = {}): Promise<Fleet> {
  const paths = pathsOf(inventoryFile, options);
  const { inventory, library, document, findings } = await readInventory(inventoryFile, options);
  const lock = readLock(paths.lock, findings);
  if (!inventory || !library || !lock) throw new FindingsError(findings);
  findings.push(...unknownHosts(options.hosts ?? [], Object.keys(inventory.hosts)));
  refuse(findings, options.strict);
  const only = options.hosts && new Set(options.hosts);
  const names = only ?? new Set(Object.keys(inventory.hosts));
  const planned = makePlan(inventory, library, lock, {
    ...(options.platform && { platform: options.platform }),
    ...(only && { only }),
    ...(options.explain && { explain: names }),
  });
  findings.push(...planned.findings);
  refuse(findings, options.strict);
  const { plan, addresses } = planned;
  const lockFound = existsSync(paths.lock);
  return { paths, document, inventory, library, lock, plan, addresses, lockFound, findings };
}

export function pathsOf(inventory: string, options: LoadOptions): FleetPaths {
  const folder = dirname(inventory);
  return {
    inventory,
    secrets: options.secrets ?? join(folder, 'secrets.yaml'),
    lock: options.lock ?? join(folder, 'stackseed.lock'),
  };
}

/** Throws when something stands in the way: an error, or in strict mode a warning. */
export function refuse(findings: Finding[], strict = false): void {
  const errors = strict ? findings.map((one): Finding => ({ ...one, severity: 'error' })) : findings;
  if (errors.some((finding) => finding.severity === 'error')) throw new FindingsError(errors);
}

function readLock(file: string, findings: Finding[]): Lock | undefined {
  if (!existsSync(file)) return emptyLock();
  const { lock, findings: ofLock } = parseLock(file, readFileSync(file, 'utf8'));
  findings.push(...ofLock);
  return lock;
}

function unknownHosts(wanted: string[], known: string[]): Finding[] {
  return wanted
    .filter((name) => !known.includes(name))
    .map((name): Finding => {
      const near = nearest(name, known);
      return {
        severity: 'error',
        code: 'unknown-host',
        path: 'hosts',
        message: `the inventory has no host ${JSON.stringify(name)}`,
        ...(near && { hint: `did you mean ${near}?` }),
      };
    });
}
