import { harmless } from '../report/harmless.ts';
import { type Happening, type HostRecord, STAGES } from './types.ts';

/** Lines that are kept of a host, and characters of a line. */
const LINES = 20;
const LINE = 300;

/** Hosts that are remembered: more than a fleet has, so that nothing from outside fills the memory. */
const HOSTS = 10_000;

export type Records = Map<string, HostRecord>;

/** Notes what was seen. Returns whether it changed anything. */
export function note(records: Records, happening: Happening): boolean {
  const { host, at } = happening;
  const known = records.get(host);
  if (!known && records.size >= HOSTS) return false;
  const record = known ?? { stageAt: at, nodeAt: at, lines: [] };
  records.set(host, record);
  if (happening.kind === 'line') {
    const text = harmless(happening.text.trim()).slice(0, LINE);
    if (text === '' || record.lines.at(-1)?.text === text) return false;
    record.lines = [...record.lines.slice(1 - LINES), { at, text }];
    return true;
  }
  if (happening.kind === 'node') {
    if (record.node === happening.node) return false;
    record.node = happening.node;
    record.nodeAt = at;
    return true;
  }
  const { stage, address } = happening;
  if (record.stage === stage && record.address === (address ?? record.address)) return false;
  if (record.stage !== stage) record.stageAt = at;
  record.stage = stage;
  if (address !== undefined) record.address = address;
  return true;
}

/** What follows "t/" in the URL of what only one host may fetch. */
const TOKEN = /(?<=\bt\/)[0-9a-f]{6,32}(?![0-9A-Za-z])/g;

/**
 * A line that a host said; of one that writes over itself the last. Installers log each URL that they fetch: the
 * token in it is for nobody who reads the page.
 */
export function lineOf(host: string, text: string): Happening {
  const last = text.trimEnd().split('\r').at(-1) ?? '';
  return { at: Date.now(), host, kind: 'line', text: last.replace(TOKEN, '...') };
}

/** A happening out of a line of the journal; undefined where it is torn or not one. */
export function parseHappening(line: string): Happening | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { at, host, kind, stage, node, text, address }: Record<string, unknown> = { ...found };
  if (typeof at !== 'number' || typeof host !== 'string') return undefined;
  const where = typeof address === 'string' ? { address } : {};
  if (kind === 'line' && typeof text === 'string') return { at, host, kind, text };
  if (kind === 'node' && (node === 'healthy' || node === 'converging' || node === 'silent'))
    return { at, host, kind, node };
  const known = STAGES.find((one) => one === stage);
  if (kind === 'stage' && known) return { at, host, kind, stage: known, ...where };
  return undefined;
}

/** The same records as the fewest happenings. */
export function happeningsOf(records: Records): Happening[] {
  return [...records].flatMap(([host, { stage, stageAt, address, node, nodeAt, lines }]): Happening[] => [
    ...(stage ? [{ at: stageAt, host, kind: 'stage' as const, stage, ...(address && { address }) }] : []),
    ...(node ? [{ at: nodeAt, host, kind: 'node' as const, node }] : []),
    ...lines.map((line) => ({ host, kind: 'line' as const, ...line })),
  ]);
}

/** The host that asked from an address last: for what comes without a token over a link that is not ours. */
export function lastAt(records: Records, address: string): string | undefined {
  let [last, at]: [string | undefined, number] = [undefined, Number.NEGATIVE_INFINITY];
  for (const [host, record] of records)
    if (record.address === address && record.stageAt > at) [last, at] = [host, record.stageAt];
  return last;
}
