import { ageText } from './age.ts';
import { type Cell, clusterNotes, galeraCell, pacemakerCell, rabbitmqCell, vipHolders } from './cells.ts';
import type { ComponentReport, HostStatus } from './types.ts';

export interface StatusText {
  fleet: string;
  statuses: HostStatus[];
  /** Hosts with a line of their own in the table of clusters. */
  controllers: string[];
  /** Every component of every host, not only those that are not healthy. */
  all: boolean;
  color: boolean;
  /** Columns of the terminal; absent: lines are as long as they are. */
  width?: number;
}

/** More healthy hosts than these are counted, not listed. */
const LISTED = 20;

/** Whether a host answered and all its components are healthy. */
export function isHealthy({ outcome }: HostStatus): boolean {
  if (outcome.kind !== 'answer') return false;
  const { components = [] } = outcome.report;
  return components.length > 0 && components.every(({ state }) => state === 'healthy');
}

/** The table of hosts and components, and that of the clusters, as lines of text. */
export function formatStatus(view: StatusText): string {
  const { fleet, statuses, all } = view;
  const healthy = statuses.filter(isHealthy);
  const folded = new Set(all || healthy.length <= LISTED ? [] : healthy);
  const rows = statuses.filter((status) => !folded.has(status)).flatMap((status) => hostRows(status, all));
  const head = ['HOST', 'WELL', 'COMPONENT', 'STATE', 'FOR', 'REASON'].map((text): Cell => ({ text }));
  const lines = [
    `fleet ${fleet}: ${healthy.length} of ${statuses.length} hosts healthy`,
    ...(rows.length > 0 ? lineUp([head, ...rows], view) : []),
    ...(folded.size > 0 ? [`and ${folded.size} hosts that are healthy`] : []),
    ...clusterLines(view),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function hostRows(status: HostStatus, all: boolean): Cell[][] {
  const { name, outcome, missing } = status;
  if (outcome.kind !== 'answer') {
    const age = missing === undefined ? '-' : ageText(missing / 1000);
    const state = { text: outcome.kind === 'unasked' ? 'not asked' : outcome.kind, well: false };
    return [[{ text: name }, { text: '-' }, { text: '' }, state, { text: age }, { text: outcome.why }]];
  }
  const { components = [] } = outcome.report;
  const well = components.filter(({ state }) => state === 'healthy').length;
  const first: Cell[] = [{ text: name }, { text: `${well}/${components.length}` }];
  if (components.length === 0)
    return [[...first, { text: '' }, { text: 'waiting', well: false }, { text: '-' }, { text: NO_SEED }]];
  const shown = all ? components : components.filter(({ state }) => state !== 'healthy');
  if (shown.length === 0) return [[...first, ...healthyHost(components)]];
  return shown.map((one, index) => [
    ...(index === 0 ? first : [{ text: '' }, { text: '' }]),
    { text: one.name },
    { text: one.state, well: one.state === 'healthy' },
    { text: one.age === undefined ? '-' : ageText(one.age) },
    { text: one.reason },
  ]);
}

const NO_SEED = 'its seed is not laid';

function healthyHost(components: ComponentReport[]): Cell[] {
  const last = Math.min(...components.map(({ age = 0 }) => age));
  return [{ text: '' }, { text: 'healthy', well: true }, { text: ageText(last) }, { text: '' }];
}

function clusterLines(view: StatusText): string[] {
  const { statuses, controllers } = view;
  const of = statuses.filter(({ name }) => controllers.includes(name));
  if (of.length === 0) return [];
  const head = ['CONTROLLER', 'GALERA', 'RABBITMQ', 'PACEMAKER'].map((text): Cell => ({ text }));
  const rows = of.map(({ name, outcome }): Cell[] => {
    if (outcome.kind !== 'answer') return [{ text: name }, { text: outcome.kind, well: false }];
    const { galera, rabbitmq, pacemaker } = outcome.report;
    return [{ text: name }, galeraCell(galera), rabbitmqCell(rabbitmq), pacemakerCell(pacemaker)];
  });
  const vips = [...vipHolders(of)].map(([address, hosts]) => {
    return `${address} is on ${hosts.length > 0 ? hosts.join(' and ') : 'no host'}`;
  });
  return ['', ...lineUp([head, ...rows], view), ...vips, ...clusterNotes(of)];
}

/** Columns two spaces apart. In a terminal the last one is broken at words, and what still is too long is cut. */
function lineUp(rows: Cell[][], { color, width = Number.POSITIVE_INFINITY }: StatusText): string[] {
  const widths: number[] = [];
  // The last column widens nothing.
  for (const row of rows)
    row.slice(0, -1).forEach(({ text }, column) => {
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    });
  return rows.flatMap((row) => {
    const margin = row.slice(0, -1).reduce((sum, _, column) => sum + (widths[column] ?? 0) + 2, 0);
    const last = row.at(-1);
    const [first = '', ...more] = broken(last?.text ?? '', width - margin);
    const cells = [...row.slice(0, -1), { ...last, text: first }];
    const lines = [
      line(cells, widths, width, color),
      ...more.map((text) => `${' '.repeat(margin)}${text}`.slice(0, width)),
    ];
    return lines.map((text) => text.trimEnd());
  });
}

/** Columns that are left for the last one; with fewer it is not worth while to break it. */
const NARROWEST = 16;

function broken(text: string, width: number): string[] {
  if (text.length <= width || width < NARROWEST) return [text];
  const space = text.lastIndexOf(' ', width);
  const end = space > 0 ? space : width;
  return [text.slice(0, end), ...broken(text.slice(end).trimStart(), width)];
}

function line(cells: Cell[], widths: number[], width: number, color: boolean): string {
  let left = width;
  const shown = cells.map(({ text, well }, column) => {
    const space = column === cells.length - 1 ? text : text.padEnd(widths[column] ?? 0);
    const cut = space.length > left ? `${space.slice(0, Math.max(0, left - 1))}…`.slice(0, left) : space;
    left = Math.max(0, left - cut.length - 2);
    return color && well !== undefined && cut !== '' ? `\u001b[${well ? 32 : 31}m${cut}\u001b[0m` : cut;
  });
  return shown.join('  ');
}
