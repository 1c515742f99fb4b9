import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { inventorySchema } from '../../src/inventory/schema.ts';
import { loadLibrary } from '../../src/library/load.ts';
import { emptyLock } from '../../src/plan/lock.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { componentFiles } from '../../src/render/component.ts';
import { example } from '../fixtures.ts';
import { pretendGiven } from '../given.ts';

const { library } = loadLibrary([]);
const { plan } = makePlan(
  inventorySchema.parse(parse(readFileSync(example('cloud'), 'utf8'))),
  library,
  emptyLock(),
);

/** Users in Keystone whose id is kept elsewhere: trusts are given to Heat's, and Gnocchi names resources by Ceilometer's. */
const ALONE = ['heat-service', 'ceilometer-service'];
const PASSWORD = /\b([a-z]+)-(?:database|broker|service)$/;

/** Every file of the cloud's hosts, as after the first rotation of all passwords, each of which is its label. */
function* files(): Generator<{ host: string; path: string; text: string }> {
  for (const host of plan.hosts) {
    const rules = new Map(host.secrets.map((use) => [use.label, use]));
    const given = {
      ...pretendGiven(plan, host, (_, label) => label),
      account: (_: string, label: string, name: string) =>
        rules.get(label)?.alternates ? `${name}-2` : name,
    };
    for (const name of host.components) {
      const component = library.components.get(name);
      if (!component) throw new Error(name);
      for (const { path, content } of componentFiles(component, host, plan.fleet, library, given))
        yield { host: host.name, path, text: content.toString() };
    }
  }
}

test("a password of one of OpenStack's accounts is never without the account it belongs to", () => {
  const seen = new Map<string, number>();
  const found = (label: string, account: string | undefined, where: string) => {
    const name = PASSWORD.exec(label)?.[1] ?? '';
    assert.is(account, ALONE.includes(label) ? name : `${name}-2`, `${label} ${where}`);
    seen.set(label, (seen.get(label) ?? 0) + 1);
  };
  for (const { host, path, text } of files()) {
    const where = `in ${path} of ${host}`;
    let account: string | undefined;
    for (const line of text.split('\n')) {
      for (const [, user, label = ''] of line.matchAll(/([\w-]+):([a-z]+-(?:database|broker))@/g))
        found(label, user, where);
      const [, key, value = ''] = /^(username|password) = (.*)$/.exec(line) ?? [];
      if (key === 'username') account = value;
      if (key === 'password' && PASSWORD.test(value)) found(value, account, where);
    }
    const [, name, kind] =
      /^\/etc\/stackseed\/openstack\/(\w+)\.(database|broker|catalogue\.json)$/.exec(path) ?? [];
    if (kind === 'catalogue.json') found(`${name}-service`, JSON.parse(text).user, where);
    else if (kind) assert.is(text, `${name}-2\n${name}-${kind}\n`);
  }
  const labels = new Set(plan.hosts.flatMap((host) => host.secrets.map(({ label }) => label)));
  assert.equal([...seen.keys()].sort(), [...labels].filter((label) => PASSWORD.test(label)).sort());
});

test.run();
