import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot } from '../images/chroot.ts';
import type { Ran } from '../images/run.ts';

/**
 * Asks a program of the root what it says of each text: `command` is run by bash with the text's
 * file as "$1" and an empty folder for what it makes as "$2". Equal texts are asked about once.
 * The answer is by the texts' names.
 */
export async function judgeTexts(
  root: string,
  texts: Map<string, string>,
  command: string,
): Promise<Map<string, Ran>> {
  const different = [...new Set(texts.values())];
  const over = await mkdtemp(join(tmpdir(), 'stackseed-judge-'));
  try {
    await mkdir(join(over, 'judged'));
    await Promise.all(different.map((text, at) => writeFile(join(over, 'judged', String(at)), text)));
    const script = askAll(command, different.length);
    const answers = byPlace(await inRoot(root, script, over));
    return new Map(
      [...texts].map(([name, text]) => [name, answers.get(different.indexOf(text)) ?? unanswered]),
    );
  } finally {
    await rm(over, { recursive: true, force: true });
  }
}

const unanswered: Ran = { code: 255, stdout: '', stderr: 'the judge gave no answer' };

/**
 * Two at a time, but for the first: cloud-init leaves notes for its later runs, and two that meet none at once
 * get into each other's way. The answers come back encoded, one a line, since they may hold anything.
 */
function askAll(command: string, count: number): string {
  return `
set -u
mkdir -p /answers
cat > /ask <<'COMMAND'
${command}
COMMAND
one() {
  mkdir "/answers/$1"
  bash /ask "/judged/$1" "/answers/$1" > "/answers/$1.out" 2> "/answers/$1.err" < /dev/null
  echo "$1 $? =$(base64 -w0 "/answers/$1.out") =$(base64 -w0 "/answers/$1.err")" > "/answers/$1.answer"
}
export -f one
one 0
seq 1 ${count - 1} | xargs -P 2 -I{} bash -c 'one {}'
cat /answers/*.answer
`;
}

function byPlace(ran: Ran): Map<number, Ran> {
  if (ran.code !== 0) throw new Error(`the judges' root failed: ${ran.stderr}`);
  const decoded = (field = '') => Buffer.from(field.slice(1), 'base64').toString('utf8');
  const lines = ran.stdout.split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [at, code, stdout, stderr] = line.split(' ');
      return [Number(at), { code: Number(code), stdout: decoded(stdout), stderr: decoded(stderr) }];
    }),
  );
}

/** What the judge did not like, with the names of the texts; empty when all passed. */
export function objections(answers: Map<string, Ran>, fine: (ran: Ran) => boolean): string {
  const bad = [...answers].filter(([, ran]) => !fine(ran));
  return bad
    .map(([name, ran]) => `${name}: exit code ${ran.code}\n${ran.stdout}${ran.stderr}`.trimEnd())
    .join('\n');
}
