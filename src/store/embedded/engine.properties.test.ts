import { describe, expect, it } from '@jest/globals';
import type { Document } from 'bson';
import { serialize } from 'bson';
import fc from 'fast-check';
import {
  INDEX_SETS,
  anyCollection,
  anyFilter,
  anyProjection,
  anySort,
  anyUpdate,
} from '../../../test/store/generator.ts';
import { Engine } from './engine.ts';

const DB = 'db';
const key = (doc: Document): string => Buffer.from(serialize(doc)).toString('hex');

interface Found {
  readonly docs: readonly string[];
  readonly explained: string;
}

function openCore(): Engine {
  return new Engine({ file: ':memory:', now: () => 1_700_000_000_000 });
}

function fill(engine: Engine, name: string, docs: readonly Document[]): void {
  if (docs.length > 0) expect(engine.runDocument(DB, { insert: name, documents: [...docs] })['ok']).toBe(1);
}

function find(engine: Engine, name: string, rest: Document): Found {
  const reply = engine.runDocument(DB, { find: name, batchSize: 1000, ...rest });
  if (reply['ok'] !== 1) return { docs: [`error ${String(reply['code'])}`], explained: '' };
  const docs: Document[] = reply['cursor'].firstBatch;
  return {
    docs: docs.map(key),
    explained: JSON.stringify(engine.runDocument(DB, { explain: { find: name, ...rest } })['queryPlanner']),
  };
}

describe('an index', () => {
  it('changes no answer: same documents, same order, whatever the filter and the sort', () => {
    const engine = openCore();
    const used = new Set<string>();
    let n = 0;
    fc.assert(
      fc.property(
        anyCollection,
        fc.constantFrom(...INDEX_SETS),
        fc.array(fc.tuple(anyFilter, anySort), { minLength: 4, maxLength: 8 }),
        (docs, indexes, queries) => {
          const name = `c${n++}`;
          fill(engine, name, docs);
          // Half of the documents come after the index, half before.
          fill(engine, `${name}i`, docs.slice(0, docs.length / 2));
          const made = engine.runDocument(DB, { createIndexes: `${name}i`, indexes: [...indexes] });
          const rest = docs.slice(docs.length / 2);
          if (made['ok'] !== 1 || rest.length === 0) return;
          if (engine.runDocument(DB, { insert: `${name}i`, documents: rest })['writeErrors'] !== undefined) return;
          for (const [filter, by] of queries) {
            const sort = Object.fromEntries(by);
            const scanned = find(engine, name, { filter, sort });
            const looked = find(engine, `${name}i`, { filter, sort });
            expect(looked.docs).toEqual(scanned.docs);
            if (looked.explained.includes('IXSCAN')) used.add(/"indexName":"(\w+)"/.exec(looked.explained)?.[1] ?? '');
            const counted = engine.runDocument(DB, { count: `${name}i`, query: filter });
            expect(counted['n'] ?? 'error').toBe(
              scanned.docs[0]?.startsWith('error') === true ? 'error' : scanned.docs.length,
            );
          }
          engine.runDocument(DB, { drop: name });
          engine.runDocument(DB, { drop: `${name}i` });
        },
      ),
      { numRuns: 250 },
    );
    // The property would hold for a planner that never uses an index, too.
    expect([...used].sort()).toEqual(expect.arrayContaining(['a', 'ab', 'atb', 'ba', 'c', 'lx', 'oxa', 'tags']));
    engine.close();
  });

  it('follows every update: a look-up through it finds what a walk over the collection finds', () => {
    const engine = openCore();
    let n = 0;
    fc.assert(
      fc.property(
        anyCollection,
        fc.constantFrom(...INDEX_SETS),
        fc.array(fc.tuple(anyFilter, anyUpdate), { maxLength: 5 }),
        anyFilter,
        (docs, indexes, updates, filter) => {
          const name = `u${n++}`;
          engine.runDocument(DB, { createIndexes: name, indexes: [...indexes] });
          engine.runDocument(DB, { insert: name, documents: docs, ordered: false });
          for (const [q, u] of updates)
            engine.runDocument(DB, { update: name, updates: [{ q, u, multi: true }], ordered: false });
          const walked = find(engine, name, { filter, sort: { _id: 1 }, hint: { $natural: 1 } });
          expect(find(engine, name, { filter, sort: { _id: 1 } }).docs).toEqual(walked.docs);
          engine.runDocument(DB, { delete: name, deletes: [{ q: {}, limit: 0 }] });
          for (const index of indexes)
            if (index['partialFilterExpression'] === undefined)
              expect(find(engine, name, { filter: {}, hint: String(index['name']) }).docs).toEqual([]);
          engine.runDocument(DB, { drop: name });
        },
      ),
      { numRuns: 200 },
    );
    engine.close();
  });
});

describe('a projection', () => {
  it('that keeps some fields and one that drops them cut a document into two parts', () => {
    const engine = openCore();
    fc.assert(
      fc.property(anyCollection, fc.constantFrom('a', 'c', 'tags', 'lines', 'o'), (docs, field) => {
        engine.runDocument(DB, { delete: 'p', deletes: [{ q: {}, limit: 0 }] });
        fill(engine, 'p', docs);
        const kept: Document[] = engine.runDocument(DB, {
          find: 'p',
          sort: { _id: 1 },
          projection: { [field]: 1, _id: 0 },
        })['cursor'].firstBatch;
        const left: Document[] = engine.runDocument(DB, { find: 'p', sort: { _id: 1 }, projection: { [field]: 0 } })[
          'cursor'
        ].firstBatch;
        const whole: Document[] = engine.runDocument(DB, { find: 'p', sort: { _id: 1 } })['cursor'].firstBatch;
        expect(kept.map((part, i) => ({ ...left[i], ...part }))).toEqual(whole);
        expect(left.some((doc) => field in doc)).toBe(false);
      }),
      { numRuns: 60 },
    );
    engine.close();
  });

  it('gives whole BSON, whatever it keeps', () => {
    const engine = openCore();
    fc.assert(
      fc.property(anyCollection, anyProjection, (docs, projection) => {
        engine.runDocument(DB, { delete: 'w', deletes: [{ q: {}, limit: 0 }] });
        fill(engine, 'w', docs);
        // What comes back is stored again: the store refuses bytes that are not whole.
        const found: Document[] = engine.runDocument(DB, { find: 'w', projection })['cursor'].firstBatch;
        expect(found).toHaveLength(docs.length);
      }),
      { numRuns: 60 },
    );
    engine.close();
  });
});
