import type { Scenario } from './scenario.ts';
import { boot } from './scenarios/boot.ts';
import { daemons } from './scenarios/daemons.ts';
import { disk } from './scenarios/disk.ts';
import { live } from './scenarios/live.ts';
import { outage } from './scenarios/outage.ts';
import { partition } from './scenarios/partition.ts';
import { pull } from './scenarios/pull.ts';
import { seeds } from './scenarios/seeds.ts';
import { wipe } from './scenarios/wipe.ts';

/** Every scenario that has a name. */
export const catalogue: Scenario[] = [
  ...boot,
  ...outage,
  ...wipe,
  ...daemons,
  ...disk,
  ...partition,
  ...live,
  ...pull,
  ...seeds,
];

/** Those whose name is the pattern, in which `*` stands for anything. */
export function chosen(pattern: string): Scenario[] {
  const escaped = pattern.split('*').map((part) => part.replace(/[^a-zA-Z0-9-]/g, '\\$&'));
  const whole = new RegExp(`^${escaped.join('.*')}$`);
  return catalogue.filter(({ name }) => whole.test(name));
}
