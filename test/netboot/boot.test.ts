import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withFolder } from '../fixtures.ts';
import { needs } from '../needs.ts';
import { macs } from '../pxe/fleet.ts';
import { biosDisk, FROM_DISK, uefiDisk } from './disk.ts';
import { powerOn } from './machine.ts';
import { openLan } from './network.ts';
import { together } from './together.ts';
import { armWeb, IMAGE, IPXE, layTree, REACHED, type Tree } from './tree.ts';

/**
 * Real firmware, real boot loaders and the real installer of Debian 12, on a network of their own with the
 * configuration that `stackseed pxe` wrote. Without STACKSEED_LONG=1 only what CI has the time for;
 * STACKSEED_BOOT=REGEX runs those whose name it fits.
 */
const test = suite('netboot');
const checked = needs(test, 'root', 'qemu-system-x86_64', 'dnsmasq', 'ip', 'mformat');
const only = process.env['STACKSEED_BOOT'];
function proof(name: string, run: (name: string) => Promise<void>): void {
  if (only !== undefined && !new RegExp(only).test(name)) return;
  checked(
    name,
    together(() => run(name)),
  );
}
function long(name: string, run: (name: string) => Promise<void>): void {
  if (only !== undefined || process.env['STACKSEED_LONG'] === '1') proof(name, run);
}
const SHIM = join(IMAGE, 'debian-installer/amd64/bootnetx64.efi');
const GRUB = join(IMAGE, 'debian-installer/amd64/grubx64.efi');
/** Seconds; a machine by itself takes a third of it. On one that is busy STACKSEED_BOOT_PATIENCE=N makes them N times as many. */
const LIMIT = 540 * Number(process.env['STACKSEED_BOOT_PATIENCE'] ?? 1);

/** No answer for PXE's plain clients is given to iPXE, which QEMU's BIOS has for a PXE ROM: taken for one here. */
const asPlainRom = (conf: string) => conf.replace(/^dhcp-userclass=.*$/m, '');

interface Case {
  firmware: 'bios' | 'uefi';
  dhcp?: 'authoritative' | 'proxy';
  conf?: (conf: string) => string;
  args?: string[];
  /** A request that shows the way it came. */
  by: RegExp;
}

/** From power on to the preseed, with nobody answering anything. */
const installs =
  ({ firmware, dhcp = 'authoritative', conf = String, args = [], by }: Case) =>
  (what: string): Promise<void> =>
    withFolder(async (folder) => {
      const tree = await layTree(folder, dhcp);
      const preseed = await armWeb(tree);
      const disk = join(folder, 'disk.raw');
      layDisk(firmware, disk, folder);
      const lan = await openLan({ folder, tree: tree.tree, conf: conf(tree.conf), site: dhcp === 'proxy' });
      const nic = { mac: macs.web, tap: lan.port() };
      const machine = powerOn({ name: 'web', firmware, within: lan.within, nic, disk, folder, args });
      try {
        const asked = (path: string) => lan.requests().some((line) => line.includes(` ${path} `));
        const at = await machine.until('fetches its preseed', () => asked(preseed), LIMIT);
        const end = await machine.until('asks nothing', () => asked(REACHED), LIMIT);
        console.log(`  ${what}: preseed after ${at.toFixed(0)} s, taken after ${end.toFixed(0)} s`);
        assert.match(`${lan.requests().join('\n')}\n${lan.log()}`, by);
        if (dhcp === 'proxy') assert.not.match(lan.log(), /DHCPACK.* 10\.77\.0\.2[0-9][0-9]/);
      } catch (error) {
        throw new Error(
          `${(error as Error).message}\n${lan.log().slice(-3000)}\n${lan.requests().join('\n')}`,
        );
      } finally {
        await machine.off();
        lan.close();
      }
    });

type Place = Parameters<typeof uefiDisk>[3];

function layDisk(firmware: 'bios' | 'uefi', disk: string, folder: string, place?: Place): void {
  if (firmware === 'bios') biosDisk(disk);
  else uefiDisk(disk, { shim: SHIM, grub: GRUB }, folder, place);
}

/** Machines that are not armed, one of the inventory and a stranger, come to their disks by way of the network. */
const bootsDisk =
  (firmware: 'bios' | 'uefi', conf: (conf: string) => string, by: RegExp, place?: Place) =>
  (what: string): Promise<void> =>
    withFolder(async (folder) => {
      const tree: Tree = await layTree(folder, 'authoritative');
      await armWeb(tree);
      const lan = await openLan({ folder, tree: tree.tree, conf: conf(tree.conf) });
      try {
        for (const [name, mac] of [
          ['db', macs.db],
          ['stranger', '52:54:00:77:00:99'],
        ] as const) {
          const disk = join(folder, `${name}.raw`);
          layDisk(firmware, disk, folder, place);
          const nic = { mac, tap: lan.port() };
          const machine = powerOn({ name, firmware, within: lan.within, nic, disk, folder });
          try {
            const at = await machine.until(
              'boots its disk',
              () => machine.console().includes(FROM_DISK),
              LIMIT,
            );
            console.log(`  ${what}: ${name}: disk after ${at.toFixed(0)} s`);
            assert.match(`${lan.requests().join('\n')}\n${lan.log()}`, by);
            assert.not.match(lan.requests().join('\n'), /\/t\/|linux/);
          } catch (error) {
            throw new Error(
              `${(error as Error).message}\n${lan.log().slice(-3000)}\n${lan.requests().join('\n')}`,
            );
          } finally {
            await machine.off();
          }
        }
      } finally {
        lan.close();
      }
    });

checked('the installer and the firmware are there', () => {
  for (const file of [SHIM, GRUB, IPXE, '/usr/share/OVMF/OVMF_CODE_4M.fd']) assert.ok(existsSync(file), file);
});

proof(
  'BIOS, iPXE over HTTP: to the preseed',
  installs({ firmware: 'bios', by: /ipxe\/hosts\/52-54-00-77-00-11\.ipxe/ }),
);

proof(
  'UEFI, signed GRUB: to the preseed',
  installs({ firmware: 'uefi', by: /sent .*hosts\/52:54:00:77:00:11\.cfg/ }),
);

long(
  'BIOS, PXELINUX: to the preseed',
  installs({ firmware: 'bios', conf: asPlainRom, by: /sent .*pxelinux\.cfg\/01-52-54-00-77-00-11/ }),
);

long(
  'BIOS, iPXE beside another DHCP server: to the preseed',
  installs({ firmware: 'bios', dhcp: 'proxy', by: /ipxe\/hosts\/52-54-00-77-00-11\.ipxe/ }),
);

long(
  'BIOS, PXELINUX beside another DHCP server: to the preseed',
  installs({ firmware: 'bios', dhcp: 'proxy', conf: asPlainRom, by: /sent .*01-52-54-00-77-00-11/ }),
);

long(
  'UEFI, iPXE beside another DHCP server: to the preseed',
  installs({ firmware: 'uefi', dhcp: 'proxy', by: /ipxe\/hosts\/52-54-00-77-00-11\.ipxe/ }),
);

long(
  'UEFI HTTP boot: to the preseed',
  installs({
    firmware: 'uefi',
    args: ['IPv4PXESupport', 'IPv6PXESupport'].flatMap((name) => [
      '-fw_cfg',
      `name=opt/org.tianocore/${name},string=n`,
    ]),
    by: /10\.77\.0\.11 \/ipxe\.efi /,
  }),
);

long('BIOS, iPXE: who is not armed boots its disk', bootsDisk('bios', String, /ipxe\/boot\.ipxe/));

long(
  'BIOS, PXELINUX: who is not armed boots its disk',
  bootsDisk('bios', asPlainRom, /sent .*pxelinux\.cfg\/default/),
);

long(
  'UEFI, iPXE: who is not armed boots its disk',
  // iPXE gives back to the firmware, which looks by itself.
  bootsDisk(
    'uefi',
    (conf) => conf.replaceAll(',bootx64.efi', ',ipxe.efi'),
    /ipxe\/boot\.ipxe/,
    'BOOT/BOOTX64.EFI',
  ),
);

long('UEFI, GRUB: who is not armed boots its disk', bootsDisk('uefi', String, /sent .*grub\.cfg/));

test.run();
