import { valueAt } from '../document/check-schema.ts';
import type { Document, Path } from '../document/types.ts';
import type { Finding, Place } from '../report/finding.ts';

/** Findings whose source lines hold a password hash are marked, so that the line is not printed. */
export function maskSecrets(document: Document, findings: Finding[]): Finding[] {
  const lines = new Set(secretPaths(document.value).map((path) => document.locate(path)?.line));
  const secret = (place: Place | undefined): boolean =>
    place !== undefined && place.file === document.file && lines.has(place.line);
  return findings.map((finding) => {
    const places = [finding.place, ...(finding.also ?? []).map(({ place }) => place)];
    return places.some(secret) ? { ...finding, masked: true } : finding;
  });
}

function secretPaths(value: unknown): Path[] {
  const layers: Path[] = [[]];
  for (const key of ['groups', 'hosts']) layers.push(...keysAt(value, [key]).map((name) => [key, name]));
  return layers.flatMap((layer) => [
    [...layer, 'install', 'root_password_hash'],
    ...keysAt(value, [...layer, 'users']).map((user) => [...layer, 'users', user, 'password_hash']),
  ]);
}

function keysAt(value: unknown, path: Path): string[] {
  const found = valueAt(value, path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
}
