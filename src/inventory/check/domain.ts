import { distance } from '../../document/nearest.ts';
import type { Path } from '../../document/types.ts';
import type { Check } from './context.ts';
import { eachLayer } from './layers.ts';

/** Names are in the fleet's domain, and a name in a domain that looks like it is most likely a slip. */
export function checkDomain(check: Check): void {
  checkRecords(check);
  eachLayer(check.inventory, (layer, path) => {
    layer.dns?.search?.forEach((name, index) => void slip(check, name, [...path, 'dns', 'search', index]));
    layer.ntp?.servers?.forEach((name, index) => void slip(check, name, [...path, 'ntp', 'servers', index]));
    const { mirror, security_mirror, proxy, sources } = layer.apt ?? {};
    slipInUrl(check, mirror, [...path, 'apt', 'mirror']);
    slipInUrl(check, security_mirror, [...path, 'apt', 'security_mirror']);
    slipInUrl(check, proxy, [...path, 'apt', 'proxy']);
    for (const [name, url] of Object.entries(sources ?? {})) {
      slipInUrl(check, url, [...path, 'apt', 'sources', name]);
    }
    slipInUrl(check, layer.phone_home?.url, [...path, 'phone_home', 'url']);
  });
}

function checkRecords(check: Check): void {
  const { inventory } = check;
  const { domain } = inventory;
  const about: Path[] = [['domain']];
  for (const [name, address] of Object.entries(inventory.records ?? {})) {
    const path = ['records', name];
    if (name !== domain && !name.endsWith(`.${domain}`)) {
      const meant = inDomain(name, domain);
      const hint = meant === undefined ? `such as ${name.split('.')[0]}.${domain}` : `did you mean ${meant}?`;
      const message = `not a name in the domain ${domain}`;
      const also = [{ message: 'the domain', path: ['domain'] }];
      check.report({ code: 'record-outside-domain', path, at: 'key', message, hint, also, about });
      continue;
    }
    const label = name.slice(0, -domain.length - 1);
    for (const [kind, there] of [
      ['hosts', inventory.hosts],
      ['vips', inventory.vips ?? {}],
    ] as const) {
      if (!Object.hasOwn(there, label)) continue;
      check.report({
        code: 'name-clash',
        path,
        at: 'key',
        message: `${name} is already the name of ${kind === 'hosts' ? 'a host' : 'a virtual address'}`,
        hint: `take the record for ${address} out, or give it another name`,
        also: [{ message: 'the name is taken here', path: [kind, label], at: 'key' }],
        about,
      });
    }
  }
}

/** A name as it would be without the slip in its domain; undefined where its domain does not look like the fleet's. */
function inDomain(name: string, domain: string): string | undefined {
  const count = domain.split('.').length;
  const labels = name.toLowerCase().split('.');
  const end = labels.slice(-count).join('.');
  if (end === domain || domain.length < 6 || distance(end, domain) > 2) return undefined;
  return [...labels.slice(0, -count), domain].join('.');
}

function slip(check: Check, name: string, path: Path): void {
  const meant = inDomain(name, check.inventory.domain);
  if (meant === undefined) return;
  const message = `looks like the domain ${check.inventory.domain}, but is not`;
  const also = [{ message: 'the domain', path: ['domain'] }];
  const hint = `did you mean ${meant}?`;
  check.report({ severity: 'warning', code: 'domain-slip', path, message, hint, also, about: [['domain']] });
}

function slipInUrl(check: Check, url: string | undefined, path: Path): void {
  if (url !== undefined) slip(check, URL.canParse(url) ? new URL(url).hostname : '', path);
}
