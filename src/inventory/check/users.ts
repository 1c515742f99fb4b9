import type { Path } from '../../document/types.ts';
import type { Check } from './context.ts';
import { eachLayer } from './layers.ts';

/** Accounts that base-passwd and the packages of every Debian and Ubuntu make for themselves. */
const SYSTEM = new Set(
  (
    'daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt ' +
    'messagebus sshd syslog uuidd tcpdump chrony _chrony dnsmasq memcache statd mysql rabbitmq haproxy ' +
    'hacluster keystone nova glance neutron cinder ceilometer redis'
  ).split(' '),
);

/** Groups that give away root or part of it (base-passwd's, and those of virtual machines): an account of that name would be in it. */
const GROUPS = new Set(
  (
    'adm tty disk dialout fax voice cdrom floppy tape sudo wheel audio dip src shadow utmp video sasl plugdev staff ' +
    'users nogroup input kvm render crontab netdev docker libvirt lxd'
  ).split(' '),
);

export function checkUsers(check: Check): void {
  const first = new Map<string, Path>();
  const open = new Set<string>();
  eachLayer(check.inventory, ({ users }, layer) => {
    for (const [name, user] of Object.entries(users ?? {})) {
      const path = [...layer, 'users', name];
      if (!first.has(name)) first.set(name, path);
      if ((user.ssh_keys?.length ?? 0) > 0 || user.password_hash !== undefined) open.add(name);
      const account = SYSTEM.has(name) || name.startsWith('systemd-');
      if (account || GROUPS.has(name)) {
        const message = `${name} is ${account ? 'an account' : 'a group'} of the system`;
        check.report({ code: 'user-reserved', path, at: 'key', message, hint: 'choose another name' });
      }
    }
  });
  for (const [name, path] of first) {
    if (open.has(name)) continue;
    const message = `${name} has neither an SSH key nor a password, and can never log in`;
    check.report({ severity: 'warning', code: 'user-locked', path, at: 'key', message, whole: [path] });
  }
  if (first.size === 0 && check.hosts.length > 0) {
    const message = 'there are no users: nobody can log in to the hosts';
    const hint = 'add users with an SSH key each';
    check.report({
      severity: 'warning',
      code: 'no-users',
      path: ['users'],
      message,
      hint,
      about: [['users']],
    });
  }
}
