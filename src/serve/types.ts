import type { Arm } from '../netboot/index.ts';

/** What the boot server knows and keeps. Times are milliseconds since 1970 by its own clock. */

/** What the boot server may do to the tree; it is all that still runs with the rights of who started it. */
export interface Tree {
  arms(): readonly Arm[];
  /** Takes the host's files away and has its machine boot its disk. */
  disarm(host: string): Promise<void>;
  end(): Promise<void>;
}

/** How far a machine is, in the order of a machine that installs itself. */
export const STAGES = ['disk', 'asked', 'loads', 'installs', 'copies', 'installed', 'home'] as const;
export type Stage = (typeof STAGES)[number];

/** What a host's own report came to. */
export type NodeState = 'healthy' | 'converging' | 'silent';

/** Something that was seen of a host. */
export type Happening = { at: number; host: string } & (
  | { kind: 'stage'; stage: Stage; address?: string }
  | { kind: 'node'; node: NodeState }
  | { kind: 'line'; text: string }
);

export interface Line {
  at: number;
  text: string;
}

/** All that is remembered of a host. */
export interface HostRecord {
  stage?: Stage;
  /** Since when it is in that stage. */
  stageAt: number;
  /** Where it asked from last. */
  address?: string;
  node?: NodeState;
  nodeAt: number;
  /** What it said last, oldest first. */
  lines: Line[];
}
