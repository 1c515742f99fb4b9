/** Where something stands in a file. Lines and columns count from 1; `length` is in UTF-16 units, at least 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
  length: number;
  /** The whole source line, without its line break. */
  source: string;
}

export type Severity = 'error' | 'warning';

/**
 * One thing wrong with the user's input. `code` is stable ("address-duplicate"), `path` is the
 * place as the user writes it ("hosts.cnt1.networks.manage.mac"), `message` says what is wrong and
 * `hint` what to write instead.
 */
export interface Finding {
  severity: Severity;
  code: string;
  path: string;
  message: string;
  hint?: string;
  place?: Place;
  /** Other places that belong to it, such as the first use of a duplicate address. */
  also?: { message: string; place: Place }[];
  /** The source lines hold a secret and are not printed. */
  masked?: boolean;
}

/** Thrown where going on makes no sense; carries everything found so far. The command line prints it and exits 1. */
export class FindingsError extends Error {
  readonly findings: Finding[];
  constructor(findings: Finding[]) {
    super(findings.map((finding) => finding.message).join('; '));
    this.name = 'FindingsError';
    this.findings = findings;
  }
}
