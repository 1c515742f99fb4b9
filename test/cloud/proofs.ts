import { dashboard } from './dashboard.ts';
import { growth } from './growth.ts';
import { migration } from './migration.ts';
import { type Cloud, doctor, floating, images, network, samples, servers, stack, volume } from './proof.ts';

/** Something that a user does with a cloud; says what came of it. */
export interface Proof {
  name: string;
  prove(cloud: Cloud): Promise<string>;
  /** It may be made a second time. */
  again?: boolean;
}

/** Each on those before it. */
export const PROOFS: Proof[] = [
  { name: 'images', prove: images },
  { name: 'network', prove: network },
  { name: 'servers', prove: servers },
  { name: 'floating address', prove: floating },
  { name: 'volume', prove: volume },
  { name: 'stack', prove: stack },
  { name: 'samples', prove: samples },
  { name: 'another compute node', prove: growth, again: true },
  { name: 'live migration', prove: migration, again: true },
  { name: 'dashboard', prove: dashboard, again: true },
  { name: 'doctor', prove: doctor, again: true },
];
