import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../fixtures.ts';
import type { Lab, LabHost } from '../lab/lab.ts';
import { breakAll } from './breaks.ts';
import { cutSteps } from './cuts.ts';
import { cloudAsItIs, cloudOf } from './proof.ts';
import { PROOFS } from './proofs.ts';
import { passwords, tokens } from './rotation.ts';
import { tempest } from './tempest.ts';

/** Seconds in which a cloud must stand on a machine of two cores. */
const PATIENCE = 2400;

let began = Date.now();

export function say(line: string): void {
  console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(8)} s  ${line}`);
}

/**
 * Power on of all hosts at one moment, until each says that it is ready. Packages are there; layers are built before. With
 * `cutting` the power goes in the middle of each thing that has to happen once.
 */
export async function bringUp(lab: Lab, cutting = false): Promise<number> {
  await lab.generate();
  const hosts = lab.fleet().hosts.map(({ name }) => lab.host(name));
  // The layers, so that the time is that of the fleet.
  await lab.prepare();
  began = Date.now();
  say(`power on of ${hosts.map(({ name }) => name).join(', ')}`);
  await lab.up(hosts.map(({ name }) => name));
  let over = false;
  const cuts = cutting ? cutSteps(lab, () => over, say) : undefined;
  try {
    await allReady(hosts);
  } finally {
    over = true;
  }
  const seconds = (Date.now() - began) / 1000;
  if (cuts) {
    const { cut, missed } = await cuts;
    say(`cut in the middle: ${cut.join(', ')}`);
    say(`over too soon to be cut: ${missed.join(', ') || 'none'}`);
  }
  await tellTimeline(lab);
  return seconds;
}

/** A host that is switched off and on again has to become ready again. */
async function allReady(hosts: LabHost[]): Promise<void> {
  const told = new Set<LabHost>();
  for (const end = Date.now() + PATIENCE * 1000; ; await sleep(500)) {
    const ready = await Promise.all(hosts.map((host) => host.has('/run/stackseed/ready')));
    for (const [index, host] of hosts.entries()) {
      if (ready[index] && !told.has(host)) say(`${host.name} is ready`);
      if (ready[index]) told.add(host);
      else told.delete(host);
    }
    if (ready.every(Boolean)) return;
    if (Date.now() > end) throw new Error(await unready(hosts.filter((_, index) => !ready[index])));
  }
}

async function unready(hosts: LabHost[]): Promise<string> {
  const told = hosts.map(async (host) => (await host.exec(['stackseed-node', 'status'])).stdout);
  return [`not ready after ${PATIENCE} s:`, ...(await Promise.all(told))].join('\n');
}

/** What took how long, as `stackseed timeline` tells it on a machine beside the hosts; its chart stays in timeline.svg. */
async function tellTimeline(lab: Lab): Promise<void> {
  const ask = async (...words: string[]): Promise<string> => {
    const program = join(root, 'src/cli/main.ts');
    const fleet = ['-i', lab.inventory(), '--secrets', join(lab.folder, 'secrets.yaml')];
    const lock = ['--lock', join(lab.folder, 'stackseed.lock')];
    const command = [process.execPath, '--import', 'tsx', program, 'timeline', ...fleet, ...lock, ...words];
    const { code, stdout, stderr } = await lab.switch.exec(command, { cwd: root });
    if (code !== 0) throw new Error(`stackseed timeline: ${stderr}`);
    return stdout;
  };
  console.log(await ask());
  await writeFile(join(lab.folder, 'timeline.svg'), await ask('--svg'));
}

export interface Use {
  /** The proofs that leave something behind were made already. */
  standing?: boolean;
  tempest?: boolean;
  rotate?: boolean;
  /** What is broken first, by a part of its name; undefined: nothing is broken. */
  breaking?: string | undefined;
}

/**
 * Has a user use the cloud, one proof after another, each on those before it; then perhaps secrets are rotated, and
 * tempest's smoke set run; then perhaps one thing after another is broken while a user goes on. Gives how many failed:
 * the first one ends it.
 */
export async function prove(lab: Lab, use: Use): Promise<number> {
  const cloud = use.standing ? await cloudAsItIs(lab) : cloudOf(lab);
  const proofs = PROOFS.filter(({ again }) => again || !use.standing);
  if (use.rotate)
    proofs.push(
      { name: 'another secret of tokens', prove: tokens },
      { name: 'other passwords', prove: passwords },
    );
  if (use.tempest) proofs.push({ name: 'tempest', prove: tempest });
  for (const { name, prove: show } of proofs) {
    try {
      say(`${name}: ${await show(cloud)}`);
    } catch (error) {
      say(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    }
  }
  return use.breaking === undefined ? 0 : breakAll(cloud, say, use.breaking);
}
