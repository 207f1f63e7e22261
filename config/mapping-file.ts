import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Mistakes, Path } from '../src/connector/documents/mistakes.ts';
import { nearest } from '../src/connector/documents/nearest.ts';
import type { YamlSource } from '../src/connector/documents/yaml-source.ts';
import { readMapping } from '../src/connector/mapping/parse.ts';
import type { MappingContent } from '../src/connector/mapping/schema.ts';
import type { ConfigContent } from './schema.ts';

/** The mapping of the connection at `at`; empty after a mistake. Its locations must be among those of the configuration. */
export function readMappingFile(
  written: string,
  configFile: string,
  at: Path,
  { locations }: ConfigContent,
  source: YamlSource,
  mistakes: Mistakes,
): MappingContent {
  const file = isAbsolute(written) ? written : join(dirname(configFile), written);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    const path = [...at, 'mapping'];
    const says = `the mapping file ${file} cannot be read; expected a path from the folder of this file on`;
    mistakes.add({ file: source.file, ...source.spot(path), path, says, example: '../mappings/shopify.yaml' });
    return {};
  }
  const mapping = readMapping(text, file, mistakes);
  const ids = locations.map((location) => location.id);
  for (const [remote, location] of Object.entries(mapping.content.locations ?? {})) {
    if (ids.includes(location)) continue;
    const path = ['locations', remote];
    const meant = nearest(location, ids);
    const says = `there is no location "${location}" in ${source.file}; ${meant === null ? `expected one of ${ids.join(', ')}` : `did you mean "${meant}"?`}`;
    mistakes.add({ file, ...mapping.source.spot(path), path, says, example: null });
  }
  return mapping.content;
}
