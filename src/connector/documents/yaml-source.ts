import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Node, type Scalar } from 'yaml';
import type { Mistakes, Path, Spot } from './mistakes.ts';

/** What a YAML file says, and where it says it. */
export interface YamlSource {
  readonly file: string;
  /** Plain objects without prototype, arrays, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** Where the value at a path stands, or its key; a path that is not there gives the nearest place above it. */
  spot(path: Path, part?: 'key' | 'value'): Spot;
  /** Where the character after `offset` others of the text at a path stands; of a folded text, where it begins. */
  spotWithin(path: Path, offset: number): Spot;
}

/**
 * Reads YAML 1.2 (`no` and `on` stay text). Keys are kept as they are written, so `0012` and 20-digit codes lose nothing.
 * Adds a mistake for each syntax error, duplicate key, anchor, unknown tag and number that would lose digits.
 */
export function readYaml(text: string, file: string, mistakes: Mistakes): YamlSource {
  const counter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false, version: '1.2' });
  const spotOf = (offset: number): Spot => {
    const { line, col } = counter.linePos(offset);
    // An empty text has no line at all.
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let astray = false;
  for (const problem of [...parsed.errors, ...parsed.warnings]) {
    // Once the parser has gone astray, what it says further down mostly follows from that.
    if (astray && !STANDS_ALONE.has(problem.code)) continue;
    astray ||= !STANDS_ALONE.has(problem.code);
    const says = saysOf(problem.code, problem.message);
    mistakes.add({ file, ...spotOf(problem.pos[0]), path: [], says, example: null });
  }

  const wrong = (node: Node, path: Path, says: string, example: string | null): undefined => {
    mistakes.add({ file, ...spotOf(node.range?.[0] ?? 0), path, says, example });
    return undefined;
  };

  function plain(node: unknown, path: Path): unknown {
    if (isMap(node)) {
      const object: Record<string, unknown> = {};
      Object.setPrototypeOf(object, null);
      for (const { key, value } of node.items) {
        if (!isScalar(key)) {
          if (isNode(key)) wrong(key, path, 'a key is plain text', null);
          continue;
        }
        const name = keyText(key);
        const inner = [...path, name];
        // The parser's own check compares each key with all before it: 50,000 listings would take it a quarter minute.
        if (name in object) wrong(key, path, `"${name}" stands here twice; keep one of the two`, null);
        // A key without a value says nothing; it is read as if it were empty.
        object[name] = value === null ? null : plain(value, inner);
      }
      return object;
    }
    if (isSeq(node)) {
      return node.items.map((item, index) => plain(item, [...path, index]));
    }
    if (isAlias(node)) return wrong(node, path, 'anchors and aliases are not read; write the value out', null);
    if (!isScalar(node)) return null;
    if (typeof node.value === 'number' && Number.isInteger(node.value) && !Number.isSafeInteger(node.value)) {
      return wrong(node, path, 'a number this long loses digits; put it in quotes', `"${node.source ?? ''}"`);
    }
    return node.value;
  }

  const value = plain(parsed.contents, []);

  /** The node at a path, or the nearest above it. */
  function nodeAt(path: Path): unknown {
    let at: unknown = parsed.contents;
    for (const name of path) {
      const pair = isMap(at) ? at.items.find(({ key }) => isScalar(key) && keyText(key) === name) : undefined;
      const inner: unknown = pair ? pair.value : isSeq(at) && typeof name === 'number' ? at.items[name] : undefined;
      if (inner === undefined) break;
      at = inner;
    }
    return at;
  }
  return {
    file,
    value,
    // Walked only when there is something to say, which keeps the reading of a large file cheap.
    spot(path, part = 'value') {
      let at: unknown = parsed.contents;
      let offset = offsetOf(at) ?? 0;
      for (const [depth, name] of path.entries()) {
        const pair = isMap(at) ? at.items.find(({ key }) => isScalar(key) && keyText(key) === name) : undefined;
        if (part === 'key' && depth === path.length - 1 && pair) return spotOf(offsetOf(pair.key) ?? offset);
        at = pair ? pair.value : isSeq(at) && typeof name === 'number' ? at.items[name] : undefined;
        if (at === undefined) break;
        offset = offsetOf(at) ?? offset;
      }
      return spotOf(offset);
    },
    spotWithin(path, offset) {
      const node = nodeAt(path);
      const start = offsetOf(node) ?? 0;
      if (!isScalar(node) || typeof node.value !== 'string') return spotOf(start);
      if (node.type === 'BLOCK_LITERAL') {
        const before = node.value.slice(0, offset).split('\n');
        const first = text.indexOf('\n', start) + 1;
        const indent = /^\n* */.exec(text.slice(first))?.[0].replaceAll('\n', '').length ?? 0;
        return { line: spotOf(first).line + before.length - 1, column: indent + (before.at(-1)?.length ?? 0) + 1 };
      }
      const quotes = node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE' ? 1 : 0;
      const onOneLine = !text.slice(start, node.range?.[1] ?? start).includes('\n');
      return spotOf(onOneLine && node.type !== 'BLOCK_FOLDED' ? start + quotes + offset : start);
    },
  };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

const STANDS_ALONE: ReadonlySet<string> = new Set(['TAG_RESOLVE_FAILED']);

function keyText(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function saysOf(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab indents this line; YAML is indented with spaces';
    case 'BAD_INDENT':
      return message.startsWith('Flow')
        ? 'a bracket that opens before this place is not closed, or its lines stand too far left'
        : 'this line is indented unlike its neighbours';
    case 'TAG_RESOLVE_FAILED':
      return 'this tag is not known; write plain values';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; expected one per file';
    default:
      return `this is not YAML: ${message.replace(/\s+/g, ' ')}`;
  }
}
