import type { HostPlan, Plan } from '../plan/types.ts';
import { type Secrets, secretValues } from '../secrets/index.ts';
import { askHost } from './exchange.ts';
import type { HostStatus, Outcome } from './types.ts';

/** Connections at once. */
const AT_ONCE = 64;

/** Sections that are asked of a host that has the component of that name. */
const CLUSTERED = ['galera', 'pacemaker', 'rabbitmq'];

export interface AskOptions {
  secrets: Secrets;
  /** Seconds for each host. */
  timeout: number;
  port: number;
  /** Sections to be asked for; absent: all that tell how the host stands now. */
  sections?: string[];
  signal?: AbortSignal;
}

/** Asks every present host of the plan on its management address, many at a time; in the plan's order. */
export async function askFleet({ hosts }: Plan, options: AskOptions): Promise<HostStatus[]> {
  const present = hosts.filter(({ state }) => state === 'present');
  const made: HostStatus[] = new Array(present.length);
  const queue = present.entries();
  const worker = async () => {
    for (const [index, host] of queue) {
      const address = manageAddress(host);
      const outcome = await askOne(host, address, options);
      made[index] = { name: host.name, ...(address !== undefined && { address }), outcome };
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, present.length) }, worker));
  return made;
}

async function askOne(host: HostPlan, address: string | undefined, options: AskOptions): Promise<Outcome> {
  const secret = host.secrets.find(({ label, component }) => label === 'report' && component === 'report');
  if (!secret) return { kind: 'unasked', why: 'it has no component report' };
  if (address === undefined)
    return { kind: 'unasked', why: 'it has no fixed address on a management network' };
  const { secrets, sections = sectionsOf(host), ...rest } = options;
  const { format, overlaps = false } = secret;
  const [key] = secretValues(secrets, 'report', { format, overlaps, host: host.name });
  return askHost({ ...rest, host: host.name, address, key, sections });
}

function sectionsOf({ components }: HostPlan): string[] {
  return ['components', ...CLUSTERED.filter((name) => components.includes(name))];
}

function manageAddress(host: HostPlan): string | undefined {
  return host.networks.find(({ functions }) => functions.includes('manage'))?.address;
}

/** Notes since when a host has not answered, from one round of --watch to the next. */
export function noteMissing(statuses: HostStatus[], heard: Map<string, number>, now: number): HostStatus[] {
  return statuses.map((status) => {
    const last = heard.get(status.name) ?? now;
    const answered = status.outcome.kind === 'answer';
    heard.set(status.name, answered ? now : last);
    return answered ? status : { ...status, missing: now - last };
  });
}
