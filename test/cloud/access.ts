import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Lab } from '../lab/lab.ts';

/** What somebody outside needs to use the cloud at its public address. */
export interface Access {
  /** The name in its certificate and in its URLs. */
  name: string;
  /** Path of the fleet's authority, PEM. */
  authority: string;
  /** The administrator's. */
  password: string;
}

export async function accessTo(lab: Lab): Promise<Access> {
  const secrets: { ca: { certificate: string } } = parse(
    readFileSync(join(lab.folder, 'secrets.yaml'), 'utf8'),
  );
  const authority = join(lab.folder, 'ca.pem');
  writeFileSync(authority, secrets.ca.certificate);
  const openrc = await lab.host('cnt1').must(['cat', '/root/openrc']);
  const url = (await lab.host('cnt1').must(['cat', '/etc/stackseed/openstack/public'])).trim();
  return {
    name: new URL(url).hostname,
    authority,
    password: /^export OS_PASSWORD=(.*)$/m.exec(openrc)?.[1] ?? '',
  };
}
