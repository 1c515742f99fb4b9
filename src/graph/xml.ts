/** Text as it may stand in XML and HTML, between tags and in quoted attributes. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

type Attributes = Record<string, string | number>;

/** An element with attributes and inner markup, which must be markup already. */
export function element(name: string, attributes: Attributes, inner = ''): string {
  const listed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`);
  return inner === '' ? `<${name}${listed.join('')}/>` : `<${name}${listed.join('')}>${inner}</${name}>`;
}
