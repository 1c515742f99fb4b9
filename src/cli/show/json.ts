import type { Fleet } from '../../generate/types.ts';
import type { HostPlan } from '../../plan/types.ts';
import { findingJson } from '../../report/print.ts';
import { shownValues } from './values.ts';

/** The plan for programs: what HostPlan says, with the places of values and without password hashes. */
export function planJson(fleet: Fleet): Record<string, unknown> {
  return {
    fleet: fleet.plan.fleet,
    hosts: fleet.plan.hosts.map((host) => hostJson(host, fleet)),
    findings: fleet.findings.map(findingJson),
  };
}

function hostJson(plan: HostPlan, fleet: Fleet): Record<string, unknown> {
  const { explain: _, install, ...host } = plan;
  const { rootPasswordHash, ...shown } = install ?? {};
  return {
    ...host,
    ...(install && { install: { ...shown, rootPassword: rootPasswordHash !== undefined } }),
    users: host.users.map(({ passwordHash, ...user }) => ({ ...user, password: passwordHash !== undefined })),
    values: shownValues(plan, fleet),
  };
}
