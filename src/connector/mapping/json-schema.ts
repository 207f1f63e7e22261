import { z } from 'zod';
import { mappingSchema } from './schema.ts';

/** As wide as the formatter lets a line be. */
const WIDTH = 120;

/** The JSON Schema (draft 2020-12) of mapping files as text, the same for the same schema. */
export function mappingJsonSchema(): string {
  let text = JSON.stringify(z.toJSONSchema(mappingSchema, { io: 'input' }), null, 2);
  // As the formatter writes it: a list of plain values stands on one line where there is room; inner lists first.
  for (let before = ''; before !== text;) {
    before = text;
    text = text.replace(/^(.*)\[\n((?:(?!\[\n)[^{}])*?)\n\s+\](,?)$/gm, (list: string, ...parts: string[]) => {
      const [head = '', items = '', end = ''] = parts;
      const line = `${head}[${items.trim().replaceAll(/,\n\s+/g, ', ')}]${end}`;
      return line.length <= WIDTH ? line : list;
    });
  }
  return `${text}\n`;
}
