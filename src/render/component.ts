import type { Component } from '../library/types.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';
import { renderTemplate, TemplateError } from './template.ts';

/** A file on its way to a node: where it goes, and whose it is there. */
export interface NodeFile {
  path: string;
  content: Buffer;
  mode: string;
  owner: string;
  group: string;
}

/** Gives the value of a secret that the component declares. */
export type SecretValue = (component: string, label: string) => string;

/** Renders a component's files for a host, in the order of their paths. */
export function componentFiles(
  component: Component,
  host: HostPlan,
  fleet: FleetView,
  secretValue: SecretValue,
): NodeFile[] {
  return component.files.map((file): NodeFile => {
    const { mode, owner, group } = file.rule;
    if (!file.template) return { path: file.path, content: file.content, mode, owner, group };
    const secret = (label: string): string => {
      if (!component.secrets.some((rule) => rule.label === label)) {
        throw new Error(`component ${component.name} declares no secret ${label}`);
      }
      if (!mode.endsWith('0')) {
        throw new TemplateError(
          file.source,
          undefined,
          `holds a secret, but its mode ${mode} lets others read it`,
        );
      }
      return secretValue(component.name, label);
    };
    const locals = {
      host,
      fleet,
      settings: host.settings[component.name] ?? {},
      variables: host.variables[component.name] ?? {},
      peers: Object.fromEntries(component.talksTo.map((role) => [role, host.peers[role] ?? []])),
      network: (wanted: string) => host.networks.find(({ functions }) => functions.includes(wanted)),
      secret,
    };
    return { path: file.path, content: Buffer.from(renderTemplate(file, locals)), mode, owner, group };
  });
}
