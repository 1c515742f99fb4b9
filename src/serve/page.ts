import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { renderPage, renderRow, summaryOf } from './render.ts';
import type { HostView } from './view.ts';

/** Browsers that are kept up to date at once, and bytes that one may be behind before it is let go. */
const BROWSERS = 200;
const BEHIND = 1024 * 1024;

/** Milliseconds that changes are gathered, and between two signs of life. */
const GATHER = 300;
const BEAT = 15_000;

const HEADERS: Record<string, string> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

export interface Page {
  /** Answers GET and HEAD for the page itself (no names) and its parts. */
  answer(request: IncomingMessage, response: ServerResponse, names: string[]): void;
  /** Notes that a host is to be shown anew. */
  changed(host: string): void;
  end(): void;
}

export interface Shown {
  fleet: string;
  /** Folder with page.css and page.js. */
  assets: string;
  hosts(): string[];
  view(host: string, now: number): HostView;
}

/** The page of the fleet, and the events that keep it up to date (WHATWG HTML, server-sent events). */
export async function makePage({ fleet, assets, hosts, view }: Shown): Promise<Page> {
  const [css, js] = await Promise.all(['page.css', 'page.js'].map((name) => readFile(join(assets, name))));
  const parts: Record<string, { type: string; content: Buffer }> = {
    'page.css': { type: 'text/css; charset=utf-8', content: css ?? Buffer.alloc(0) },
    'page.js': { type: 'text/javascript; charset=utf-8', content: js ?? Buffer.alloc(0) },
  };
  const browsers = new Set<ServerResponse>();
  const stale = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  const views = (names: string[], now: number) => names.map((name) => view(name, now));
  const event = (names: string[]) => {
    const now = Date.now();
    const rows = views(names, now).map((one) => [one.name, renderRow(one, now).html] as const);
    const summary = summaryOf(fleet, views(hosts(), now));
    return `data: ${JSON.stringify({ now, summary, rows: Object.fromEntries(rows) })}\n\n`;
  };
  const tell = (text: string) => {
    for (const browser of browsers) {
      if (browser.writableLength > BEHIND) browser.destroy();
      else browser.write(text);
    }
  };
  const flush = () => {
    gathering = undefined;
    const known = new Set(hosts());
    const names = [...stale].filter((name) => known.has(name));
    stale.clear();
    if (browsers.size > 0 && names.length > 0) tell(event(names));
  };
  const beat = setInterval(() => tell(':\n\n'), BEAT);
  beat.unref();
  return {
    changed(host) {
      stale.add(host);
      gathering ??= setTimeout(flush, GATHER).unref();
    },
    answer(request, response, names) {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      const now = Date.now();
      const [name = '', more] = names;
      const part = parts[name];
      if (more !== undefined) send(response, request, 404, 'text/plain', Buffer.alloc(0));
      else if (name === '')
        send(
          response,
          request,
          200,
          'text/html; charset=utf-8',
          Buffer.from(renderPage(fleet, views(hosts(), now), now)),
        );
      else if (name === 'state.json')
        send(response, request, 200, 'application/json', Buffer.from(stateJson(fleet, views(hosts(), now))));
      else if (part) send(response, request, 200, part.type, part.content);
      else if (name === 'events' && browsers.size < BROWSERS && request.method === 'GET') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(`retry: 2000\n${event(hosts())}`);
        browsers.add(response);
        response.on('close', () => browsers.delete(response));
      } else send(response, request, name === 'events' ? 503 : 404, 'text/plain', Buffer.alloc(0));
    },
    end() {
      clearInterval(beat);
      clearTimeout(gathering);
      for (const browser of browsers) browser.destroy();
    },
  };
}

function stateJson(fleet: string, hosts: HostView[]): string {
  return `${JSON.stringify({ fleet, hosts }, null, 2)}\n`;
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  status: number,
  type: string,
  content: Buffer,
): void {
  const tag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  const same = status === 200 && request.headers['if-none-match'] === tag;
  response.statusCode = same ? 304 : status;
  response.setHeader('ETag', tag);
  if (!same) {
    response.setHeader('Content-Type', type);
    response.setHeader('Content-Length', String(content.length));
  }
  response.end(same || request.method === 'HEAD' ? undefined : content);
}
