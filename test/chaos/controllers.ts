import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { example } from '../fixtures.ts';
import { cacheFolder } from '../images/cache.ts';

/**
 * An inventory of the example's fleet with another number of controllers, 1 to 7: cnt1, cnt2 and so on, each with the
 * addresses and cards that the numbers of the first three go on with. Gives its path.
 */
export function withControllers(lab: string, count: number): string {
  if (count === 3) return example('memo');
  const document = parseDocument(readFileSync(example('memo'), 'utf8'));
  for (let number = 1; number <= 7; number++) {
    const name = `cnt${number}`;
    if (number > count) document.deleteIn(['hosts', name]);
    else if (!document.hasIn(['hosts', name])) document.setIn(['hosts', name], controller(number));
  }
  const folder = join(cacheFolder(), 'chaos');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${lab}.yaml`);
  writeFileSync(path, document.toString());
  return path;
}

function controller(number: number): object {
  const card = (network: number, address: string) => ({
    mac: `52:54:00:00:0${network}:5${number}`,
    address,
  });
  return {
    groups: ['controllers'],
    networks: { public: card(0, `192.168.0.5${number}`), manage: card(1, `192.168.1.5${number}`) },
  };
}
