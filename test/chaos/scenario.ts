import type { Trial } from './trial.ts';
import type { Workload } from './workload.ts';

/**
 * Something that happens to a fleet. `blank`: all is off and every disk is empty when it begins.
 * `standing`: all controllers are healthy, rows are written and messages sent all the time. When it
 * ends, whoever runs it heals what is cut, switches on what is off, waits until all controllers are
 * healthy, and reads back everything that was acknowledged.
 */
export type Scenario = BlankScenario | StandingScenario;

interface Named {
  name: string;
  /** One line: what is done, and what must hold besides. */
  summary: string;
}

export interface BlankScenario extends Named {
  begins: 'blank';
  run(trial: Trial): Promise<void>;
}

export interface StandingScenario extends Named {
  begins: 'standing';
  run(trial: Trial, workload: Workload): Promise<void>;
}
