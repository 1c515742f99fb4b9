import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { across, type Link } from '../lab/links.ts';
import { type Outcome, runScenarios } from './runner.ts';
import type { StandingScenario } from './scenario.ts';
import type { Trial } from './trial.ts';

/** Whole numbers from 0 to below `limit`, the same ones for the same seed (a linear congruence of Numerical Recipes). */
export function dice(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

interface Fault {
  text: string;
  act(trial: Trial): Promise<unknown>;
}

const DAEMONS = ['mariadbd', 'beam.smp', 'corosync', 'pacemakerd', 'haproxy', 'redis-server'];

/**
 * Faults as a throw of dice has them. A disk is lost only while both others have been healthy since the
 * last such loss: what two lost disks at once take with them is not the fleet's to bring back.
 */
function fault(throwDice: (limit: number) => number, names: string[], mayWipe: boolean): Fault {
  const name = names[throwDice(names.length)] ?? '';
  const other = names[(names.indexOf(name) + 1 + throwDice(names.length - 1)) % names.length] ?? '';
  const daemon = DAEMONS[throwDice(DAEMONS.length)] ?? '';
  const kind = throwDice(12);
  const pause = 1000 * throwDice(30);
  const host = (trial: Trial) => trial.host(name);
  switch (kind) {
    case 0:
      if (mayWipe) return { text: `wipe ${name}`, act: (trial) => host(trial).wipe() };
      return { text: `power cut of ${name}`, act: (trial) => host(trial).powerCut() };
    case 1:
    case 2:
      return { text: `power cut of ${name}`, act: (trial) => host(trial).powerCut() };
    case 3:
      return {
        text: 'power cut of all',
        act: (trial) => Promise.all(trial.controllers.map((one) => one.powerCut())),
      };
    case 4:
      return { text: `reboot ${name}`, act: (trial) => whenOn(trial, name, () => host(trial).reboot()) };
    case 5:
    case 6:
      return {
        text: `kill -9 ${daemon} on ${name}`,
        act: (trial) => host(trial).exec(['pkill', '-KILL', '-x', daemon]),
      };
    case 7:
      return {
        text: `SIGSTOP ${daemon} on ${name} for ${pause / 1000} s`,
        async act(trial) {
          await host(trial).exec(['pkill', '-STOP', '-x', daemon]);
          await sleep(pause);
          await host(trial).exec(['pkill', '-CONT', '-x', daemon]);
        },
      };
    case 8:
      return cut(`${name} cut off from ${other}`, [[name, other]], false);
    case 9:
      return cut(
        `${name} cut off from all`,
        across(
          [name],
          names.filter((one) => one !== name),
        ),
        false,
      );
    case 10:
      return cut(`what ${name} sends to ${other} is lost`, [[name, other]], true);
    default:
      return {
        text: `power of ${name} on`,
        act: (trial) => host(trial).powerOn(),
      };
  }
}

function cut(text: string, links: Link[], oneWay: boolean): Fault {
  return { text, act: (trial) => trial.lab.partition(links, { oneWay }) };
}

async function whenOn(trial: Trial, name: string, act: () => Promise<void>): Promise<void> {
  if (await trial.host(name).isOn()) await act();
}

/** One round: some faults, seconds apart, then everything stops and the fleet must mend itself. */
function round(throwDice: (limit: number) => number, number: number): StandingScenario {
  const count = 1 + throwDice(5);
  return {
    name: `round-${number}`,
    summary: `${count} faults`,
    begins: 'standing',
    async run(trial) {
      const names = trial.controllers.map(({ name }) => name);
      let mayWipe = true;
      for (let turn = 0; turn < count; turn++) {
        const { text, act } = fault(throwDice, names, mayWipe);
        if (text.startsWith('wipe')) mayWipe = false;
        trial.say(text);
        await act(trial);
        const pause = throwDice(20);
        await sleep(pause * 1000);
        if (throwDice(3) === 0) await trial.lab.heal();
      }
    },
  };
}

/** Rounds of faults until the time is over or one fails. The same seed throws the same faults. */
export async function campaign(lab: Lab, seed: number, minutes: number): Promise<Outcome[]> {
  const throwDice = dice(seed);
  const end = Date.now() + minutes * 60_000;
  const outcomes: Outcome[] = [];
  let stands = false;
  for (let number = 1; Date.now() < end; number++) {
    const [outcome] = await runScenarios(lab, [round(throwDice, number)], { stands });
    if (!outcome) break;
    outcomes.push({ ...outcome, name: `seed ${seed} ${outcome.name}` });
    if (outcome.problem !== undefined) break;
    stands = true;
  }
  return outcomes;
}
