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
  /** The value of a secret that the component declares; of another host where its rule says `of` and a host is named. */
  secret(component: string, label: string, host?: string): string;
  /** The host's certificate of a label that the component declares. */
  certificate(component: string, label: string): Certificate;
  /** The certificate of the fleet's authority, PEM. */
  authority(): string;
  /** Who may sign the fleet's seeds, as a line for ssh-keygen. */
  signer(): string;
  /** On the hosts that belong to it. */
  cluster?: Cluster;
}
