import { harmless } from '../report/harmless.ts';
import {
  type ComponentReport,
  type ComponentTimeline,
  type GaleraReport,
  type PacemakerReport,
  type RabbitmqReport,
  type Report,
  STATES,
  type Timeline,
  type TimelineStep,
} from './types.ts';

type Fields = Record<string, unknown>;

/** A signed answer in the form that the rest works with; undefined when it lacks what every answer has. */
export function readReport(answer: Fields): Report | undefined {
  const { host, boot, time } = answer;
  const sections = fields(answer['sections']);
  if (typeof host !== 'string' || typeof boot !== 'string' || typeof time !== 'number' || !sections)
    return undefined;
  const components = readComponents(fields(sections['components']), time);
  const galera = readGalera(fields(sections['galera']));
  const pacemaker = readPacemaker(fields(sections['pacemaker']));
  const rabbitmq = readRabbitmq(fields(sections['rabbitmq']));
  const timeline = readTimeline(fields(sections['timeline']));
  return {
    host,
    boot,
    time,
    ...(typeof answer['cluster'] === 'string' && { cluster: harmless(answer['cluster']) }),
    ...(components && { components }),
    ...(galera && { galera }),
    ...(pacemaker && { pacemaker }),
    ...(rabbitmq && { rabbitmq }),
    ...(timeline && { timeline }),
  };
}

function readComponents(section: Fields | undefined, time: number): ComponentReport[] | undefined {
  const list = section?.['components'];
  if (!Array.isArray(list)) return undefined;
  return list.map((one): ComponentReport => {
    const { name, state, since, attempts, reason } = fields(one) ?? {};
    return {
      name: text(name) ?? '?',
      state: STATES.find((known) => known === state) ?? 'waiting',
      ...(typeof since === 'number' && { age: Math.max(0, time - since) }),
      attempts: typeof attempts === 'number' ? attempts : 0,
      reason: text(reason) ?? '',
    };
  });
}

function readGalera(section: Fields | undefined): GaleraReport | undefined {
  if (!section) return undefined;
  const { history, position, serving, list } = section;
  const promised = text(fields(section['promise'])?.['to']);
  return {
    state: text(section['state']) ?? '-',
    ...(typeof history === 'string' && { history: harmless(history) }),
    ...(typeof position === 'number' && { position }),
    running: text(section['running']) ?? 'no',
    synced: section['synced'] === true,
    ...(typeof serving === 'boolean' && { serving }),
    ...(promised !== undefined && { promised }),
    ...(typeof list === 'string' && { list: harmless(list) }),
  };
}

function readPacemaker(section: Fields | undefined): PacemakerReport | undefined {
  if (!section) return undefined;
  const vips = Object.entries(fields(section['vips']) ?? {});
  const dc = text(section['dc']);
  return {
    quorate: section['quorate'] === true,
    ...(dc !== undefined && { dc }),
    vips: new Map(vips.map(([address, here]) => [harmless(address), here === true])),
    ...(typeof section['haproxy'] === 'boolean' && { haproxy: section['haproxy'] }),
  };
}

function readRabbitmq(section: Fields | undefined): RabbitmqReport | undefined {
  if (!section) return undefined;
  return {
    state: text(section['state']) ?? '-',
    running: text(section['running']) ?? 'no',
    cluster: names(section['cluster']),
    alive: names(section['alive']),
  };
}

function readTimeline(section: Fields | undefined): Timeline | undefined {
  const list = section?.['components'];
  if (!section || !Array.isArray(list) || typeof section['boot'] !== 'number') return undefined;
  return {
    boot: section['boot'],
    ...(typeof section['ready'] === 'number' && { ready: section['ready'] }),
    components: list.flatMap((one) => readComponentTimeline(fields(one))),
  };
}

function readComponentTimeline(one: Fields | undefined): ComponentTimeline[] {
  const [name, began, healthy, steps] = [
    text(one?.['name']),
    one?.['began'],
    one?.['healthy'],
    one?.['steps'],
  ];
  if (name === undefined || typeof began !== 'number') return [];
  return [
    {
      name,
      after: names(one?.['after']),
      began,
      ...(typeof healthy === 'number' && { healthy }),
      steps: Array.isArray(steps) ? steps.flatMap(readStep) : [],
    },
  ];
}

function readStep(step: unknown): TimelineStep[] {
  const [from, to, words] = Array.isArray(step) ? step : [];
  if (typeof from !== 'number' || typeof to !== 'number') return [];
  return [{ from, to, words: text(words) ?? '' }];
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string').map(harmless) : [];
}

/** Text that cannot move the cursor of a terminal. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? harmless(value) : undefined;
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
