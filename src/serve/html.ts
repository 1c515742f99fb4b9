/** Text that is HTML already; whatever else is put into a template is escaped. */
export interface Html {
  html: string;
}

type Part = string | number | Html | Html[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A template whose values are escaped for text and for quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const text = strings.map(
    (string, index) => string + (index < parts.length ? textOf(parts[index] ?? '') : ''),
  );
  return { html: text.join('') };
}

function textOf(part: Part): string {
  if (Array.isArray(part)) return part.map((one) => one.html).join('');
  return typeof part === 'object' ? part.html : escapeHtml(String(part));
}
