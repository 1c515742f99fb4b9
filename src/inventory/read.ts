import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkSchema, inFileOrder } from '../document/check-schema.ts';
import { prune } from '../document/prune.ts';
import { readYaml } from '../document/read-yaml.ts';
import type { Document } from '../document/types.ts';
import { loadLibrary } from '../library/load.ts';
import type { Library } from '../library/types.ts';
import type { Finding } from '../report/finding.ts';
import { canonical } from './canonical.ts';
import { checkInventory } from './check/index.ts';
import { maskSecrets } from './mask.ts';
import { type Inventory, inventorySchema } from './schema.ts';

export interface ReadOptions {
  /** Platform to use for every host instead of what the inventory says. */
  platform?: string;
}

export interface ReadResult {
  /** Absent where there is an error. MAC addresses are in lower case with colons; maps have no prototype. */
  inventory?: Inventory;
  document: Document;
  /** Absent where the inventory could not be read at all. */
  library?: Library;
  /** In the order of the files: the inventory's first. */
  findings: Finding[];
}

/** Stand-ins for keys that must be there, so that the rest is checked in the same run. */
const STAND_INS = { fleet: 'fleet', domain: 'invalid', networks: {}, hosts: {} };

/** Reads an inventory and the libraries that it names, and checks all that can be said of it. Synchronous. */
export function readInventory(file: string, options: ReadOptions = {}): ReadResult {
  const document = readYaml(file);
  return checkDocument(document, dirname(file), options);
}

/** The same for a document that was read already; `folder` is what its library paths are relative to. */
export function checkDocument(document: Document, folder: string, options: ReadOptions = {}): ReadResult {
  const checked = checkSchema(document, inventorySchema);
  const findings = [...document.findings, ...checked.findings];
  const { value: whole, removed } = prune(document.value, inventorySchema, STAND_INS);
  if (!whole) return { document, findings: maskSecrets(document, findings) };
  const folders = libraryFolders(document, whole, folder, findings);
  const { library, findings: libraryFindings } = loadLibrary(folders);
  findings.push(
    ...checkInventory({
      document,
      inventory: whole,
      library,
      removed: [...removed, ...(document.leftOut ?? [])],
      options,
    }),
  );
  const sorted = maskSecrets(document, [...inFileOrder(findings), ...libraryFindings]);
  const failed = sorted.some((finding) => finding.severity === 'error');
  return {
    document,
    library,
    findings: sorted,
    ...(!failed && checked.value ? { inventory: canonical(checked.value) } : {}),
  };
}

function libraryFolders(
  document: Document,
  inventory: Inventory,
  folder: string,
  findings: Finding[],
): string[] {
  return (inventory.library ?? []).flatMap((name, index) => {
    const path = resolve(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
    const place = document.locate(['library', index]);
    findings.push({
      severity: 'error',
      code: 'library-missing',
      path: `library[${index}]`,
      message: `there is no folder ${name} beside the inventory`,
      ...(place && { place }),
    });
    return [];
  });
}
