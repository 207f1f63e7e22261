/** Writes `mappings/schema.json`, by which editors check and complete mapping files. Run after a change of `schema.ts`. */
import { writeFileSync } from 'node:fs';
import { mappingJsonSchema } from './json-schema.ts';

writeFileSync(new URL('../../../mappings/schema.json', import.meta.url), mappingJsonSchema());
