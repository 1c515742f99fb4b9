import { setTimeout as sleep } from 'node:timers/promises';
import { type Trial, until } from '../chaos/trial.ts';
import { type Client, startClient } from './client.ts';
import { type Figure, median, told } from './figure.ts';
import { stand } from './fleet.ts';

/** Milliseconds between two knocks: how fine the figure is. */
const EVERY = 100;

/**
 * Power cut of the controller that holds the virtual address, until a connection to that address is taken
 * again: the first of those tried every tenth of a second. Beside it when the database behind it greets.
 */
export async function takeover(trial: Trial, times: number): Promise<Figure[]> {
  const opened: number[] = [];
  const greeted: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    await stand(trial);
    const client = await startClient(trial, 'knock', [trial.vip, '3306', String(EVERY)]);
    try {
      await until(60, 'the database greets', async () => client.lines().some((line) => line.startsWith('g')));
      // Elections that the last turn has left are over by then.
      await sleep(10_000);
      const [holder = ''] = await trial.lab.arp('manage', trial.vip, 2);
      const cut = Date.now();
      await trial.host(holder).powerCut();
      opened.push(await first(client, 'open', Date.now(), cut));
      greeted.push(await first(client, 'greeted', Date.now(), cut));
      trial.say(
        `takeover from ${holder}: ${told(opened.slice(-1), 2)} s, greeted ${told(greeted.slice(-1), 2)} s`,
      );
    } finally {
      await client.stop();
    }
  }
  return [
    {
      figure: `takeover of the virtual address, median of ${times}`,
      measured: median(opened),
      limit: 6,
      unit: 's',
      beside: `${told(opened)} s; the database greets after ${told(greeted)} s`,
    },
  ];
}

/** Seconds from `cut` until the first knock that began after `dead` was answered in that way. */
async function first(client: Client, word: string, dead: number, cut: number): Promise<number> {
  const found = (): number[] =>
    client
      .lines()
      .map((line) => line.split(' '))
      .filter(([kind, began]) => kind === word && Number(began) > dead)
      .map(([, , at]) => Number(at));
  await until(120, `${word} again`, async () => found().length > 0, 50);
  return (Math.min(...found()) - cut) / 1000;
}
