import type { Document } from '../document/types.ts';
import type { Inventory } from '../inventory/schema.ts';
import type { Library } from '../library/types.ts';
import type { Addresses } from '../plan/draw.ts';
import type { Lock } from '../plan/lock.ts';
import type { Plan } from '../plan/types.ts';
import type { Finding } from '../report/finding.ts';
import type { Keys } from '../secrets/index.ts';

/** The operator's three files. Secrets and lock lie beside the inventory unless told otherwise. */
export interface FleetPaths {
  inventory: string;
  secrets: string;
  lock: string;
}

/** A fleet that was read and planned without an error. */
export interface Fleet {
  paths: FleetPaths;
  document: Document;
  inventory: Inventory;
  library: Library;
  lock: Lock;
  plan: Plan;
  addresses: Addresses;
  /** False where there was none, and `lock` is empty. */
  lockFound: boolean;
  /** Warnings only. */
  findings: Finding[];
}

export interface LoadOptions {
  secrets?: string;
  lock?: string;
  platform?: string;
  /** Hosts to plan; all when left out. Names that the inventory lacks are findings. */
  hosts?: string[];
  /** Note where each value of the planned hosts comes from. */
  explain?: boolean;
  /** Warnings are errors. */
  strict?: boolean;
}

export type IsoBuilderName = 'xorriso' | 'embedded';

export interface GenerateOptions extends LoadOptions {
  inventory: string;
  out: string;
  iso: boolean;
  /** What writes the ISOs: the program xorriso when left out, or this process. */
  isoBuilder?: IsoBuilderName;
  /** Remove the seeds of hosts that left the inventory. */
  prune: boolean;
  /** Write over files that somebody changed since they were generated. */
  overwrite?: boolean;
  /** Begin a new lock although the output folder tells that there was one. */
  newLock?: boolean;
  progress?: (done: number, total: number, host: string) => void;
  /** What opens an encrypted secrets file. */
  keys?: Keys;
  /** Ends the run: hosts under way are left as they were. */
  signal?: AbortSignal;
}

export interface HostOutcome {
  host: string;
  /** "created" and "changed" were written; "kept" was right already; "edited" was left, since files of it were changed. */
  outcome: 'created' | 'changed' | 'kept' | 'edited';
  /** Names of the files that somebody changed; only of "edited". */
  edited?: string[];
  /** Names of the files that were written. */
  written: string[];
  generation: number;
}

export interface GenerateReport {
  out: string;
  hosts: HostOutcome[];
  /** Folders of hosts that are not in the inventory any more. */
  stale: string[];
  pruned: string[];
  findings: Finding[];
}
