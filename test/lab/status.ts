import { table } from '../../src/cli/table.ts';
import type { LabHost } from './host.ts';

/** What `stackseed-node status --json` prints. */
export interface NodeStatus {
  ready: boolean;
  components: { name: string; state: string; since: number | null; attempts: number; reason: string }[];
}

export interface HostStatus {
  host: string;
  on: boolean;
  /** Absent while the host is off or the engine is not there yet. */
  node?: NodeStatus;
}

export async function statusOf(host: LabHost): Promise<HostStatus> {
  const on = await host.isOn();
  if (!on) return { host: host.name, on };
  const { stdout } = await host.exec(['stackseed-node', 'status', '--json'], { timeout: 20 });
  const node = parsed(stdout);
  return { host: host.name, on, ...(node && { node }) };
}

function parsed(text: string): NodeStatus | undefined {
  try {
    return JSON.parse(text) as NodeStatus;
  } catch {
    return undefined;
  }
}

/** Components against hosts, and below the reasons of those that are not healthy. `now` in seconds since 1970. */
export function statusTable(hosts: HostStatus[], now: number): string {
  const names = new Set(hosts.flatMap(({ node }) => (node?.components ?? []).map(({ name }) => name)));
  const rows = [...names].map((name) => [name, ...hosts.map((host) => cell(host, name, now))]);
  const head = ['COMPONENT', ...hosts.map(({ host }) => host.toUpperCase())];
  const all = ['', ...hosts.map(standing)];
  const open = hosts.flatMap(({ host, node }) =>
    (node?.components ?? [])
      .filter(({ state, reason }) => state !== 'healthy' && reason !== 'not started yet' && reason !== '')
      .map(({ name, reason }) => [host, name, reason]),
  );
  return table([head, ...rows, all]) + (open.length > 0 ? `\n${table(open)}` : '');
}

function standing({ on, node }: HostStatus): string {
  return !on ? 'off' : !node ? 'starting' : node.ready ? 'READY' : '…';
}

function cell({ node }: HostStatus, name: string, now: number): string {
  const found = node?.components.find((component) => component.name === name);
  if (!found) return '';
  return found.since === null ? found.state : `${found.state} ${Math.max(0, Math.round(now - found.since))}s`;
}
