import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secrets/index.ts';
import { readReport } from './report.ts';
import type { Outcome } from './types.ts';

/**
 * A message between hosts: a line of JSON, then a line with the HMAC-SHA256 in hexadecimal over the kind of the
 * message, a newline, and the bytes of that line; the key is the text of the key file. The other side is
 * answer.py of component `report`.
 */
function signature(kind: 'request' | 'answer', key: Secret, line: Buffer): Buffer {
  const made = createHmac('sha256', key.reveal()).update(`stackseed ${kind} 1\n`).update(line).digest('hex');
  return Buffer.from(made);
}

export function packRequest(
  key: Secret,
  { host, nonce, sections }: { host: string; nonce: string; sections: string[] },
): string {
  const line = JSON.stringify({ v: 1, nonce, from: 'operator', to: host, sections, state: '' });
  return `${line}\n${signature('request', key, Buffer.from(line))}\n`;
}

/** What a host's bytes (one character each) are worth, as the answer to the request with that nonce. */
export function openAnswer(key: Secret, bytes: string, asked: { host: string; nonce: string }): Outcome {
  const [line = '', sent = '', rest] = bytes.split('\n');
  const raw = Buffer.from(line, 'latin1');
  const [is, should] = [Buffer.from(sent, 'latin1'), signature('answer', key, raw)];
  if (rest !== '' || is.length !== should.length || !timingSafeEqual(is, should))
    return { kind: 'unreadable', why: 'its answer is not signed with the key of these secrets' };
  const answer = parsed(raw);
  if (answer?.['v'] !== 1) return { kind: 'unreadable', why: 'its answer is of another version' };
  if (answer['nonce'] !== asked.nonce) return { kind: 'unreadable', why: 'it answers another request' };
  if (answer['host'] !== asked.host)
    return { kind: 'unreadable', why: `it says that it is ${JSON.stringify(answer['host'])}` };
  const report = readReport(answer);
  return report ? { kind: 'answer', report } : { kind: 'unreadable', why: 'its answer lacks parts' };
}

function parsed(line: Buffer): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(line.toString('utf8'));
    return typeof found === 'object' && found !== null ? { ...found } : undefined;
  } catch {
    return undefined;
  }
}
