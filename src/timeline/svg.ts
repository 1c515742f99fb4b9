import { element, escapeXml } from '../graph/xml.ts';
import type { ComponentTimeline, TimelineStep } from '../status/types.ts';
import { criticalPath } from './critical-path.ts';
import { type HostTimeline, switchedOn } from './hosts.ts';

/** Sizes in user units, which are pixels at 100 %. */
const MARGIN = 24;
const NAMES = 170;
const CHART = 1000;
const ROW = 16;
const HEAD = 24;
const AXIS = 66;

/** From the palette of Okabe and Ito: work, waiting, and the critical path. */
const [WORK, WAIT, CRITICAL] = ['#0072b2', '#e69f00', '#d55e00'];

const STYLE = `text{font-family:system-ui,"Segoe UI","DejaVu Sans",sans-serif;font-size:11px;fill:#1b1b1b}
.title{font-size:18px;font-weight:600}.host{font-weight:600;font-size:13px}.note{fill:#5a5a5a}`;

/**
 * A chart of how the fleet came up, as SVG by itself: a bar a component from when it began to when it was healthy,
 * darker where it worked and lighter where it waited, framed where it is on the critical path of its host; a tooltip has the steps.
 */
export function timelineSvg(fleet: string, hosts: HostTimeline[]): string {
  const start = switchedOn(hosts);
  const ends = hosts.flatMap(({ timeline }) =>
    timeline.components.map((one) => timeline.boot - start + endOf(one)),
  );
  const longest = Math.max(...ends, 1);
  const scale = CHART / longest;
  const rows = hosts.flatMap((host) => hostRows(host, start, scale));
  const height = MARGIN + AXIS + rows.reduce((sum, { size }) => sum + size, 0) + MARGIN;
  const width = MARGIN * 2 + NAMES + CHART;
  let y = MARGIN + AXIS;
  const drawn = rows.map(({ size, draw }) => {
    y += size;
    return draw(y - size);
  });
  const title = `How fleet ${fleet} came up`;
  const body = [
    element('title', {}, escapeXml(title)),
    element('style', {}, STYLE),
    element('rect', { width, height, fill: '#ffffff' }),
    text(MARGIN, MARGIN + 14, title, 'title'),
    legend(),
    ...ticks(longest).map((at) => tick(at, scale, height)),
    ...drawn,
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  };
  return `${element('svg', attributes, `\n${body.join('\n')}\n`)}\n`;
}

interface Row {
  size: number;
  draw(y: number): string;
}

function hostRows({ name, timeline }: HostTimeline, start: number, scale: number): Row[] {
  const on = timeline.boot - start;
  const path = new Set(criticalPath(timeline.components).map(({ component }) => component.name));
  const ready =
    timeline.ready === undefined ? 'not ready yet' : `ready after ${(on + timeline.ready).toFixed(1)} s`;
  const head: Row = {
    size: HEAD,
    draw: (y) => text(MARGIN, y + 17, name, 'host') + text(MARGIN + NAMES, y + 17, ready, 'note'),
  };
  const sorted = [...timeline.components].sort((one, other) => one.began - other.began);
  return [
    head,
    ...sorted.map((component) => ({
      size: ROW,
      draw: (y: number) => bar(component, { y, on, scale, critical: path.has(component.name) }),
    })),
  ];
}

interface Place {
  y: number;
  /** Seconds from the beginning of the chart to when the host was switched on. */
  on: number;
  scale: number;
  critical: boolean;
}

function bar(component: ComponentTimeline, { y, on, scale, critical }: Place): string {
  const x = (at: number) => Number((MARGIN + NAMES + (on + at) * scale).toFixed(1));
  const wide = (from: number, to: number) => Math.max(1, Number((x(to) - x(from)).toFixed(1)));
  const { name, began, steps } = component;
  const size = { y: y + 3, height: ROW - 5 };
  const waits = steps
    .filter(isWait)
    .map(({ from, to }) => element('rect', { x: x(from), width: wide(from, to), ...size, fill: WAIT }));
  const frame = critical ? { stroke: CRITICAL, 'stroke-width': 1.5 } : {};
  const whole = { x: x(began), width: wide(began, endOf(component)), ...size };
  return element(
    'g',
    {},
    [
      element('title', {}, tooltip(component, on).map(escapeXml).join('\n')),
      text(MARGIN + 8, y + 12, name, critical ? '' : 'note'),
      element('rect', { ...whole, fill: WORK }),
      ...waits,
      ...(critical ? [element('rect', { ...whole, fill: 'none', ...frame })] : []),
    ].join(''),
  );
}

/** Its lines. */
function tooltip(component: ComponentTimeline, on: number): string[] {
  const { name, began, healthy, steps } = component;
  const until = healthy === undefined ? 'not healthy yet' : `healthy at ${(on + healthy).toFixed(1)} s`;
  return [
    `${name}: from ${(on + began).toFixed(1)} s, ${until}`,
    ...steps.map(({ from, to, words }) => `${(to - from).toFixed(1)} s ${words}`),
  ];
}

function isWait({ words }: TimelineStep): boolean {
  return words.startsWith('waiting');
}

function endOf({ began, healthy, steps }: ComponentTimeline): number {
  return healthy ?? Math.max(began, ...steps.map(({ to }) => to));
}

function legend(): string {
  const kinds: [string, Record<string, string | number>][] = [
    ['works', { fill: WORK }],
    ['waits', { fill: WAIT }],
    ['critical path', { fill: 'none', stroke: CRITICAL, 'stroke-width': 1.5 }],
  ];
  return kinds
    .map(([word, look], index) => {
      const x = MARGIN + NAMES + index * 130;
      return (
        element('rect', { x, y: MARGIN + 24, width: 18, height: 11, ...look }) +
        text(x + 24, MARGIN + 33, word, '')
      );
    })
    .join('');
}

/** Seconds at which the axis has its marks: at most fourteen, at round distances. */
function ticks(longest: number): number[] {
  const distances = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 86_400];
  const distance = distances.find((one) => longest / one <= 14) ?? Math.ceil(longest / 14);
  return Array.from({ length: Math.floor(longest / distance) + 1 }, (_, index) => index * distance);
}

function tick(at: number, scale: number, height: number): string {
  const x = Number((MARGIN + NAMES + at * scale).toFixed(1));
  const line = { x1: x, x2: x, y1: MARGIN + AXIS - 8, y2: height - MARGIN, stroke: '#d8d8d8' };
  return element('line', line) + text(x, MARGIN + AXIS - 12, `${at} s`, 'note');
}

function text(x: number, y: number, words: string, look: string): string {
  return element('text', { x, y, ...(look && { class: look }) }, escapeXml(words));
}
