import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomic } from '../pack/atomic-write.ts';
import { happeningsOf, note, parseHappening, type Records } from './records.ts';
import type { Happening } from './types.ts';

const NAME = 'happenings.jsonl';

/** Bytes that are appended before the file is written anew with what still counts. */
const LONGEST = 4 * 1024 * 1024;

/** Milliseconds that happenings wait for others, so that many share one write. */
const GATHER = 20;

export interface Journal {
  records: Records;
  /** Notes a happening; resolves when it is on the disk, with whether it changed anything. */
  note(happening: Happening): Promise<boolean>;
  end(): Promise<void>;
}

/**
 * What was seen of the hosts, in a file of JSON lines that is appended to and forced to the disk. A line that a
 * power cut tore is left out when it is read. docs/decisions.md says why it is no database.
 * @param seen is told of each happening that changed a record
 */
export async function openJournal(folder: string, seen: (host: string) => void): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, NAME);
  const records: Records = new Map();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n')) {
    const happening = parseHappening(line);
    if (happening) note(records, happening);
  }
  const whole = () =>
    happeningsOf(records)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join('');
  await writeAtomic(path, whole());
  let file = await open(path, 'a');
  let length = 0;
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;

  const write = async () => {
    await new Promise((resolve) => setTimeout(resolve, GATHER));
    const lines = waiting.join('');
    waiting = [];
    writing = undefined;
    length += lines.length;
    if (length > LONGEST) {
      await file.close();
      await writeAtomic(path, whole());
      file = await open(path, 'a');
      length = 0;
      return;
    }
    await file.appendFile(lines);
    await file.datasync();
  };
  let last: Promise<void> = Promise.resolve();
  return {
    records,
    async note(happening) {
      if (!note(records, happening)) return false;
      seen(happening.host);
      waiting.push(`${JSON.stringify(happening)}\n`);
      if (!writing) {
        // One after another, also where the disk is slow.
        writing = last.then(write);
        last = writing.catch(() => {});
      }
      await writing;
      return true;
    },
    async end() {
      await writing?.catch(() => {});
      await last;
      await file.close();
    },
  };
}
