import { nearest } from '../../document/nearest.ts';
import type { Check } from './context.ts';
import { eachLayer } from './layers.ts';

export function checkTimezones(check: Check): void {
  eachLayer(check.inventory, ({ timezone }, path) => {
    if (timezone === undefined || isKnown(timezone)) return;
    const near = nearest(timezone, Intl.supportedValuesOf('timeZone'));
    const message = `there is no time zone ${timezone}`;
    const hint = near === undefined ? 'such as Etc/UTC or Asia/Tokyo' : `did you mean ${near}?`;
    check.report({ code: 'unknown-timezone', path: [...path, 'timezone'], message, hint });
  });
}

let spellings: Map<string, string> | undefined;

/** Whether the tz database has it: Intl also takes other spellings, for which a node has no file. */
function isKnown(timezone: string): boolean {
  spellings ??= new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]));
  const spelling = spellings.get(timezone.toLowerCase());
  if (spelling !== undefined) return spelling === timezone;
  // Older names, such as Etc/UTC and Asia/Calcutta, are not listed.
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}
