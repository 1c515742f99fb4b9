import type { Finding } from '../report/finding.ts';
import { byIpmi } from './ipmi.ts';
import { byRedfish } from './redfish.ts';
import { type Bmc, type Order, type Power, PowerError } from './types.ts';

/** Machines at once: a rack that starts as one may trip its breaker, and BMCs are slow. */
const AT_ONCE = 8;

export interface Outcome {
  host: string;
  /** Absent where it failed. */
  power?: Power;
}

/** Gives the order to every machine; what fails at one of them is a finding, and the others go on. */
export async function orderAll(
  bmcs: Bmc[],
  order: Order,
  done: (host: string) => void,
): Promise<{ outcomes: Outcome[]; findings: Finding[] }> {
  const outcomes: Outcome[] = new Array(bmcs.length);
  const findings: Finding[][] = new Array(bmcs.length);
  const queue = bmcs.entries();
  const worker = async () => {
    for (const [index, bmc] of queue) {
      const { host } = bmc;
      try {
        const by = /^ipmi:/.test(bmc.address) ? byIpmi : byRedfish;
        outcomes[index] = { host, power: await by(bmc, order) };
        findings[index] = [];
      } catch (error) {
        if (!(error instanceof PowerError)) throw error;
        outcomes[index] = { host };
        findings[index] = [failed(bmc, order, error)];
      }
      done(host);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, bmcs.length) }, worker));
  return { outcomes, findings: findings.flat() };
}

function failed({ host, address }: Bmc, { act }: Order, { message, hint }: PowerError): Finding {
  return {
    severity: 'error',
    code: 'power',
    path: `hosts.${host}.bmc`,
    message: `${act} of ${host} by ${address}: ${message}`,
    ...(hint !== undefined && { hint }),
  };
}
