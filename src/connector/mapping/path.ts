import { BadText } from './bad-text.ts';

/** What paths and expressions are read from. */
export interface Scope {
  /** The record as the channel gave it. */
  readonly record: unknown;
  /** The canonical order without what is personal. */
  readonly order: unknown;
  /** The canonical line, in a rule of lines. */
  readonly line: unknown;
  /** What a path without `$` begins at: the record, or in a rule of lines the line of the record. */
  readonly here: unknown;
}

/** Reads what a path names; undefined where nothing stands there. */
export type Reader = (scope: Scope) => unknown;

type Step = (value: unknown) => unknown;

const TOKEN = /\.?([\w-]+)|\[(\d{1,6})\]|\["([^"]+)"\]|\[([\w-]+)=([^\]]*)\]/y;

const ROOTS: Readonly<Record<string, Reader>> = {
  $order: ({ order }) => order,
  $line: ({ line }) => line,
  $record: ({ record }) => record,
};

/**
 * A path as a closure: names with dots between, `[0]` for a place in a list, `["odd name"]`, and `[key=gift]` for the first
 * entry of a list whose `key` is `gift`. It begins at the record, or at `$order`, `$line` or `$record`.
 * @throws BadText where it cannot be read
 */
export function compilePath(text: string): Reader {
  const first = /^\$\w+/.exec(text)?.[0] ?? '';
  const root = first === '' ? ({ here }: Scope): unknown => here : ROOTS[first];
  if (root === undefined)
    throw new BadText(`a path begins with a name, or with ${Object.keys(ROOTS).join(', ')}, not with ${first}`, 0);
  const steps: Step[] = [];
  let at = first.length;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null || (steps.length === 0 && first === '' && text.startsWith('.')))
      throw new BadText('this is no path; expected names with dots between, [0], ["name"] or [key=value]', at);
    steps.push(stepOf(found));
    at = TOKEN.lastIndex;
  }
  return (scope) => {
    let value = root(scope);
    for (const step of steps) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = step(value);
    }
    return value;
  };
}

function stepOf([, name, place, quoted, key, wanted]: RegExpExecArray): Step {
  if (place !== undefined) return (value) => listOf(value)[Number(place)];
  if (key !== undefined) return (value) => listOf(value).find((entry) => String(own(entry, key)) === wanted);
  return (value) => own(value, name ?? quoted ?? '');
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
