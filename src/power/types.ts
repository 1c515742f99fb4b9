import type { Secret } from '../secrets/index.ts';

/** What a machine is told to do: `pxe` and `cd` boot from there once, and start it for that. */
export const ACTS = ['on', 'off', 'cycle', 'pxe', 'cd', 'status'] as const;
export type Act = (typeof ACTS)[number];

/** The baseboard management controller of a host. */
export interface Bmc {
  host: string;
  /** As the inventory has it. */
  address: string;
  user: string;
  password: Secret;
  /** SHA-256 of its certificate, pairs of hex digits with colons in between, upper case. */
  fingerprint?: string;
  /** How its machine boots, where that is known; else it is left as it is. */
  firmware?: 'bios' | 'uefi';
}

export interface Order {
  act: Act;
  /** For `cd`: URL of what goes into the drive. */
  imageOf(host: string): string;
  /** Certificates of authorities that are trusted besides the system's, in PEM. */
  authorities: string[];
  /** Seconds that a BMC has for an answer, and a machine for being on or off. */
  timeout: number;
  signal?: AbortSignal;
}

/** Whether the machine has power afterwards, as its BMC says. */
export type Power = 'on' | 'off';

/** Something that a BMC refused or did not do; `hint` is what the operator can do about it. */
export class PowerError extends Error {
  override name = 'PowerError';
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
