import { SyncError } from '../../domain/errors.ts';

export type Path = readonly (string | number)[];

/** Where something stands in a file. Lines and columns count from 1. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a document that a person wrote. */
export interface Mistake extends Spot {
  readonly path: Path;
  /** What was found and what was expected, without a full stop. */
  readonly says: string;
  /** How it could be written, as YAML. */
  readonly example: string | null;
}

/** The mistakes of one file, gathered so that a person can mend them all at once. */
export class Mistakes {
  readonly file: string;
  readonly #found: Mistake[] = [];

  constructor(file: string) {
    this.file = file;
  }

  add(mistake: Mistake): void {
    this.#found.push(mistake);
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** @throws SyncError `config` that lists every mistake in the order of the file; returns when there is none. */
  throwAny(): void {
    const first = this.#found[0];
    if (first === undefined) return;
    const sorted = this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.map((mistake) => written(this.file, mistake));
    const message =
      lines.length === 1
        ? lines.join('')
        : `${this.file} has ${lines.length} mistakes:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    throw new SyncError('config', message, {
      code: 'bad-document',
      remedy: `Correct what is named in ${this.file}, then try again.`,
      field: pathText(sorted[0]?.path ?? first.path),
    });
  }
}

function written(file: string, { line, column, path, says, example }: Mistake): string {
  const where = path.length === 0 ? '' : `${pathText(path)}: `;
  return `${file}:${line}:${column} ${where}${says}${example === null ? '' : `. Example: ${example}`}`;
}

/** `connections[0].settings.shop`. Keys that are no plain names stand in quotes. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
