import type { Cluster } from '../plan/types.ts';

/** All three in PEM. */
export interface Certificate {
  certificate: string;
  key: string;
  /** The certificate of who signed it. */
  authority: string;
}

/** What the templates of a host are given beside its plan: whatever is made from the fleet's secrets. */
export interface Given {
  /**
   * The value of a secret that the component declares, and behind it another one that is taken as well, where its rule
   * says `overlaps` and it was rotated; of another host where its rule says `of` and a host is named.
   */
  secrets(component: string, label: string, host?: string): [shown: string, ...taken: string[]];
  /**
   * The account that the password of a label belongs to: `name`, or, where the label's rule says `alternates`, another one
   * after each rotation.
   */
  account(component: string, label: string, name: string): string;
  /** The host's certificate of a label that the component declares. */
  certificate(component: string, label: string): Certificate;
  /** Certificates of the fleet's authority, PEM: one, and two while it is replaced. */
  authority(): string;
  /** Who may sign the fleet's seeds, as lines for ssh-keygen. */
  signers(): string[];
  /** On the hosts that belong to it. */
  cluster?: Cluster;
}
