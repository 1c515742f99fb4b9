// Keeps the page up to date. The server sends whole rows, escaped as on the page itself; this puts them in place.
const hosts = document.getElementById('hosts');
const summary = document.getElementById('summary');
const live = document.getElementById('live');
/** The server's clock less this one, in milliseconds. */
let ahead = 0;

/** @param {number} seconds */
function ageText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d${two(Math.floor((whole % 86400) / 3600))}h`;
}

function tick() {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll('time.age')) {
    time.textContent = ageText((now - Date.parse(time.dateTime)) / 1000);
  }
}

/** @param {string} name @param {string} text */
function place(name, text) {
  const template = document.createElement('template');
  template.innerHTML = text;
  const row = template.content.firstElementChild;
  const old = document.getElementById(`host-${name}`);
  const fresh = row?.querySelector('details');
  if (fresh && old?.querySelector('details')?.open) fresh.open = true;
  if (old) old.replaceWith(row);
  else hosts.append(row);
}

const source = new EventSource('/_/events');
source.onopen = () => {
  live.textContent = 'Live';
};
source.onerror = () => {
  live.textContent = 'The boot server does not answer; what is shown is old.';
};
source.onmessage = ({ data }) => {
  const { now, summary: text, rows } = JSON.parse(data);
  ahead = now - Date.now();
  if (summary.textContent !== text) summary.textContent = text;
  for (const [name, row] of Object.entries(rows)) place(name, row);
  tick();
};
setInterval(tick, 1000);
