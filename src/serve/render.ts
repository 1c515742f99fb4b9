import { ageText } from '../status/age.ts';
import { type Html, html } from './html.ts';
import type { HostView } from './view.ts';

/** The line above the table. */
export function summaryOf(fleet: string, views: HostView[]): string {
  const well = views.filter(({ level }) => level === 'well').length;
  const wrong = views.filter(({ level }) => level === 'wrong').length;
  return `${fleet}: ${well} of ${views.length} hosts healthy${wrong > 0 ? `, ${wrong} in need of you` : ''}`;
}

/** The whole page: it stands without script, which only keeps it up to date. */
export function renderPage(fleet: string, views: HostView[], now: number): string {
  const rows = views.map((view) => renderRow(view, now));
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${fleet}: stackseed</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/_/page.css">
<noscript><meta http-equiv="refresh" content="10"></noscript>
<script src="/_/page.js" defer></script>
</head>
<body>
<h1 id="summary">${summaryOf(fleet, views)}</h1>
<p id="live" role="status"></p>
<table>
<thead><tr><th scope="col">Host<th scope="col">Stage<th scope="col">Healthy<th scope="col">Waits<th scope="col">Since</tr></thead>
<tbody id="hosts">
${rows}</tbody>
</table>
</body>
</html>
`.html
  }`;
}

/** The row of one host, with its components and its last lines folded in. */
export function renderRow(view: HostView, now: number): Html {
  const { name, level, stage, components, waits, lines, armed } = view;
  const well = components.filter(({ state }) => state === 'healthy').length;
  const count =
    components.length === 0
      ? html`-`
      : html`<span><progress value="${well}" max="${components.length}"></progress> ${well}/${components.length}</span>`;
  const more = components.length > 0 || lines.length > 0;
  const parts = [
    ...(components.length > 0 ? [componentTable(view, now)] : []),
    ...(lines.length > 0 ? [log(view)] : []),
  ];
  return html`<tr id="host-${name}" class="${level}">
<th scope="row">${name}${armed ? html` <span class="armed">armed</span>` : ''}</th>
<td data-label="Stage">${stage}</td>
<td data-label="Healthy">${count}</td>
<td data-label="Waits">${waits === '' ? '-' : waits}${more ? html`<details><summary>${lines.at(-1)?.text ?? 'components'}</summary>${parts}</details>` : ''}</td>
<td data-label="Since">${since(view.since, now)}</td>
</tr>
`;
}

function componentTable({ components }: HostView, now: number): Html {
  const rows = components.map(
    ({ name, state, reason, ...rest }) =>
      html`<tr class="${state}"><th scope="row">${name}<td>${state}<td>${since(rest.since, now)}<td>${reason}</tr>`,
  );
  return html`<table class="components"><tbody>${rows}</tbody></table>`;
}

function log({ lines }: HostView): Html {
  const items = lines.map(
    ({ at, text }) => html`<li><time datetime="${iso(at)}">${iso(at).slice(11, 19)}</time> ${text}</li>`,
  );
  return html`<ol class="log">${items}</ol>`;
}

function since(at: number | undefined, now: number): Html {
  if (at === undefined) return html`-`;
  return html`<time class="age" datetime="${iso(at)}">${ageText((now - at) / 1000)}</time>`;
}

/** Clocks of hosts can say anything, also what no date can hold. */
function iso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
