import type { HostStatus, Report, State } from '../status/types.ts';
import type { HostRecord, Line, Stage } from './types.ts';

/** How a host is to be looked at: as it should be, on its way, in need of somebody, or never heard of. */
export type Level = 'well' | 'busy' | 'wrong' | 'none';

export interface ComponentView {
  name: string;
  state: State;
  /** Milliseconds since 1970; absent: never started. */
  since?: number;
  reason: string;
}

/** A host as the page shows it. */
export interface HostView {
  name: string;
  level: Level;
  /** What it is doing, in words. */
  stage: string;
  /** What it waits for; empty where it waits for nothing. */
  waits: string;
  /** Milliseconds since 1970. */
  since?: number;
  armed: boolean;
  components: ComponentView[];
  /** What it said last, oldest first. */
  lines: Line[];
}

const WORDS: Record<Stage, { stage: string; waits: string }> = {
  disk: { stage: 'boots its disk', waits: 'for its system to answer' },
  asked: { stage: 'boot loader', waits: 'for the kernel to be fetched' },
  loads: { stage: 'loads the installer', waits: 'for the installer to ask for its answers' },
  installs: { stage: 'installer', waits: 'for the installation' },
  copies: { stage: 'installer, copies the seed', waits: 'for the installation to end' },
  installed: { stage: 'installed', waits: 'for its first boot' },
  home: { stage: 'first boot done', waits: 'for its components' },
};

export interface Known {
  record?: HostRecord | undefined;
  /** What came of the last question; absent before the first. */
  status?: HostStatus | undefined;
  armed: boolean;
  now: number;
}

/** Puts together what a host says itself and what was seen of its machine; the later counts. */
export function viewOf(name: string, { record, status, armed, now }: Known): HostView {
  const base = { name, armed, lines: record?.lines ?? [], components: [] };
  if (status?.outcome.kind === 'answer')
    return { ...base, ...fromReport(status.outcome.report, record, now) };
  const nodeLast = record?.node !== undefined && record.nodeAt >= (record.stage ? record.stageAt : 0);
  if (record && nodeLast) {
    if (record.node === 'silent') {
      const why = status && 'why' in status.outcome ? status.outcome.why : '';
      return {
        ...base,
        level: 'wrong',
        stage: 'silent',
        waits: `for an answer: ${why}`,
        since: record.nodeAt,
      };
    }
    const level = record.node === 'healthy' ? 'well' : 'busy';
    return { ...base, level, stage: record.node ?? '', waits: '', since: record.nodeAt };
  }
  if (record?.stage) return { ...base, level: 'busy', ...WORDS[record.stage], since: record.stageAt };
  const waits = armed ? 'for its machine to be switched on' : '';
  return { ...base, level: 'none', stage: 'not seen', waits };
}

type Told = Omit<HostView, 'name' | 'armed' | 'lines'>;

function fromReport(report: Report, record: HostRecord | undefined, now: number): Told {
  const components = (report.components ?? []).map(({ name, state, age, reason }): ComponentView => {
    return { name, state, reason, ...(age !== undefined && { since: now - age * 1000 }) };
  });
  const since = record?.node === undefined ? undefined : record.nodeAt;
  const base = { components, ...(since !== undefined && { since }) };
  if (components.length === 0) return { ...base, level: 'busy', stage: 'first boot', waits: 'for its seed' };
  const open = components.filter(({ state }) => state !== 'healthy');
  const [first] = [...open].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state));
  if (!first) return { ...base, level: 'well', stage: 'healthy', waits: '' };
  const level = ['halted', 'failed'].includes(first.state) ? 'wrong' : 'busy';
  return {
    ...base,
    level,
    stage: first.state === 'unhealthy' ? 'unhealthy' : 'converging',
    waits: `${first.name}: ${first.reason || first.state}`,
    ...(first.since !== undefined && { since: first.since }),
  };
}

/** Whose reason is the one to show: what an operator must do something about comes first. */
const URGENCY: State[] = ['halted', 'failed', 'unhealthy', 'converging', 'waiting', 'healthy'];
