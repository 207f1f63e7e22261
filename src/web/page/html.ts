/** Text that is HTML already, and may be put into HTML as it stands. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | null | readonly Part[];

/** HTML in which every value is escaped, for text and for attributes in double quotes alike; null = nothing. */
export function html(literals: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = literals[0] ?? '';
  for (const [index, value] of values.entries()) text += textOf(value) + (literals[index + 1] ?? '');
  return new Html(text);
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}
