import jsonata from 'jsonata';
import { BadText } from './bad-text.ts';
import type { Scope } from './path.ts';

/** What an expression may take: real time in ms, calls within calls, entries of a list. Any of them ends it with an error. */
export const LIMITS = { timeout: 250, stack: 100, sequence: 10_000 } as const;

/**
 * The functions of JSONata 2 that may be called. Left out: what gives another answer each time (`$now`, `$millis`,
 * `$random`, `$shuffle`), what runs text as a program (`$eval`), and what makes long texts of short ones (`$pad`).
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim match ' +
    'contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt ' +
    'power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error ' +
    'assert type sort distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl ' +
    'toMillis fromMillis clone'
  ).split(' '),
);

const REFUSED: Readonly<Record<string, string>> = {
  now: 'gives another answer each time, so a replay would not give the same order',
  millis: 'gives another answer each time, so a replay would not give the same order',
  random: 'gives another answer each time, so a replay would not give the same order',
  shuffle: 'gives another answer each time, so a replay would not give the same order',
  eval: 'runs text as a program',
  pad: 'can make a text of any length',
};

/** The variables that stand for what is read. */
const GIVEN = ['record', 'order', 'line'] as const;

/** What JSONata calls an expression that ran for too long. */
const TIMED_OUT = 'D1012';

/** A compiled expression. Rejects with JSONata's own error, also where a limit was reached (`limitOf`). */
export type Evaluate = (scope: Scope) => Promise<unknown>;

/**
 * A JSONata expression, checked before it ever runs: no regular expression (they can take for ever), no function beside
 * the allowed, no name that stands for nothing. The limits hold while it runs.
 * @throws BadText with what is wrong and where
 */
export function compileExpression(text: string): Evaluate {
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(text, LIMITS);
  } catch (thrown) {
    throw new BadText(`this is no JSONata: ${messageOf(thrown)}`, startOf(thrown, text));
  }
  const nodes = nodesOf(compiled.ast());
  const bound = new Set<string>(['', '$', ...GIVEN, ...nodes.flatMap(boundBy)]);
  for (const node of nodes) checkNode(node, bound);
  return async ({ record, order, line, here }) => {
    const bindings = { record, order, line };
    try {
      const result: unknown = await compiled.evaluate(here, bindings);
      return result;
    } catch (thrown) {
      // The limit is one of real time: on a machine that stood still for a moment a quick expression reaches it, once.
      if (!isNode(thrown) || thrown['code'] !== TIMED_OUT) throw thrown;
      const again: unknown = await compiled.evaluate(here, bindings);
      return again;
    }
  };
}

/** What of the limits ended an expression; null where it failed for another reason. */
export function limitOf(thrown: unknown): string | null {
  const code = isNode(thrown) ? thrown['code'] : undefined;
  if (code === TIMED_OUT) return `it ran for longer than ${LIMITS.timeout} ms`;
  if (code === 'D1011') return `it called itself deeper than ${LIMITS.stack} times`;
  if (code === 'D2015' || code === 'D2014') return `it made a list of more than ${LIMITS.sequence} entries`;
  return null;
}

/** What JSONata says is wrong with a text; it throws plain objects. */
function messageOf(thrown: unknown): string {
  const message = isNode(thrown) ? thrown['message'] : undefined;
  return typeof message === 'string' ? message : String(thrown);
}

/** What JSONata says went wrong on a record, without what the record says there: that may be personal (I9). */
export function failureOf(thrown: unknown): string {
  const code = isNode(thrown) ? thrown['code'] : undefined;
  if (code === 'D3137' || code === 'D3141') return 'its own $error or $assert refused the record';
  return messageOf(thrown)
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replaceAll(/\d{4,}/g, '…');
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** Every node of the syntax tree. Walked by whatever it holds, so that a kind of node unknown to us is seen as well. */
function nodesOf(tree: unknown): Node[] {
  const seen = new Set<unknown>();
  const nodes: Node[] = [];
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isNode(value) || seen.has(value)) continue;
    seen.add(value);
    if (typeof value['type'] === 'string') nodes.push(value);
    waiting.push(...Object.values(value));
  }
  return nodes.sort((a, b) => Number(a['position'] ?? 0) - Number(b['position'] ?? 0));
}

/** The names that a node gives to something: `$x := …`, the parameters of a function, `@$x` and `#$x`. */
function boundBy(node: Node): string[] {
  const names: unknown[] = [node['focus'], node['index']];
  if (node['type'] === 'bind') names.push(isNode(node['lhs']) ? node['lhs']['value'] : undefined);
  if (node['type'] === 'lambda' && Array.isArray(node['arguments']))
    names.push(...node['arguments'].map((argument: unknown) => (isNode(argument) ? argument['value'] : undefined)));
  if (node['type'] === 'index') names.push(node['value']);
  return names.filter((name) => typeof name === 'string');
}

function checkNode(node: Node, bound: ReadonlySet<string>): void {
  const position = typeof node['position'] === 'number' ? node['position'] : 0;
  if (node['type'] === 'regex')
    throw new BadText(
      'regular expressions are not read, as one can take for ever; use $contains, $split or `map`',
      // JSONata adds the flag g to what is written.
      position - (String(node['value']).length - 1),
    );
  if (node['type'] !== 'variable' || typeof node['value'] !== 'string') return;
  const name = node['value'];
  const offset = position - name.length - 1;
  const refused = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  if (refused !== undefined) throw new BadText(`$${name} is not allowed: it ${refused}`, offset);
  if (!bound.has(name) && !FUNCTIONS.has(name))
    throw new BadText(`there is no $${name}; expected a function of JSONata, $record, $order or $line`, offset);
}

function startOf(thrown: unknown, text: string): number {
  const position = isNode(thrown) ? thrown['position'] : undefined;
  const token = isNode(thrown) ? thrown['token'] : undefined;
  const end = typeof position === 'number' ? Math.min(position, text.length) : text.length;
  return Math.max(0, end - (typeof token === 'string' && token !== '(end)' ? token.length : 0));
}
