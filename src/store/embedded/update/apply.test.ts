import { describe, expect, it } from '@jest/globals';
import { Double, Int32, Long, deserialize, serialize } from 'bson';
import type { Document } from 'bson';
import fc from 'fast-check';
import { anyDocument, anyUpdate } from '../../../../test/store/generator.ts';
import { Slice, T, checkDocument } from '../bson/slice.ts';
import { CommandFailure } from '../failure.ts';
import { applyOperators } from './apply.ts';
import { parseUpdate } from './parse.ts';

function applied(doc: Document, update: Document, inserting = false): Uint8Array {
  const bytes = serialize(update);
  const parsed = parseUpdate(new Slice(bytes, T.document, 0, bytes.length));
  if (parsed.kind !== 'operators') throw new Error('a replacement has no operators');
  return applyOperators(serialize(doc), parsed.root, { inserting, now: 1_700_000_000_500 });
}

const after = (doc: Document, update: Document, inserting = false): Document =>
  deserialize(applied(doc, update, inserting));

describe('the updater', () => {
  it('appends to a large array without touching what is in it', () => {
    const entries = Array.from({ length: 1200 }, (_, i) => ({ line: `l${i}`, quantity: i }));
    const changed = after(
      { _id: 1, reserved: entries, z: 1 },
      { $push: { reserved: { line: 'new', quantity: 1 } }, $inc: { z: 1 } },
    );
    expect(changed).toEqual({ _id: 1, reserved: [...entries, { line: 'new', quantity: 1 }], z: 2 });
  });

  it.each<[string, Document, Document, number]>([
    ['int32 + int32', { n: new Int32(1) }, { $inc: { n: new Int32(2) } }, T.int32],
    ['int32 past its end', { n: new Int32(-2147483648) }, { $inc: { n: new Int32(-1) } }, T.int64],
    ['int32 + long', { n: new Int32(1) }, { $inc: { n: Long.fromNumber(2) } }, T.int64],
    ['long + double', { n: Long.fromNumber(1) }, { $inc: { n: new Double(2) } }, T.double],
  ])('gives %s the type of MongoDB', (_, doc, update, type) => {
    // The one field follows the length: its type byte is the fifth.
    expect(applied(doc, update)[4]).toBe(type);
  });

  it('refuses a long that overflows', () => {
    expect(() => applied({ n: Long.MAX_VALUE }, { $inc: { n: 1 } })).toThrow(/does not fit 64 bits/);
  });

  it('adds new fields in the order of their names', () => {
    expect(Object.keys(after({ z: 1 }, { $set: { c: 1, a: 1 }, $inc: { b: 1 } }))).toEqual(['z', 'a', 'b', 'c']);
  });

  it('sets the date of the given clock', () => {
    expect(after({}, { $currentDate: { at: true } })).toEqual({ at: new Date(1_700_000_000_500) });
  });

  it('applies $setOnInsert only to an insert', () => {
    expect(after({}, { $setOnInsert: { a: 1 } }, true)).toEqual({ a: 1 });
    expect(after({ b: 1 }, { $setOnInsert: { a: 1, 'c.d': 1 } })).toEqual({ b: 1 });
  });

  it('unsets an element of an array by null, and keeps its place', () => {
    expect(after({ l: [1, 2, 3] }, { $unset: { 'l.1': '' } })).toEqual({ l: [1, null, 3] });
  });

  it.each<[string, Document]>([
    ['a path and its own beginning', { $set: { a: 1, 'a.b': 1 } }],
    ['one path twice', { $set: { a: 1 }, $unset: { a: '' } }],
  ])('refuses %s', (_, update) => {
    expect(() => applied({}, update)).toThrow(expect.objectContaining({ code: 40 }));
  });

  it('leaves whole BSON and every field that it does not name as it was', () => {
    let changes = 0;
    fc.assert(
      fc.property(anyDocument, anyUpdate, (doc, update) => {
        let bytes: Uint8Array;
        try {
          bytes = applied(doc, update);
        } catch (error) {
          if (error instanceof CommandFailure) return;
          throw error;
        }
        changes++;
        expect(checkDocument(bytes, 0, bytes.length)).toBe(bytes.length);
        const named = new Set(
          Object.values(update).flatMap((fields: Document) => Object.keys(fields).map((path) => path.split('.')[0])),
        );
        const rest = (d: Document): Document =>
          Object.fromEntries(Object.entries(d).filter(([name]) => !named.has(name)));
        expect(rest(deserialize(bytes))).toEqual(rest(deserialize(serialize(doc))));
      }),
      { numRuns: 1000 },
    );
    expect(changes).toBeGreaterThan(300);
  });

  it('gives the same again for $set, $unset, $max, $min and $addToSet', () => {
    const again = fc.constantFrom('$set', '$unset', '$max', '$min', '$addToSet');
    fc.assert(
      fc.property(
        anyDocument,
        again,
        fc.constantFrom('a', 'o.x', 'new'),
        fc.integer({ min: 0, max: 3 }),
        (doc, op, path, value) => {
          let once: Document;
          try {
            once = after(doc, { [op]: { [path]: value } });
          } catch (error) {
            if (error instanceof CommandFailure) return;
            throw error;
          }
          expect(after(once, { [op]: { [path]: value } })).toEqual(once);
        },
      ),
      { numRuns: 300 },
    );
  });
});
