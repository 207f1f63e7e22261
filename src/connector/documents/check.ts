import type { z } from 'zod';
import { type ZodType } from 'zod';
import type { Mistakes, Path } from './mistakes.ts';
import { nearest } from './nearest.ts';
import { hintsOf, type Hints } from './schema-hints.ts';
import type { YamlSource } from './yaml-source.ts';

export interface CheckOptions {
  /** The value to check; default the one at `base` in the source. */
  readonly value?: unknown;
  /** Where the value stands in the source; default the top. */
  readonly base?: Path;
  /** Paths whose text is never repeated in a mistake, because it may be a secret. */
  readonly hidden?: (path: Path) => boolean;
  /** Where a path of the value stands in the source, when it was put together from several places. */
  readonly place?: (path: Path) => Path;
}

/** The value as the schema reads it, or undefined after a mistake was added for everything that it does not accept. */
export function checkSource<T>(
  source: YamlSource,
  schema: ZodType<T>,
  mistakes: Mistakes,
  options: CheckOptions = {},
): T | undefined {
  const base = options.base ?? [];
  const value = 'value' in options ? options.value : valueAt(source.value, base);
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const context: Context = {
    source,
    mistakes,
    hints: hintsOf(schema),
    place: options.place ?? ((path) => [...base, ...path]),
    hidden: options.hidden ?? (() => false),
  };
  for (const issue of flat(result.error.issues)) addIssue(issue, context);
  return undefined;
}

interface Context {
  readonly source: YamlSource;
  readonly mistakes: Mistakes;
  readonly hints: Hints;
  readonly place: (path: Path) => Path;
  readonly hidden: (path: Path) => boolean;
}

type Issue = z.core.$ZodIssue;

/** A union's own issue says nothing; what the alternative that came furthest complains of does. */
function flat(issues: readonly Issue[]): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
    const depth = (option: readonly Issue[]): number => Math.max(0, ...option.map((inner) => inner.path.length));
    const best = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    // All alternatives refuse the value as a whole: the union as such was expected.
    if (depth(best) === 0 && !best.some((inner) => inner.code === 'unrecognized_keys')) return [issue];
    return flat(best.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
}

function addIssue(issue: Issue, { source, mistakes, hints, place, hidden }: Context): void {
  const path = plainPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = hints.keys(path);
    for (const key of issue.keys) {
      const at = place([...path, key]);
      const meant = nearest(key, known);
      const says =
        meant === null
          ? `is not known here; expected one of ${known.join(', ')}`
          : `is not known here; did you mean "${meant}"?`;
      mistakes.add({ file: source.file, ...source.spot(at, 'key'), path: at, says, example: null });
    }
    return;
  }
  const at = place(path);
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  const says = missing
    ? `is missing; expected ${expected(issue, hints, path)}`
    : `${found(issue, hidden(at))}expected ${expected(issue, hints, path)}`;
  mistakes.add({
    file: source.file,
    ...source.spot(at, issue.code === 'invalid_key' ? 'key' : 'value'),
    path: at,
    says,
    example: hints.example(path),
  });
}

function found(issue: Issue, hidden: boolean): string {
  const { input } = issue;
  if (typeof input === 'string') {
    return hidden || input.length > 40 ? 'this text is not right; ' : `${JSON.stringify(input)} is not right; `;
  }
  if (typeof input === 'number' || typeof input === 'boolean') return `${input} is not right; `;
  if (input === null) return 'this is empty; ';
  if (Array.isArray(input)) return 'this is a list; ';
  return typeof input === 'object' ? 'this is a map of keys; ' : '';
}

const NOUN: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function expected(issue: Issue, hints: Hints, path: Path): string {
  // What the schema's author says of the field beats what can be told of the broken rule.
  const own = issue.message.replace(/^expected /, '');
  if (issue.code === 'custom') return own;
  const described = hints.description(path);
  if (described !== null) return described;
  switch (issue.code) {
    case 'invalid_type':
      return NOUN[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1 ? 'some text' : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return own;
  }
}

function plainPath(path: readonly PropertyKey[]): Path {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.entries(at).find(([name]) => name === String(part))?.[1];
  }
  return at;
}
