import { SyncError } from '../../domain/errors.ts';

export type Path = readonly (string | number)[];

/** Where something stands in a file. Lines and columns count from 1. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a document that a person wrote. */
export interface Mistake extends Spot {
  readonly file: string;
  readonly path: Path;
  /** What was found and what was expected, without a full stop. */
  readonly says: string;
  /** How it could be written, as YAML. */
  readonly example: string | null;
}

/** The mistakes of one file and of those that it names, gathered so that a person can mend them all at once. */
export class Mistakes {
  readonly #found: Mistake[] = [];

  add(mistake: Mistake): void {
    this.#found.push(mistake);
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** @throws SyncError `config` that lists every mistake in the order of its file; returns when there is none. */
  throwAny(): void {
    const sorted = this.#found.toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
    const first = sorted[0];
    if (first === undefined) return;
    const files = [...new Set(sorted.map((mistake) => mistake.file))].join(' and ');
    const lines = sorted.map(written);
    const message =
      lines.length === 1
        ? lines.join('')
        : `${lines.length} mistakes in ${files}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
    throw new SyncError('config', message, {
      code: 'bad-document',
      remedy: `Correct what is named in ${files}, then try again.`,
      field: pathText(first.path),
    });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function written({ file, line, column, path, says, example }: Mistake): string {
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
