import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkSchema } from '../document/check-schema.ts';
import { readYaml } from '../document/read-yaml.ts';
import type { Document } from '../document/types.ts';
import type { Finding } from '../report/finding.ts';
import { toComponent } from './component.ts';
import { componentFile, NAME, PLATFORM_NAME, platformFile, roleFile } from './schema.ts';
import type { Component, Platform, Role } from './types.ts';

/** One thing of a library folder, with the file that it was read from. */
export interface Entry<T> {
  name: string;
  document: Document;
  /** Whether it says that it takes the place of another one of its name. */
  replaces: boolean;
  /** Absent where the file is broken. */
  value?: T;
}

export interface Entries {
  platforms: Entry<Platform>[];
  roles: Entry<Role>[];
  components: Entry<Component>[];
  findings: Finding[];
}

/** Reads one library folder: platforms/, roles/ and components/, each of which may be absent. */
export function readFolder(folder: string): Entries {
  const entries: Entries = { platforms: [], roles: [], components: [], findings: [] };
  const present = ['platforms', 'roles', 'components'].filter((name) => isFolder(join(folder, name)));
  if (present.length === 0) {
    entries.findings.push(unusable(folder));
    return entries;
  }
  for (const { name, file } of yamlFiles(join(folder, 'platforms'), PLATFORM_NAME, entries.findings)) {
    entries.platforms.push(readPlatform(name, file, entries.findings));
  }
  for (const { name, file } of yamlFiles(join(folder, 'roles'), NAME, entries.findings)) {
    entries.roles.push(readRole(name, file, entries.findings));
  }
  for (const name of componentNames(join(folder, 'components'), entries.findings)) {
    entries.components.push(readComponent(name, join(folder, 'components', name), entries.findings));
  }
  return entries;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unusable(folder: string): Finding {
  return {
    severity: 'error',
    code: 'library-missing',
    path: 'library',
    message: isFolder(folder)
      ? `${folder} has none of the folders components, roles and platforms`
      : `there is no folder ${folder}`,
    hint: 'a library is a folder with components/NAME/component.yaml, roles/NAME.yaml or platforms/NAME.yaml',
  };
}

function yamlFiles(folder: string, pattern: RegExp, findings: Finding[]): { name: string; file: string }[] {
  if (!isFolder(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && !file.startsWith('.'));
  return files.sort().flatMap((file) => {
    const name = file.slice(0, -'.yaml'.length);
    if (pattern.test(name)) return [{ name, file: join(folder, file) }];
    findings.push(badName(join(folder, file)));
    return [];
  });
}

function componentNames(folder: string, findings: Finding[]): string[] {
  if (!isFolder(folder)) return [];
  const names = readdirSync(folder).filter((name) => !name.startsWith('.') && isFolder(join(folder, name)));
  return names.sort().filter((name) => {
    if (NAME.test(name) && name !== 'stackseed') return true;
    findings.push(badName(join(folder, name)));
    return false;
  });
}

function badName(path: string): Finding {
  const message = `${JSON.stringify(path)} cannot be used as a name`;
  return { severity: 'error', code: 'bad-name', path: 'library', message, hint: 'rename it' };
}

function readPlatform(name: string, file: string, findings: Finding[]): Entry<Platform> {
  const document = readYaml(file);
  const checked = checkSchema(document, platformFile);
  findings.push(...document.findings, ...checked.findings);
  const written = checked.value;
  if (!written) return { name, document, replaces: false };
  const { replaces = false, live_seeds: liveSeeds = true, cloud_init, apt, preseed, ...rest } = written;
  const value: Platform = {
    name,
    ...rest,
    liveSeeds,
    cloudInit: {
      version: cloud_init.version,
      networkVersion: cloud_init.network_version,
      defaultRoute: cloud_init.default_route,
    },
    ...(preseed && {
      preseed: {
        biosLabel: preseed.bios_label,
        services: preseed.services,
        packages: preseed.packages,
        bondPackages: preseed.bond_packages,
        vlanPackages: preseed.vlan_packages,
        uefiPackages: preseed.uefi_packages,
        answers: preseed.answers,
      },
    }),
    apt: apt.map(({ signed_by, keyring_packages, ...source }) => ({
      ...source,
      ...(signed_by === undefined ? {} : { signedBy: signed_by }),
      ...(keyring_packages === undefined ? {} : { keyringPackages: keyring_packages }),
    })),
  };
  return { name, document, replaces, value };
}

function readRole(name: string, file: string, findings: Finding[]): Entry<Role> {
  const document = readYaml(file);
  const checked = checkSchema(document, roleFile);
  findings.push(...document.findings, ...checked.findings);
  if (!checked.value) return { name, document, replaces: false };
  const { replaces = false, needs = [], ...rest } = checked.value;
  return { name, document, replaces, value: { name, needs, ...rest } };
}

function readComponent(name: string, folder: string, findings: Finding[]): Entry<Component> {
  const document = readYaml(join(folder, 'component.yaml'));
  const checked = checkSchema(document, componentFile);
  findings.push(...document.findings, ...checked.findings);
  if (!checked.value) return { name, document, replaces: false };
  const read = toComponent(name, folder, checked.value, document);
  findings.push(...read.findings);
  return { name, document, replaces: checked.value.replaces ?? false, value: read.component };
}
