import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { Mistakes, type Path } from '../src/connector/documents/mistakes.ts';
import { SyncError } from '../src/domain/errors.ts';
import { nearest } from '../src/connector/documents/nearest.ts';
import type { YamlSource } from '../src/connector/documents/yaml-source.ts';
import type { Mapping } from '../src/connector/mapping/mapping.ts';
import { mappingOf, readMapping } from '../src/connector/mapping/parse.ts';
import type { MappingContent } from '../src/connector/mapping/schema.ts';
import type { ConfigContent } from './schema.ts';

/** A mapping file as it was read: what it says and where; `source` is null where it could not be read. */
export interface MappingFile {
  readonly file: string;
  readonly content: MappingContent;
  readonly source: YamlSource | null;
}

/** The mapping file of the connection at `at`; empty after a mistake. Its locations must be among those of the configuration. */
export function readMappingFile(
  written: string,
  configFile: string,
  at: Path,
  { locations }: ConfigContent,
  source: YamlSource,
  mistakes: Mistakes,
): MappingFile {
  const file = isAbsolute(written) ? written : join(dirname(configFile), written);
  const text = textOf(file);
  if (text !== null) return readMappingText(text, file, locations, source.file, mistakes);
  const path = [...at, 'mapping'];
  const says = `the mapping file ${file} cannot be read; expected a path from the folder of this file on`;
  mistakes.add({ file: source.file, ...source.spot(path), path, says, example: '../mappings/shopify.yaml' });
  return { file, content: {}, source: null };
}

/**
 * A mapping file that no connection names yet, by the same checks. @throws SyncError `config` that lists every mistake,
 * or says that the file cannot be read.
 */
export function readDraft(
  file: string,
  config: { readonly file: string; readonly locations: readonly { readonly id: string }[] },
): MappingFile & { readonly mapping: Mapping } {
  const text = textOf(file);
  if (text === null)
    throw new SyncError('config', `the mapping file ${file} cannot be read`, {
      code: 'no-mapping',
      remedy: 'Name a file that is there, and let this user read it.',
    });
  const mistakes = new Mistakes();
  const draft = readMappingText(text, file, config.locations, config.file, mistakes);
  mistakes.throwAny();
  return { ...draft, mapping: mappingOf(draft.content, draft.source) };
}

function readMappingText(
  text: string,
  file: string,
  locations: readonly { readonly id: string }[],
  configFile: string,
  mistakes: Mistakes,
): MappingFile {
  const { content, source } = readMapping(text, file, mistakes);
  const ids = locations.map((location) => location.id);
  for (const [remote, location] of Object.entries(content.locations ?? {})) {
    if (ids.includes(location)) continue;
    const path = ['locations', remote];
    const meant = nearest(location, ids);
    const says = `there is no location "${location}" in ${configFile}; ${meant === null ? `expected one of ${ids.join(', ')}` : `did you mean "${meant}"?`}`;
    mistakes.add({ file, ...source.spot(path), path, says, example: null });
  }
  return { file, content, source };
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
