import type { FleetView, Plan } from '../plan/types.ts';
import { type Column, columnsOf, networkNames } from './columns.ts';
import { element, escapeXml } from './xml.ts';

/** Sizes in user units, which are pixels at 100 %. */
const MARGIN = 24;
const TITLE = 40;
/** Where networks have their names, left of all hosts. */
const GUTTER = 280;
const LANE = 50;
const COLUMN = 168;
const BOX = 148;
const ROW = 17;
const FONT = 12;
/** The widest a letter of the font is on average; a name that is longer is cut, and whole in its tooltip. */
const LETTER = 6.7;

/** Colours that stay apart for most eyes, and on paper; from the palette of Okabe and Ito. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#56b4e9', '#5b3fa0', '#444444'];

const STYLE = `text{font-family:system-ui,"Segoe UI","DejaVu Sans",sans-serif;font-size:${FONT}px;fill:#1b1b1b}
.title{font-size:18px;font-weight:600}.name{font-weight:600;font-size:13px}.note{fill:#5a5a5a}
.mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:11px}`;

/**
 * A picture of the fleet as SVG by itself: each network a line, each host a box below with a drop to its
 * networks, the controllers framed as a cluster with their virtual addresses, hosts that are many and alike in
 * a stack. The same plan gives the same bytes.
 */
export function fleetSvg(plan: Plan): string {
  const columns = columnsOf(plan);
  const networks = networkNames(plan);
  const width = Math.max(MARGIN * 2 + GUTTER + columns.length * COLUMN, 640);
  const top = MARGIN + TITLE;
  const boxes = top + networks.length * LANE + 34;
  const height = boxes + Math.max(...columns.map(boxHeight), 60) + MARGIN + 14;
  const title = `Fleet ${plan.fleet.name}`;
  const body = [
    element('title', {}, escapeXml(title)),
    element('desc', {}, escapeXml(description(plan, columns))),
    element('style', {}, STYLE),
    element('rect', { width, height, fill: '#ffffff' }),
    text(MARGIN, MARGIN + 16, `${title}, ${plan.fleet.domain}`, 'title'),
    ...networks.map((name, index) => networkLine(plan.fleet, name, index, width)),
    clusterFrame(plan, columns, boxes, height),
    ...columns.map((column, index) => drops(column, index, networks, boxes)),
    ...columns.map((column, index) => box(column, index, networks, boxes)),
  ];
  return `${element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img' },
    `\n${body.filter((line) => line !== '').join('\n')}\n`,
  )}\n`;
}

function description({ fleet, hosts }: Plan, columns: Column[]): string {
  const stacks = columns.filter(({ kind }) => kind === 'stack').map(({ name, note }) => `${name} (${note})`);
  const many = stacks.length > 0 ? `; drawn as one: ${stacks.join(', ')}` : '';
  return `${hosts.length} hosts on ${fleet.networks.length} networks${many}`;
}

function laneY(index: number): number {
  return MARGIN + TITLE + index * LANE + 30;
}

function columnX(index: number): number {
  return MARGIN + GUTTER + index * COLUMN + (COLUMN - BOX) / 2;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#444444';
}

function boxHeight({ on, roles }: Column): number {
  return 46 + (roles.length + on.length) * ROW;
}

function networkLine(fleet: FleetView, name: string, index: number, width: number): string {
  const network = fleet.networks.find((one) => one.name === name);
  const notes = [
    network?.cidr,
    network?.vlan === undefined ? undefined : `VLAN ${network.vlan}`,
    network?.gateway && `gateway ${network.gateway}`,
    network?.external ? 'external' : undefined,
    network?.functions.filter((one) => one !== name).join(' ') || undefined,
  ].filter((note) => note !== undefined);
  const y = laneY(index);
  return [
    element('line', {
      x1: MARGIN,
      x2: width - MARGIN,
      y1: y,
      y2: y,
      stroke: colour(index),
      'stroke-width': 4,
      'stroke-linecap': 'round',
    }),
    element('text', { x: MARGIN, y: y - 8, class: 'name', style: `fill:${colour(index)}` }, cut(name, 36)),
    text(MARGIN, y + 16, notes.join('  ') || 'no addresses of its own', 'note', Math.floor(GUTTER / 6)),
  ].join('');
}

/** Where a column's line to a network goes down: as far from the left as the network is from the top. */
function dropX(column: number, network: number, networks: number): number {
  return columnX(column) + (BOX * (network + 1)) / (networks + 1);
}

function drops(column: Column, index: number, networks: string[], boxes: number): string {
  return column.on
    .map(({ network }) => {
      const lane = networks.indexOf(network);
      const [x, y] = [dropX(index, lane, networks.length), laneY(lane)];
      return (
        element('line', {
          x1: x,
          x2: x,
          y1: y,
          y2: boxes,
          stroke: colour(lane),
          'stroke-width': 2,
          ...(column.kind === 'vip' && { 'stroke-dasharray': '4 3' }),
        }) +
        element('circle', {
          cx: x,
          cy: y,
          r: 4.5,
          fill: '#ffffff',
          stroke: colour(lane),
          'stroke-width': 2.5,
        })
      );
    })
    .join('');
}

function box(column: Column, index: number, networks: string[], boxes: number): string {
  const [x, height] = [columnX(index), boxHeight(column)];
  const { kind, name, note, roles, on } = column;
  const frame = { x, y: boxes, width: BOX, height, rx: kind === 'vip' ? 18 : 5, stroke: '#444444' };
  const behind = [8, 4].map((by) => element('rect', { ...frame, x: x + by, y: boxes + by, fill: '#f1f1f1' }));
  const rows = on.map(({ network, address }, row) => {
    const y = boxes + 50 + (roles.length + row) * ROW;
    const lane = networks.indexOf(network);
    return (
      element('circle', { cx: x + 14, cy: y - 4, r: 4, fill: colour(lane) }) +
      element('text', { x: x + 24, y, class: 'mono' }, cut(address, 17)) +
      element('title', {}, escapeXml(`${name} on ${network}: ${address}`))
    );
  });
  return element(
    'g',
    { class: kind },
    [
      element('title', {}, escapeXml([name, note, ...roles].join(', '))),
      ...(kind === 'stack' ? behind : []),
      element('rect', {
        ...frame,
        fill: kind === 'vip' ? '#fff8e1' : '#fbfbfb',
        ...(kind === 'vip' && { 'stroke-dasharray': '5 3' }),
      }),
      text(x + 10, boxes + 18, name, 'name'),
      text(x + 10, boxes + 33, note, 'note'),
      ...roles.map((role, row) => text(x + 10, boxes + 50 + row * ROW, role)),
      ...rows.map((row) => element('g', {}, row)),
    ].join(''),
  );
}

function clusterFrame(plan: Plan, columns: Column[], boxes: number, height: number): string {
  const inside = columns.filter(({ clustered }) => clustered).length;
  if (!plan.cluster || inside === 0) return '';
  const members = new Set(plan.cluster.controllers.map(({ name }) => name));
  const controllers = plan.hosts.filter(({ name }) => members.has(name));
  const outside = new Set(
    plan.hosts.filter(({ name }) => !members.has(name)).flatMap(({ components }) => components),
  );
  const own = [...new Set(controllers.flatMap(({ components }) => components))].filter(
    (name) => !outside.has(name),
  );
  const caption = `cluster ${plan.cluster.id}: ${own.join(' ')}`;
  const width = inside * COLUMN - 4;
  const frame = {
    x: MARGIN + GUTTER + 2,
    y: boxes - 26,
    width,
    height: height - boxes - MARGIN + 40,
    rx: 10,
  };
  return (
    element('rect', {
      ...frame,
      fill: '#eef4fb',
      stroke: '#0072b2',
      'stroke-dasharray': '7 4',
      'stroke-width': 1.5,
    }) + text(MARGIN + GUTTER + 14, height - MARGIN + 4, caption, 'note', Math.floor((width - 24) / LETTER))
  );
}

function text(x: number, y: number, content: string, style?: string, letters?: number): string {
  const room = letters ?? (style === 'title' ? 400 : Math.floor((BOX - 16) / LETTER));
  return element('text', { x, y, ...(style && { class: style }) }, cut(content, room));
}

/** At most so many letters of a text, escaped. */
function cut(content: string, letters: number): string {
  const all = [...content];
  return escapeXml(all.length > letters ? `${all.slice(0, letters - 1).join('')}…` : content);
}
