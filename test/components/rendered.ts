import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inventorySchema } from '../../src/inventory/schema.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { emptyLock } from '../../src/plan/lock.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { componentFiles } from '../../src/render/component.ts';
import { example } from '../fixtures.ts';
import { pretendGiven } from '../given.ts';

const { library } = loadLibrary([]);

export const memo = readFileSync(example('memo'), 'utf8');

/** Text of a file of a host, as the templates of its components make it from an inventory. */
export function rendered(inventory: string, host: string, path: string): string {
  const { plan } = makePlan(inventorySchema.parse(parse(inventory)), library, emptyLock());
  const found = plan.hosts.find((one) => one.name === host);
  const texts = (found?.components ?? []).flatMap((name) => {
    const component = library.components.get(name);
    const file = component?.files.find((one) => one.path === path);
    if (!found || !component || !file) return [];
    return componentFiles(
      { ...component, files: [file] },
      found,
      plan.fleet,
      library,
      pretendGiven(plan, found),
    );
  });
  if (texts.length !== 1) throw new Error(`${host} has ${texts.length} files ${path}`);
  return texts[0]?.content.toString() ?? '';
}
