import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Secret } from '../secrets/index.ts';
import { openAnswer, packRequest } from './message.ts';
import type { Outcome } from './types.ts';

/** Where every host tells its state; component `report` listens there. */
export const REPORT_PORT = 9199;

/** Bytes of an answer with its signature: the longest line that a host sends, and 66 more. */
const LONGEST = 65_536 + 66;

export interface Question {
  host: string;
  address: string;
  port: number;
  key: Secret;
  sections: string[];
  /** Seconds for all of it. */
  timeout: number;
  signal?: AbortSignal;
}

/** Asks one host for its report. Never rejects: what goes wrong is an outcome, with a reason in words. */
export async function askHost(question: Question): Promise<Outcome> {
  const nonce = randomBytes(16).toString('hex');
  const { host, sections } = question;
  const told = await converse(question, packRequest(question.key, { host, nonce, sections }));
  if (typeof told !== 'string') return told;
  return openAnswer(question.key, told, { host, nonce });
}

/** Sends the request and gives what came back until both its lines were there. */
function converse(question: Question, request: string): Promise<string | Outcome> {
  const { address: host, port, timeout, signal } = question;
  return new Promise((resolve) => {
    const socket: Socket = connect({ host, port });
    const parts: Buffer[] = [];
    let [length, lines, open] = [0, 0, false];
    const end = (what: string | Outcome) => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', stop);
      socket.destroy();
      resolve(what);
    };
    const failed = (why: string) => end({ kind: open ? 'unreadable' : 'silent', why });
    const stop = () => failed('interrupted');
    const limit = setTimeout(() => failed(`no answer in ${timeout} s`), timeout * 1000);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    socket.on('connect', () => {
      open = true;
      socket.write(request);
    });
    socket.on('data', (part) => {
      parts.push(part);
      length += part.length;
      lines += part.filter((byte) => byte === 10).length;
      if (length > LONGEST) failed('its answer is too long');
      else if (lines >= 2) end(Buffer.concat(parts).toString('latin1'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => failed(WORDS[error.code ?? ''] ?? error.message));
    socket.on('close', () => failed(length === 0 ? REFUSED : 'its answer broke off'));
  });
}

/** A host closes without a word when the request is not for it, or signed with another key. */
const REFUSED = 'it does not know the key of these secrets';

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no way to its network',
  ETIMEDOUT: 'no reply',
};
