import { join } from 'node:path';
import { suite } from 'uvu';
import { stackseed } from '../cli/command.ts';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { layInstaller, macs } from '../pxe/fleet.ts';
import { type MachineOptions, powerOn } from './machine.ts';
import { layTree } from './tree.ts';

/** The installer ISO on machines that have no network at all. STACKSEED_BOOT=REGEX chooses; see boot.test.ts. */
const test = suite('install-iso');
const checked = needs(test, 'root', 'qemu-system-x86_64', 'xorriso', 'mformat');
const only = process.env['STACKSEED_BOOT'];

/** Said when the preseed in the initrd was taken, and the seed beside it is whole. */
const REACHED = 'the preseed was read: #cloud-config of web';
const PRESEED =
  'd-i preseed/early_command string preseed_fetch user-data /tmp/user-data; ' +
  'echo "the preseed was read: $(cat /tmp/user-data)" > /dev/ttyS0; poweroff -f\n';
const LIMIT = 420;

async function reads(firmware: MachineOptions['firmware'], kind: 'cd' | 'usb'): Promise<void> {
  await withFolder(async (folder) => {
    const { tree, out } = await layTree(folder, 'proxy');
    const files = { 'preseed.cfg': PRESEED, 'user-data': '#cloud-config of web\n' };
    layInstaller(out, 'web', macs.web, files, ['auto=true', 'priority=critical', 'console=ttyS0,115200n8']);
    const ran = await stackseed(['install-iso', 'web', '-o', tree, '--out', out, '--to', folder]);
    if (ran.status !== 0) throw new Error(ran.stderr);
    const machine = powerOn({
      name: 'web',
      firmware,
      folder,
      medium: { file: join(folder, 'web.iso'), kind },
    });
    try {
      const at = await machine.until('reads its preseed', () => machine.console().includes(REACHED), LIMIT);
      console.log(`  preseed taken after ${at.toFixed(0)} s`);
    } finally {
      await machine.off();
    }
  });
}

for (const [firmware, kind, long] of [
  ['bios', 'cd', false],
  ['uefi', 'usb', false],
  ['bios', 'usb', true],
  ['uefi', 'cd', true],
] as const) {
  const name = `${firmware.toUpperCase()}, installer ISO as ${kind}: to the preseed, without a server`;
  if (only === undefined ? long && process.env['STACKSEED_LONG'] !== '1' : !new RegExp(only).test(name))
    continue;
  checked(name, () => reads(firmware, kind));
}

test.run();
