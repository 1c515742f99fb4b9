import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Edit, insert, otherSeeds, ownSeeds } from '../generation.ts';
import { openPublication, type Publication } from '../publication.ts';
import type { StandingScenario } from '../scenario.ts';
import { expect, type Trial, until } from '../trial.ts';
import { CONNECTIONS, connections, fewerConnections, takeEach } from './live.ts';

/** Seconds: between two looks, and in which a host has to be healthy with a new seed. */
const [INTERVAL, PATIENCE] = [10, 120];

const ROLES = ['controller', 'pull', 'pull-controller'];

const pulls =
  (url: string): Edit =>
  (inventory) => {
    inventory.setIn(['groups', 'controllers', 'roles'], ROLES);
    inventory.setIn(['groups', 'controllers', 'settings', 'pull'], {
      url,
      interval: INTERVAL,
      patience: PATIENCE,
    });
  };

/** A role whose only component never converges. It is harmless. */
function brokenRole(folder: string): Edit {
  const component = join(folder, 'components/broken');
  mkdirSync(component, { recursive: true });
  mkdirSync(join(folder, 'roles'), { recursive: true });
  writeFileSync(join(component, 'component.yaml'), 'summary: never converges\n');
  for (const script of ['converge', 'health'])
    writeFileSync(join(component, `${script}.sh`), '#!/bin/bash\necho "broken on purpose" >&2\nexit 1\n', {
      mode: 0o755,
    });
  writeFileSync(
    join(folder, 'roles/broken.yaml'),
    'summary: never converges\nlisted: false\ncount: any\ncomponents: [broken]\n',
  );
  return (inventory) => {
    inventory.set('library', [folder]);
    inventory.setIn(['groups', 'controllers', 'roles'], [...ROLES, 'broken']);
  };
}

/** A host: the highest generation that it has taken, whether it is healthy, and whether it has its turn. */
interface Stand {
  name: string;
  generation: number;
  healthy: boolean;
  turn: boolean;
}

async function standing(trial: Trial): Promise<Stand[]> {
  return Promise.all(
    trial.controllers.map(async (host) => {
      const { stdout } = await host.script(`cat /var/lib/stackseed/generation
        test -e /run/stackseed/ready; echo $?
        test -e /var/lib/stackseed/pull.json; echo $?`);
      const [generation = '', healthy, turn] = stdout.split('\n');
      return {
        name: host.name,
        generation: Number(generation),
        healthy: healthy === '0',
        turn: turn === '0',
      };
    }),
  );
}

/** Publishes seeds, and waits until all controllers have them. No two of them may be away at one moment. */
async function rollOut(trial: Trial, publication: Publication, out: string): Promise<void> {
  const before = await standing(trial);
  await publication.publish(out);
  const began = Date.now();
  const told = new Set<string>();
  await until(
    600,
    'all controllers have taken the seeds that were published, and are healthy',
    async () => {
      const now = await standing(trial);
      const away = now.filter(({ healthy }) => !healthy).map(({ name }) => name);
      expect(away.length <= 1, `${away.join(' and ')} are not healthy at one moment`);
      for (const [index, { name, generation, healthy, turn }] of now.entries())
        if (healthy && !turn && generation > (before[index]?.generation ?? 0) && !told.has(name)) {
          told.add(name);
          trial.say(`${name} took it ${((Date.now() - began) / 1000).toFixed(0)} s after it was published`);
        }
      return told.size === now.length;
    },
    500,
  );
}

export const pull: StandingScenario[] = [
  {
    name: 'live-pull',
    summary:
      'seeds are published, and each controller takes its own in its turn with nobody logged in; with one seed no host becomes healthy, so the first one that takes it is the only one, until a better seed is published',
    begins: 'standing',
    async run(trial, workload) {
      const publication = await openPublication(trial);
      try {
        const role = pulls(publication.url);
        await takeEach(trial, await otherSeeds(trial, 'pull', role));
        await trial.converged(400);
        await rollOut(trial, publication, await otherSeeds(trial, 'pull-setting', role, fewerConnections));
        const found = await connections(trial);
        expect(
          found.every((each) => each === CONNECTIONS),
          `the databases have ${found.join(', ')} connections`,
        );
        await workload.writing(120);
        await stopsAtTheFirst(trial, publication, role);
        await workload.writing(120);
        const good = await otherSeeds(trial, 'pull-mended', role, fewerConnections);
        await rollOut(trial, publication, good);
        await trial.converged(400);
        await insert(
          trial,
          good,
          trial.controllers.map(({ name }) => name),
        );
      } finally {
        publication.stop();
        await ownSeeds(trial);
      }
    },
  },
];

/** One takes the bad seed; then all others keep theirs, for long after the time that it had to become healthy. */
async function stopsAtTheFirst(trial: Trial, publication: Publication, role: Edit): Promise<void> {
  const before = await standing(trial);
  const library = join(trial.lab.folder, 'generations/broken-library');
  await publication.publish(
    await otherSeeds(trial, 'pull-broken', role, fewerConnections, brokenRole(library)),
  );
  const took = async () =>
    (await standing(trial)).filter(({ generation }, index) => generation > (before[index]?.generation ?? 0));
  await until(120, 'one controller has taken the bad seed', async () => (await took()).length > 0);
  const [host] = await took();
  trial.say(`${host?.name} took the bad seed`);
  await sleep((PATIENCE + 60) * 1000);
  const all = await took();
  expect(all.length === 1, `${all.map(({ name }) => name).join(', ')} took the bad seed`);
  const other = trial.controllers.find(({ name }) => name !== host?.name);
  const { stdout } = (await other?.exec(['stackseed-node', 'doctor'], { timeout: 60 })) ?? { stdout: '' };
  const says = `${host?.name} has taken a new seed and is not healthy with it`;
  expect(stdout.includes(says), `the doctor says nothing of it:\n${stdout}`);
  trial.say('nobody else took it, and the doctor says why');
}
