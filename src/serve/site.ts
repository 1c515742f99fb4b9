import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Arm } from '../netboot/index.ts';
import type { Secret } from '../secrets/index.ts';
import { readBody } from './body.ts';
import type { Contents } from './contents.ts';
import type { Journal } from './journal.ts';
import type { Page } from './page.ts';
import { pathNames } from './path.ts';
import { lastAt, lineOf } from './records.ts';
import { sendFile } from './send-file.ts';
import { stageOf } from './stage-of.ts';
import type { TftpLine } from './tftp-line.ts';
import { readTold } from './told.ts';
import type { Happening, Stage, Tree } from './types.ts';
import type { Whose } from './whose.ts';

/** All that requests are answered from. */
export interface Site {
  contents: Contents;
  tree: Tree;
  journal: Journal;
  whose: Whose;
  page: Page;
  macOf(address: string): Promise<string | undefined>;
  tokenOf(host: string): Secret | undefined;
  log(line: string): void;
}

/** Below this the page has its parts: no file of the tree begins with it. */
const OWN = '_';

/** What an installer asks for, or posts to, beside its preseed when it has finished. */
const FINISHED = 'finished';

/** Answers one request. Never rejects; what is wrong here is logged, and a status without words to the client. */
export async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  try {
    const names = pathNames(request.url ?? '');
    if (!names) refuse(response, 400);
    else if (request.method === 'POST') await post(site, request, response, names);
    else if (request.method !== 'GET' && request.method !== 'HEAD') refuse(response, 405, 'GET, HEAD');
    else if (isFinished(names) && request.method === 'GET')
      await finishedByGet(site, request, response, names[1] ?? '');
    else if (names.length === 0 || names[0] === OWN) site.page.answer(request, response, names.slice(1));
    else await file(site, request, response, names);
  } catch (error) {
    site.log(
      `${request.method} ${JSON.stringify(request.url)}: ${error instanceof Error ? error.message : error}`,
    );
    if (response.headersSent) response.destroy();
    else refuse(response, 500);
  }
}

/** A status and nothing else. After a refused body the connection cannot be used for another request. */
function refuse(response: ServerResponse, status: number, allow?: string): void {
  response.statusCode = status;
  if (allow) response.setHeader('Allow', allow);
  if (status === 413) {
    response.setHeader('Connection', 'close');
    response.on('finish', () => setTimeout(() => response.destroy(), 500).unref());
  }
  // RFC 9110, 8.6: a 204 has no length.
  if (status !== 204) response.setHeader('Content-Length', '0');
  response.end();
}

function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

async function file(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  names: string[],
): Promise<void> {
  const address = addressOf(request);
  const mac = await site.macOf(address);
  if (names[0] === 't' && !mayRead(site, names, address, mac)) {
    refuse(response, 404);
    return;
  }
  const opened = await site.contents.open(names);
  const asked = await askedBy(site, names, address);
  // Who is not armed asks for a boot file that is not there.
  if (asked && request.method === 'GET' && (opened || asked.stage === 'disk'))
    remember(site, { ...asked, address });
  if (!opened) {
    refuse(response, 404);
    return;
  }
  if (names[0] === 't') response.setHeader('Cache-Control', 'no-store');
  sendFile(request, response, opened, 'application/octet-stream');
}

/** What a request for a file, by whichever protocol, says of a host. */
async function askedBy(site: Site, names: string[], address: string) {
  const { whose, journal } = site;
  const client = await clientAt(site, address);
  const before = (host: string) => journal.records.get(host);
  return stageOf({ names, whose, before, now: Date.now(), ...(client !== undefined && { client }) });
}

async function clientAt({ macOf, whose, journal }: Site, address: string): Promise<string | undefined> {
  const mac = await macOf(address);
  return mac === undefined ? lastAt(journal.records, address) : whose.byMac(mac);
}

/** A token opens its own folder, and not for another machine whose MAC address is to be seen. */
function mayRead(site: Site, names: string[], address: string, mac: string | undefined): boolean {
  const found = site.whose.byToken(names[1] ?? '');
  if (!found?.armed) {
    site.log(`${address} asked with a token that opens nothing`);
    return false;
  }
  return fits(site, found.arm, address, mac);
}

function fits(site: Site, { host, macs }: Arm, address: string, mac: string | undefined): boolean {
  if (mac === undefined || macs.includes(mac) || site.whose.hasMac(host, mac)) return true;
  site.log(`${address} has the MAC address ${mac} and asked with the token of ${host}`);
  return false;
}

function remember(site: Site, seen: { host: string; stage: Stage; address: string }): void {
  site.journal.note(staged(seen.host, seen.stage, seen.address)).catch((error: Error) => {
    site.log(`the state cannot be written: ${error.message}`);
  });
}

function staged(host: string, stage: Stage, address: string): Happening {
  return { at: Date.now(), host, kind: 'stage', stage, address };
}

async function post(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  names: string[],
): Promise<void> {
  const [first, token = '', verb] = names;
  const forHost = first === 't' && names.length === 3 && (verb === FINISHED || verb === 'line');
  if (!forHost && !(first === 'phone-home' && names.length === 1)) {
    refuse(response, 405, 'GET, HEAD');
    return;
  }
  const address = addressOf(request);
  const mac = await site.macOf(address);
  const found = forHost ? site.whose.byToken(token) : undefined;
  if (forHost && !(found && fits(site, found.arm, address, mac))) {
    refuse(response, 404);
    return;
  }
  const body = await readBody(request);
  if (!body) {
    refuse(response, 413);
    return;
  }
  if (!found) await phoneHome(site, request, response, { body, address, mac });
  else {
    if (verb === 'line') await lines(site, found.arm.host, body);
    else if (found.armed) await installed(site, found.arm.host, address);
    refuse(response, 204);
  }
}

function isFinished(names: string[]): boolean {
  return names.length === 3 && names[0] === 't' && names[2] === FINISHED;
}

/** debian-installer fetches and cannot post: this name below its token is no file of the tree. */
async function finishedByGet(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
): Promise<void> {
  const address = addressOf(request);
  const found = site.whose.byToken(token);
  if (!found || !fits(site, found.arm, address, await site.macOf(address))) {
    refuse(response, 404);
    return;
  }
  if (found.armed) await installed(site, found.arm.host, address);
  const text = 'disarmed\n';
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('Content-Length', String(text.length));
  response.end(text);
}

/** Known and on the disk before the machine hears it, so that it never installs itself again. */
async function installed(site: Site, host: string, address: string): Promise<void> {
  await site.tree.disarm(host);
  await site.journal.note(staged(host, 'installed', address));
  site.log(`${host} is installed, and disarmed`);
}

async function lines(site: Site, host: string, body: Buffer): Promise<void> {
  const said = body.toString('utf8').split('\n').slice(-20);
  for (const text of said) void site.journal.note(lineOf(host, text)).catch(() => {});
}

async function phoneHome(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
  { body, address, mac }: { body: Buffer; address: string; mac: string | undefined },
): Promise<void> {
  const told = readTold(request.headers, body, site.tokenOf);
  if (!told || (!told.proven && (mac === undefined || !site.whose.hasMac(told.host, mac)))) {
    site.log(`${address} phones home, and cannot prove who it is`);
    refuse(response, 403);
    return;
  }
  const at = Date.now();
  await site.journal.note(staged(told.host, 'home', address));
  if (told.ready) await site.journal.note({ at, host: told.host, kind: 'node', node: 'healthy' });
  refuse(response, 204);
}

/** Notes a line that a machine sent without saying who it is. */
export async function heardLine(site: Site, address: string, text: string): Promise<void> {
  const host = await clientAt(site, address);
  if (host !== undefined) await site.journal.note(lineOf(host, text)).catch(() => {});
}

/** Notes what dnsmasq sent by TFTP, or was asked for and does not have. */
export async function heardTftp(site: Site, { path, address, sent }: TftpLine): Promise<void> {
  const asked = await askedBy(site, path.split('/').slice(-3), address);
  if (asked && (sent || asked.stage === 'disk')) remember(site, { ...asked, address });
}
