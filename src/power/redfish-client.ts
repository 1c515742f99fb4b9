import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates, type TLSSocket } from 'node:tls';
import { harmless } from '../report/harmless.ts';
import { type Bmc, type Order, PowerError } from './types.ts';

/** Bytes of an answer: a resource of a big machine has some ten thousand. */
const LONGEST = 4 * 1024 * 1024;

/** Milliseconds between two looks at a task. */
const LOOK = 1000;

export type Fields = Record<string, unknown>;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Fields;
}

export interface Redfish {
  get(path: string): Promise<Answer>;
  /** Any other request; one that is answered with a task is waited for. @throws PowerError when it is refused */
  send(
    method: 'POST' | 'PATCH',
    path: string,
    body: Fields,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Logs out. */
  end(): Promise<void>;
}

/**
 * Logs in to a BMC (DMTF DSP0266, 13: sessions, else HTTP basic authentication).
 * @param root path of the service root
 */
export async function logIn(
  bmc: Bmc,
  order: Order,
  root: string,
): Promise<{ redfish: Redfish; root: Fields }> {
  const ask = asker(bmc, order);
  const service = await ask('GET', root, {});
  if (service.status !== 200) throw refused(service, `${root} is no service root of Redfish`);
  const login = linkIn(fieldsIn(service.body['Links'])?.['Sessions']);
  const password = bmc.password.reveal();
  let headers: Record<string, string> = {
    Authorization: `Basic ${Buffer.from(`${bmc.user}:${password}`).toString('base64')}`,
  };
  let session: string | undefined;
  if (login !== undefined) {
    const made = await ask('POST', login, {}, { UserName: bmc.user, Password: password });
    const token = made.headers['x-auth-token'];
    if (made.status === 401) throw refused(made, `does not let ${bmc.user} in`);
    if (made.status === 201 && typeof token === 'string') {
      headers = { 'X-Auth-Token': token };
      session = pathOf(made.headers.location ?? linkIn(made.body) ?? '');
    }
  }
  const send: Redfish['send'] = async (method, path, body, more = {}) => {
    const first = await ask(method, path, { ...headers, ...more }, body);
    const answer = await finished(first, (monitor) => ask('GET', monitor, headers), order);
    if (answer.status >= 300) throw refused(answer, `refuses ${method} ${path}`);
    return answer;
  };
  return {
    root: service.body,
    redfish: {
      async get(path) {
        const answer = await ask('GET', path, headers);
        if (answer.status === 401) throw refused(answer, `does not let ${bmc.user} in`);
        if (answer.status !== 200) throw refused(answer, `does not give ${path}`);
        return answer;
      },
      send,
      async end() {
        if (session) await ask('DELETE', session, headers).catch(() => {});
      },
    },
  };
}

/** Waits for what is answered with 202: its monitor says 202 until it is done (DSP0266, 12.2). */
async function finished(
  first: Answer,
  look: (monitor: string) => Promise<Answer>,
  { timeout, signal }: Order,
): Promise<Answer> {
  const monitor = pathOf(first.headers.location ?? '');
  const end = Date.now() + timeout * 1000;
  let answer = first;
  while (answer.status === 202 && monitor) {
    if (Date.now() > end) throw new PowerError(`its task is not done after ${timeout} s`);
    await sleep(LOOK, undefined, signal && { signal });
    answer = await look(monitor);
  }
  return answer;
}

type Ask = (method: string, path: string, headers: Record<string, string>, body?: Fields) => Promise<Answer>;

function asker(bmc: Bmc, { authorities, timeout, signal }: Order): Ask {
  const { protocol, hostname, port } = new URL(bmc.address);
  const secure = protocol === 'https:';
  // What is not trusted is looked at as well, to say what it is; it gets no byte of a request.
  const trust = { ca: [...rootCertificates, ...authorities], rejectUnauthorized: false };
  return (method, path, headers, body) => {
    const text = body && JSON.stringify(body);
    const options: RequestOptions = {
      hostname,
      ...(port !== '' && { port }),
      path,
      method,
      agent: false,
      ...(signal && { signal }),
      headers: {
        Accept: 'application/json',
        'OData-Version': '4.0',
        ...(text !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': String(Buffer.byteLength(text)),
        }),
        ...headers,
      },
    };
    return new Promise((resolve, reject) => {
      const request = secure ? httpsRequest({ ...options, ...trust }) : httpRequest(options);
      const late = setTimeout(
        () => request.destroy(new PowerError(`no answer in ${timeout} s`)),
        timeout * 1000,
      );
      const fail = (error: unknown) => {
        clearTimeout(late);
        reject(explained(error));
      };
      // Nothing of the request, the password least of all, is sent before this is known.
      const go = () => request.end(text);
      request.on('error', fail);
      request.on('socket', (socket) => {
        if (!secure) return go();
        socket.once('secureConnect', () => {
          const wrong = untrusted(socket as TLSSocket, bmc);
          if (wrong) request.destroy(wrong);
          else go();
        });
      });
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let length = 0;
        response.on('error', fail);
        response.on('data', (part: Buffer) => {
          length += part.length;
          if (length > LONGEST) request.destroy(new PowerError('its answer is too long'));
          else parts.push(part);
        });
        response.on('end', () => {
          clearTimeout(late);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: parsed(Buffer.concat(parts).toString('utf8')),
          });
        });
      });
    });
  };
}

function untrusted(socket: TLSSocket, { host, fingerprint }: Bmc): PowerError | undefined {
  const is = socket.getPeerCertificate().fingerprint256;
  if (fingerprint === is) return undefined;
  if (fingerprint !== undefined)
    return new PowerError(
      `its certificate is another than the inventory says: ${is}`,
      'find out why: somebody may be in between. After a renewal write the new one as `fingerprint`',
    );
  if (socket.authorized) return undefined;
  return new PowerError(
    `its certificate is not trusted (${socket.authorizationError}): ${is}`,
    `give its authority by --ca; or, if it is the one that the BMC of ${host} shows at its own console, write that ` +
      'as `fingerprint` beside the address',
  );
}

const WHY: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no way to its network',
  ENOTFOUND: 'no such name',
  ETIMEDOUT: 'no reply',
};

function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PowerError || error.name === 'AbortError') return error;
  return new PowerError(WHY['code' in error ? String(error.code) : ''] ?? error.message);
}

/** What the BMC says is wrong: `error` with its extended messages (DSP0266, 8.6). */
function refused({ status, body }: Answer, what: string): PowerError {
  const error = fieldsIn(body['error']);
  const more = listIn(error?.['@Message.ExtendedInfo']).map((one) => one['Message']);
  const said = [...more, error?.['message']].find((one) => typeof one === 'string' && one !== '');
  return new PowerError(
    `${what}: ${status}${said === undefined ? '' : `, ${harmless(String(said)).slice(0, 300)}`}`,
  );
}

function parsed(text: string): Fields {
  try {
    return fieldsIn(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

export function fieldsIn(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

export function listIn(value: unknown): Fields[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.map(fieldsIn).filter((one) => one !== undefined);
}

/** The path that a reference leads to; other servers are never asked, since they would get the session. */
export function linkIn(value: unknown): string | undefined {
  const link = fieldsIn(value)?.['@odata.id'];
  return typeof link === 'string' ? pathOf(link) : undefined;
}

function pathOf(link: string): string | undefined {
  const path = link.replace(/^https?:\/\/[^/]+/, '');
  return /^\/[\x21-\x7e]*$/.test(path) ? path : undefined;
}
