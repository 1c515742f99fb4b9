import { setTimeout as sleep } from 'node:timers/promises';
import type { BlankScenario } from '../scenario.ts';
import type { Trial } from '../trial.ts';
import { startWorkload } from '../workload.ts';

/** Room for three copies of the database's own files, which is what a join takes at its worst. */
const SIZE = '6G';
/** Seconds without a byte of room. */
const FULL = 90;

/** Takes what is left, the reserve of root included; a loop, for programs that end give back what they had. */
const FILL = `
number=0
end=$((SECONDS + ${FULL}))
while [ "$SECONDS" -lt "$end" ]; do
  free=$(df --output=avail -k / | tail -n 1)
  [ "$free" -lt 1024 ] || fallocate -l "$((free - 512))K" "/filler.$number" 2>/dev/null || true
  head -c 64M /dev/zero >"/filler.$number.rest" 2>/dev/null || true
  number=$((number + 1))
  sleep 1
done`;

async function fill(trial: Trial, name: string): Promise<void> {
  trial.say(`the disk of ${name} is full`);
  await trial.host(name).exec(['bash', '-s'], { input: FILL, timeout: FULL + 60 });
  const left = await trial.host(name).must(['df', '--output=avail', '-k', '/']);
  trial.say(`after ${FULL} s ${left.split('\n')[1]?.trim()} KB are left`);
}

async function empty(trial: Trial, name: string): Promise<void> {
  await trial.host(name).exec(['bash', '-c', 'rm -f /filler.*']);
  trial.say(`the disk of ${name} has room again`);
}

/** All daemons of a host are on its disk. The second time is the holder of the virtual address's. */
export const disk: BlankScenario[] = [
  {
    name: 'full-disk',
    summary: `the disk of one controller is full for ${FULL} s, then that of the holder of the virtual address: rows go on`,
    begins: 'blank',
    async run(trial) {
      for (const host of trial.controllers) await host.wipe(SIZE);
      await Promise.all(trial.controllers.map((host) => host.powerOn()));
      await trial.converged(400);
      const workload = await startWorkload(trial);
      try {
        const [holder] = await trial.lab.arp('manage', trial.vip, 2);
        const other = trial.controllers.find(({ name }) => name !== holder)?.name;
        for (const name of [other, holder]) {
          if (!name) throw new Error('nobody answers for the virtual address');
          await workload.writing(60);
          await fill(trial, name);
          await workload.writing(60);
          await empty(trial, name);
          await trial.converged(400);
        }
        await sleep(3000);
        const { rows, messages, gap } = await workload.verify();
        trial.say(`all there: ${rows} rows, ${messages} messages; longest pause ${gap} ms`);
      } finally {
        await workload.stop();
      }
    },
  },
];
