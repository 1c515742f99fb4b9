import type { FleetView, HostPlan, User } from '../plan/types.ts';
import type { NodeFile } from './component.ts';
import { isPlainText, yamlItem, yamlTextOfList } from './yaml-text.ts';

/**
 * user-data of a host. cloud-init lays down files, users and network and starts stackseed.target;
 * everything else is systemd's. `bootcmd` runs at every boot and has write_files and its like run
 * again where a power cut kept them from ending: cloud-init marks a module as done before it runs.
 */
export function userData(host: HostPlan, fleet: FleetView, files: NodeFile[], bootcmd: string): Buffer {
  const config = {
    // The component identity sets the name. cloud-init records a name that it sets in a file which a
    // power cut may leave empty, and then fails at every later boot (its pull request 1967).
    preserve_hostname: true,
    manage_etc_hosts: false,
    locale: 'C.UTF-8',
    ssh_pwauth: false,
    // A new seed must not change the host keys of a living machine.
    ssh_deletekeys: false,
    // Debian has system groups of common names, such as operator, and useradd fails where one is there
    // already. Groups that are there are left alone by this, others made.
    groups: host.users.map((user) => user.name),
    users: host.users.map(account),
    apt: { preserve_sources_list: true },
    bootcmd: [['sh', '-c', bootcmd]],
    write_files: [],
    runcmd: [
      ['systemctl', 'daemon-reload'],
      ['systemctl', '--no-block', 'start', 'stackseed.target'],
    ],
  };
  return yamlTextOfList(
    config,
    'write_files',
    files.map(fileText),
    `#cloud-config\n# ${host.fqdn}, fleet ${fleet.name}: written by stackseed, not to be edited.\n`,
  );
}

function account(user: User): Record<string, unknown> {
  return {
    name: user.name,
    primary_group: user.name,
    shell: user.shell,
    lock_passwd: user.passwordHash === undefined,
    ...(user.passwordHash && { passwd: user.passwordHash }),
    ...(user.sudo && { sudo: 'ALL=(ALL) NOPASSWD:ALL' }),
    ...(user.sshKeys.length > 0 && { ssh_authorized_keys: user.sshKeys }),
  };
}

/** The texts of files that the library holds word for word, by their bytes: every host has them. */
const known = new WeakMap<Buffer, Map<string, Buffer>>();

function fileText(file: NodeFile): Buffer {
  const { path, mode, owner, group, content } = file;
  const key = [path, mode, owner, group].join('\0');
  const ofBytes = known.get(content) ?? new Map<string, Buffer>();
  const text = ofBytes.get(key) ?? Buffer.from(yamlItem('write_files', writeFile(file)));
  known.set(content, ofBytes.set(key, text));
  return text;
}

function writeFile(file: NodeFile): Record<string, unknown> {
  const plain = isPlainText(file.content);
  return {
    path: file.path,
    permissions: file.mode,
    owner: `${file.owner}:${file.group}`,
    ...(plain ? {} : { encoding: 'b64' }),
    content: file.content.toString(plain ? 'utf8' : 'base64'),
  };
}
