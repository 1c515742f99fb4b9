import type { Inventory } from './schema.ts';

export type Target = NonNullable<Inventory['target']>;

/** The most that a way of bringing user-data to a host carries, in bytes, and whether they are counted after base64. */
export interface SeedLimit {
  bytes: number;
  encoding: 'raw' | 'base64';
  /** What sets the limit, for the finding. */
  name: string;
}

/**
 * - ec2: 16 KB before base64 (AWS EC2 User Guide, "Work with instance user data").
 * - openstack: the base64 text may have 65535 characters (nova/compute/api.py, MAX_USERDATA_SIZE; the
 *   same in the API schema of `servers`).
 * - vmware: a guestinfo value has at most 64 KiB (open-vm-tools lib/include/guest_msg_def.h,
 *   GUESTMSG_MAX_IN_SIZE), and cloud-init reads user-data from there in base64.
 * - iso: none.
 */
export const seedLimits: Record<Target, SeedLimit | undefined> = {
  iso: undefined,
  ec2: { bytes: 16 * 1024, encoding: 'raw', name: 'EC2' },
  openstack: { bytes: 65_535, encoding: 'base64', name: 'OpenStack' },
  vmware: { bytes: 64 * 1024, encoding: 'base64', name: 'VMware guestinfo' },
};

/** What user-data of so many bytes counts as against a limit. */
export function countedBytes(limit: SeedLimit, bytes: number): number {
  return limit.encoding === 'raw' ? bytes : Math.ceil(bytes / 3) * 4;
}
