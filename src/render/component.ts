import type { Component, ComponentFile, Library } from '../library/types.ts';
import type { FleetView, HostPlan } from '../plan/types.ts';
import type { Certificate, Given } from './given.ts';
import { renderTemplate, TemplateError } from './template.ts';

/** A file on its way to a node: where it goes, and whose it is there. */
export interface NodeFile {
  path: string;
  content: Buffer;
  mode: string;
  owner: string;
  group: string;
}

/** A file of a component, and who lays it. */
export type RenderedFile = NodeFile & { lay: ComponentFile['lay'] };

/** Renders a component's files for a host, in the order of their paths. */
export function componentFiles(
  component: Component,
  host: HostPlan,
  fleet: FleetView,
  library: Library,
  given: Given,
  more: Record<string, unknown> = {},
): RenderedFile[] {
  const locals = {
    ...more,
    host,
    fleet,
    settings: host.settings[component.name] ?? {},
    variables: host.variables[component.name] ?? {},
    peers: Object.fromEntries(component.talksTo.map((role) => [role, host.peers[role] ?? []])),
    network: (wanted: string) => host.networks.find(({ functions }) => functions.includes(wanted)),
    cluster: given.cluster,
    authority: () => given.authority(),
    signers: () => given.signers(),
  };
  return component.files.map((file): RenderedFile => {
    const { lay, rule } = file;
    if (!file.template) return { path: file.path, content: file.content, ...rule, lay };
    const own = { ...locals, ...closed(component, file, given) };
    const text = renderTemplate(file, { ...own, partial: partialOf(host, library, own) });
    return { path: file.path, content: Buffer.from(text), ...rule, lay };
  });
}

/**
 * The files of client/ for a workstation, from the plan of a host that has the component; `folder` is where they will
 * lie there.
 */
export function clientFiles(
  component: Component,
  host: HostPlan,
  fleet: FleetView,
  library: Library,
  given: Given,
  folder: string,
): RenderedFile[] {
  return componentFiles({ ...component, files: component.client }, host, fleet, library, given, { folder });
}

/**
 * Text of a partial of one of the host's components. There `settings` and `variables` are those of that component,
 * and everything else is what the template has that asks for it: its secrets above all.
 */
function partialOf(host: HostPlan, library: Library, locals: Record<string, unknown>) {
  return function partial(name: string, piece: string, values: Record<string, unknown> = {}): string {
    const found = host.components.includes(name) && library.components.get(name)?.partials.get(piece);
    if (!found) throw new Error(`host ${host.name} has no component ${name} with a partial ${piece}`);
    const own = { settings: host.settings[name] ?? {}, variables: host.variables[name] ?? {} };
    return renderTemplate(found, { ...locals, ...own, ...values, partial });
  };
}

/** What a template may print only where others cannot read the file. */
function closed(component: Component, file: ComponentFile, given: Given): Record<string, unknown> {
  const declared = (kind: 'secrets' | 'certificates', label: string): void => {
    if (component[kind].some((rule) => rule.label === label)) return;
    throw new Error(`component ${component.name} declares no ${kind.slice(0, -1)} ${label}`);
  };
  const close = (): void => {
    const { mode } = file.rule;
    if (mode.endsWith('0')) return;
    throw new TemplateError(
      file.source,
      undefined,
      `holds a secret, but its mode ${mode} lets others read it`,
    );
  };
  const secrets = (label: string, host?: string) => {
    declared('secrets', label);
    close();
    return given.secrets(component.name, label, host);
  };
  return {
    secrets,
    account(label: string, name: string): string {
      declared('secrets', label);
      return given.account(component.name, label, name);
    },
    secret: (label: string, host?: string): string => secrets(label, host)[0],
    certificate(label: string): Certificate {
      declared('certificates', label);
      const { certificate, key, authority } = given.certificate(component.name, label);
      return {
        certificate,
        authority,
        get key() {
          close();
          return key;
        },
      };
    },
  };
}
