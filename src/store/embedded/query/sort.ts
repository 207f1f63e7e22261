/** Sorting in memory, by the same keys that the indexes hold. */
import { CODE, CommandFailure } from '../failure.ts';
import { KeyWriter } from '../bson/key.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Path } from '../bson/path.ts';
import { indexedValues, pathOf } from '../bson/path.ts';
import { compare } from '../bson/compare.ts';
import type { Slice } from '../bson/slice.ts';
import { T, fieldsOf } from '../bson/slice.ts';

export interface SortField {
  readonly path: Path;
  readonly descending: boolean;
}

/** Reads `{a: 1, b: -1}`. @throws CommandFailure 2 for anything but 1 and -1. */
export function parseSort(value: Slice): SortField[] {
  if (value.type !== T.document) throw new CommandFailure(CODE.typeMismatch, 'sort must be a document');
  return fieldsOf(value.buf, value.at).map((field) => {
    const direction = isNumber(field.type) ? Number(numberOf(field)) : 0;
    if (direction !== 1 && direction !== -1)
      throw new CommandFailure(
        CODE.badValue,
        `$sort key ordering must be 1 (for ascending) or -1 (for descending): field '${field.name}'`,
      );
    return { path: pathOf(field.name), descending: direction === -1 };
  });
}

const writer = new KeyWriter();

/** A key by which documents sort: an array counts by its least element ascending, by its greatest descending. */
export function sortKey(sort: readonly SortField[], doc: Uint8Array): Uint8Array {
  writer.reset();
  for (const { path, descending } of sort) {
    const values: Slice[] = [];
    indexedValues(doc, 0, path, values);
    let chosen = values[0];
    for (const value of values) {
      if (chosen === undefined || value === chosen) continue;
      const order = compare(value, chosen);
      if (descending ? order > 0 : order < 0) chosen = value;
    }
    if (chosen !== undefined) writer.value(chosen, descending);
  }
  return writer.take();
}

const MEMORY_LIMIT = 100 * 1024 * 1024;

interface Entry {
  readonly key: Uint8Array;
  readonly doc: Uint8Array;
}

/**
 * All documents of `next` in order. With `keep`, only the first `keep` of them are held.
 * @throws CommandFailure 292 past 100 MB, MongoDB's own limit.
 */
export function sorted(next: () => Uint8Array | null, sort: readonly SortField[], keep: number): Uint8Array[] {
  let entries: Entry[] = [];
  let size = 0;
  const cut = (): void => {
    entries.sort((a, b) => Buffer.compare(a.key, b.key));
    if (entries.length > keep) {
      entries = entries.slice(0, keep);
      size = entries.reduce((sum, e) => sum + e.doc.length, 0);
    }
  };
  for (let doc = next(); doc !== null; doc = next()) {
    entries.push({ key: sortKey(sort, doc), doc });
    size += doc.length;
    if (entries.length > 2 * keep + 1000) cut();
    if (size > MEMORY_LIMIT) {
      cut();
      if (size > MEMORY_LIMIT)
        throw new CommandFailure(
          CODE.memoryLimit,
          `Sort exceeded memory limit of ${MEMORY_LIMIT} bytes. Use an index for this order, or a limit.`,
        );
    }
  }
  cut();
  return entries.map((e) => e.doc);
}
