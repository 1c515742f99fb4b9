import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from '../lab/lab.ts';

/** Seconds for one command; a cloud on two cores may take long for some. */
const COMMAND = 300;

/** The administrator's command line on a controller: what an operator has who logs in there. */
export interface Client {
  /** Gives what it prints. */
  run(...words: string[]): Promise<string>;
  /** Parses what `-f json` prints. */
  ask<T = Record<string, string>>(...words: string[]): Promise<T>;
  /** One field of what is shown. */
  field(name: string, ...words: string[]): Promise<string>;
}

export function clientOn(host: LabHost): Client {
  const openstack = (words: string[]) =>
    host.must(['bash', '-c', '. /root/openrc; exec openstack "$@"', 'openstack', ...words], {
      timeout: COMMAND,
    });
  return {
    run: (...words) => openstack(words),
    async ask(...words) {
      return JSON.parse(await openstack([...words, '-f', 'json']));
    },
    async field(name, ...words) {
      return (await openstack([...words, '-f', 'value', '-c', name])).trim();
    },
  };
}

/** Asks until it is so; the last answer is in the error. Gives the answer. */
export async function until<T>(
  seconds: number,
  what: string,
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(1000)) {
    const answer = await ask();
    if (holds(answer)) return answer;
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${what}: ${JSON.stringify(answer)}`);
  }
}
