import * as assert from 'uvu/assert';
import { progress } from '../images/run.ts';
import type { Machine } from './machine.ts';
import { say } from './memo.ts';

const seed = '/var/lib/stackseed/seed';

/** Conditions of the shell that become true in a first boot. */
export const NETWORK_WRITTEN = '[ -e /etc/network/interfaces.d/50-cloud-init ]';
export const FILES_BEING_WRITTEN = `[ -e ${seed}/components ]`;

/** Waits in the machine, so that hardly any time passes between the moment and the cut. */
export async function cutAt(machine: Machine, seen: string): Promise<void> {
  await say(machine, `until ${seen}; do sleep 0.02; done > /dev/null 2>&1`, 1800);
  await machine.powerCut();
  progress(`${machine.name} lost power ${machine.age().toFixed(1)} s after it was switched on`);
}

/** What must hold of a host, however it got there. */
export async function checkHost(machine: Machine, host: string): Promise<void> {
  const { stdout, code } = await machine.exec('stackseed-node status --json');
  assert.is(code, 0, stdout);
  assert.is(await say(machine, 'hostname -f'), `${host}.pikesaku.net`);
  assert.is(await say(machine, 'cloud-init status'), 'status: done');
  assert.is(await say(machine, 'systemctl --failed --no-legend'), '');
  assert.is(await say(machine, 'dpkg --audit'), '');
  // Every file of the seed is whole, and in its place.
  await say(machine, `grep -v '^#' ${seed}/seed.list | sha256sum --check --quiet`);
  const astray = `
cd ${seed}/components
for list in */files.list; do
  while read -r mode owner group path; do
    cmp "\${list%files.list}files$path" "$path"
    [ "$(stat -c '0%a %U %G' "$path")" = "$mode $owner $group" ] || echo "$path is not $mode $owner $group"
  done < "$list"
done 2>&1`;
  assert.is(await say(machine, astray), '');
  assert.is(await say(machine, 'find /etc/ssh -name "ssh_host_*" -empty'), '');
  assert.match(await say(machine, 'runuser -u operator -- sudo -n id'), /^uid=0/);
  await say(machine, 'systemctl is-active ssh && nft list table inet stackseed');
}
