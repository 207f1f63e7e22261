import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Mistakes, Path } from '../src/connector/documents/mistakes.ts';
import type { YamlSource } from '../src/connector/documents/yaml-source.ts';
import { sandboxCredential } from '../src/connector/sandbox/credentials.ts';
import type { Reference } from './fields.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Of which sandbox connection a reference is, and under which name; null = of none. */
export type SandboxOf = { readonly connection: string; readonly name: string } | null;

/**
 * Turns references into the secrets that they name; null where none is written, and after a mistake was added because it
 * is not there or empty. Files are named from `folder` on; one line break at the end is not part of the secret.
 */
export function resolver(
  env: Environment,
  folder: string,
  source: YamlSource,
  mistakes: Mistakes,
): (written: Reference | undefined, path: Path, sandboxOf?: SandboxOf) => string | null {
  return (written, path, sandboxOf = null) => {
    if (written === undefined) return null;
    const wrong = (says: string, example: string | null = null): null => {
      mistakes.add({ file: source.file, ...source.spot(path), path, says, example });
      return null;
    };
    if ('sandbox' in written) {
      if (sandboxOf !== null) return sandboxCredential(sandboxOf.connection, sandboxOf.name);
      return wrong(
        'only a connection with `sandbox: true` has sandbox credentials; expected { env: NAME } or { file: path }',
      );
    }
    if ('env' in written) {
      const value = env[written.env];
      return (
        value ||
        wrong(
          `the environment variable ${written.env} is ${value === undefined ? 'not set' : 'empty'}`,
          `${written.env}=… crossdock start`,
        )
      );
    }
    const file = resolve(folder, written.file);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return wrong(`the secret file ${file} cannot be read; expected a file that this user may read`);
    }
    return text.replace(/\r?\n$/, '') || wrong(`the secret file ${file} is empty`);
  };
}
