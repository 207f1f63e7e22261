import { z } from 'zod';
import { mappingSchema } from './schema.ts';

/** The JSON Schema (draft 2020-12) of mapping files as text, the same for the same schema. */
export function mappingJsonSchema(): string {
  const text = JSON.stringify(z.toJSONSchema(mappingSchema, { io: 'input' }), null, 2);
  // As the formatter writes it: a list of one plain value stands on one line.
  return `${text.replace(/\[\n\s+([^\n{}[\]]+)\n\s+\]/g, '[$1]')}\n`;
}
