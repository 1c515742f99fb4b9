export const STATES = ['waiting', 'converging', 'failed', 'halted', 'healthy', 'unhealthy'] as const;
export type State = (typeof STATES)[number];

export interface ComponentReport {
  name: string;
  state: State;
  /** Seconds that state and reason have been the same, by the host's own clock; absent: never started. */
  age?: number;
  attempts: number;
  /** Printable, on one line. */
  reason: string;
}

export interface GaleraReport {
  state: string;
  history?: string;
  /** Absent while it is not known. */
  position?: number;
  /** "primary", "nonprimary", "starting", "no", or "foreign": Primary of another history. */
  running: string;
  synced: boolean;
  /** Absent where the host does not tell it. */
  serving?: boolean;
  /** Host that has its promise. */
  promised?: string;
  /** Digest of the list of controllers that it goes by. */
  list?: string;
}

export interface PacemakerReport {
  quorate: boolean;
  dc?: string;
  /** Virtual addresses, and whether this host holds them. */
  vips: Map<string, boolean>;
  haproxy?: boolean;
}

export interface RabbitmqReport {
  state: string;
  /** "yes", "no", or what else is the matter: "starting", "paused", "hung". */
  running: string;
  cluster: string[];
  alive: string[];
}

/** What a component logged, until it logged something else; seconds since the host was switched on. */
export interface TimelineStep {
  from: number;
  to: number;
  words: string;
}

export interface ComponentTimeline {
  name: string;
  /** Components that had to be healthy before this one began. */
  after: string[];
  /** Seconds since the host was switched on. */
  began: number;
  /** Absent while it has not been. */
  healthy?: number;
  /** The longest ones, in the order of time. */
  steps: TimelineStep[];
}

/** How a host came up since it was switched on. */
export interface Timeline {
  /** When that was, in seconds since 1970 by its own clock. */
  boot: number;
  /** Seconds since then; absent while not all of its components have been healthy. */
  ready?: number;
  components: ComponentTimeline[];
}

/** What a host tells of itself. A section is absent where the host has none or could not tell in time. */
export interface Report {
  host: string;
  boot: string;
  /** Seconds since 1970 on the host's clock. */
  time: number;
  /** Id of the cluster, on controllers. */
  cluster?: string;
  /** Absent where the host could not tell. */
  components?: ComponentReport[];
  galera?: GaleraReport;
  pacemaker?: PacemakerReport;
  rabbitmq?: RabbitmqReport;
  /** Told only when it is asked for. */
  timeline?: Timeline;
}

/** What became of a question: nobody took the connection, what came is no good answer, or a report. */
export type Outcome =
  | { kind: 'answer'; report: Report }
  | { kind: 'silent' | 'unreadable' | 'unasked'; why: string };

export interface HostStatus {
  name: string;
  address?: string;
  outcome: Outcome;
  /** Milliseconds since it answered last, or since it was asked first; absent when it answered now. */
  missing?: number;
}
