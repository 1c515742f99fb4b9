import { join } from 'node:path';
import { suite } from 'uvu';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { type MachineOptions, powerOn } from './machine.ts';
import { together } from './together.ts';
import { LAYS_SEED, layTree, succeeded } from './tree.ts';

/** The installer ISO on machines that have no network at all. STACKSEED_BOOT=REGEX chooses; see boot.test.ts. */
const test = suite('install-iso');
const checked = needs(test, 'root', 'qemu-system-x86_64', 'xorriso', 'mformat');
const only = process.env['STACKSEED_BOOT'];

/** Said when the preseed in the initrd was taken, and what lies beside it was fetched from there. */
const REACHED = "the preseed was read: INSTALL_HOST='web'";
const AT_END =
  `${LAYS_SEED}; ` +
  'echo "the preseed was read: $(grep INSTALL_HOST /tmp/stackseed/install.env)" > /dev/ttyS0; poweroff -f';
const LIMIT = 540 * Number(process.env['STACKSEED_BOOT_PATIENCE'] ?? 1);

async function reads(what: string, firmware: MachineOptions['firmware'], kind: 'cd' | 'usb'): Promise<void> {
  await withFolder(async (folder) => {
    const { tree, out } = await layTree(folder, 'proxy', AT_END);
    await succeeded(['install-iso', 'web', '-o', tree, '--out', out, '--to', folder]);
    const machine = powerOn({
      name: 'web',
      firmware,
      folder,
      medium: { file: join(folder, 'web.iso'), kind },
    });
    try {
      const at = await machine.until('reads its preseed', () => machine.console().includes(REACHED), LIMIT);
      console.log(`  ${what}: preseed taken after ${at.toFixed(0)} s`);
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
  checked(
    name,
    together(() => reads(name, firmware, kind)),
  );
}

test.run();
