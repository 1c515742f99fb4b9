import type { HostPlan, Plan } from '../plan/types.ts';
import type { Finding } from '../report/finding.ts';
import { fleetSvg } from './svg.ts';
import { element, escapeXml } from './xml.ts';

const STYLE = `:root{color-scheme:light}
body{font:14px/1.45 system-ui,"Segoe UI","DejaVu Sans",sans-serif;color:#1b1b1b;background:#fff;margin:2rem auto;max-width:80rem;padding:0 1.5rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .6rem;border-bottom:1px solid #d5d5d5;padding-bottom:.2rem}
.picture{overflow-x:auto;border:1px solid #d5d5d5;border-radius:6px}.picture svg{display:block;max-width:none;height:auto}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600}th,td{padding:.25rem .9rem .25rem 0;vertical-align:top;border-bottom:1px solid #ececec}
code,.mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.92em}
details{border:1px solid #d5d5d5;border-radius:6px;margin:.5rem 0;padding:.35rem .8rem}summary{cursor:pointer;font-weight:600}
summary span{font-weight:400;color:#5a5a5a}.error{color:#a11212}.warning{color:#8a5a00}.note{color:#5a5a5a}
@media print{details{break-inside:avoid}.picture{overflow:visible}.picture svg{max-width:100%}}`;

/** Nothing is fetched and no script runs: the page may be mailed and opened anywhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * One HTML page by itself: the picture, what was found, and of each host what it is and what it gets. Secrets are
 * named, never shown. The same plan and findings give the same bytes.
 */
export function fleetPage(plan: Plan, findings: Finding[]): string {
  const { fleet, hosts, cluster } = plan;
  const title = `Fleet ${fleet.name}`;
  const generation = cluster && `, ${cluster.controllers.length} controllers in the cluster ${cluster.id}`;
  const body = [
    element('h1', {}, escapeXml(title)),
    element('p', { class: 'note' }, escapeXml(`${fleet.domain}: ${hosts.length} hosts${generation ?? ''}`)),
    element('div', { class: 'picture' }, fleetSvg(plan)),
    section('Findings', table([], findings.map(findingRow)) || element('p', {}, 'None.')),
    section(
      'Networks',
      table(['network', 'range', 'gateway', 'VLAN', 'for'], fleet.networks.map(networkRow)),
    ),
    section('Virtual addresses', vipTable(plan)),
    section('Hosts', hosts.map(hostPart).join('\n')),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${escapeXml(POLICY)}">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

function section(title: string, inner: string): string {
  return inner === '' ? '' : `${element('h2', {}, escapeXml(title))}\n${inner}`;
}

/** A table of text; cells are escaped here. */
function table(head: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[], cell: 'th' | 'td') =>
    `<tr>${cells.map((text) => `<${cell}>${escapeXml(text)}</${cell}>`).join('')}</tr>`;
  return `<table>\n${[...(head.length > 0 ? [line(head, 'th')] : []), ...rows.map((row) => line(row, 'td'))].join('\n')}\n</table>`;
}

function findingRow({ severity, path, message, hint, place }: Finding): string[] {
  return [severity, place ? `${place.file}:${place.line}` : path, message, hint ?? ''];
}

function networkRow({
  name,
  cidr,
  gateway,
  vlan,
  functions,
  external,
}: Plan['fleet']['networks'][number]): string[] {
  const uses = [...functions, ...(external ? ['external'] : [])].join(' ');
  return [name, cidr ?? '-', gateway ?? '-', vlan === undefined ? '-' : String(vlan), uses];
}

function vipTable({ fleet }: Plan): string {
  const rows = fleet.vips.map(({ fqdn, addresses }) => [
    fqdn,
    Object.entries(addresses)
      .map(([network, address]) => `${address} on ${network}`)
      .join(', '),
  ]);
  return table([], rows);
}

function hostPart(host: HostPlan): string {
  const networks = host.networks.map(({ name, address, prefix, dhcp, interface: device, defaultRoute }) => [
    name,
    address ? `${address}/${prefix}` : dhcp ? 'DHCP' : 'no address',
    `on ${device}`,
    defaultRoute ? 'default route' : '',
  ]);
  const ports = host.openings.map(({ protocol, port, sources, component, interface: on }) => [
    `${protocol} ${port}`,
    on ? `on ${on}` : '',
    `from ${sources.join(' ') || 'anybody'}`,
    component,
  ]);
  const secrets = host.secrets.map(({ label, scope, component }) => [
    label,
    scope === 'host' ? 'its own' : "the fleet's",
    component,
  ]);
  const certificates = host.certificates.map(({ label, component }) => [label, 'certificate', component]);
  const about = `${host.fqdn}, ${host.platform}, ${host.roles.join(' ') || 'no role'}`;
  return [
    `<details id="${escapeXml(host.name)}"><summary>${escapeXml(host.name)} <span>${escapeXml(about)}</span></summary>`,
    part('networks', table([], networks)),
    part('components', element('p', { class: 'mono' }, escapeXml(host.components.join(' ')))),
    part('ports that it opens', table([], ports)),
    part(
      'packages',
      host.packages.length > 0 ? element('p', { class: 'mono' }, escapeXml(host.packages.join(' '))) : '',
    ),
    part('secrets in its seed', table([], [...secrets, ...certificates])),
    '</details>',
  ]
    .filter((text) => text !== '')
    .join('\n');
}

function part(title: string, inner: string): string {
  return inner === '' ? '' : `${element('h3', { class: 'note' }, escapeXml(title))}\n${inner}`;
}
