/** Walking the rows of a plan in chunks. Between chunks only a position is kept, so a cursor holds no transaction open. */
import type { Collection, Index, Walk } from '../storage/catalog.ts';
import type { Bound, Storage } from '../storage/storage.ts';
import { asBytes, asNumber } from '../storage/storage.ts';
import type { Plan, Range } from './plan.ts';

export interface Row {
  readonly key: Uint8Array;
  readonly rid: number;
  readonly doc: Uint8Array;
}

export interface Rows {
  next(): Row | null;
}

/** Counts of what a query looked at. */
export interface Tally {
  keys: number;
  docs: number;
}

const NO_KEY = new Uint8Array(0);
const MAX_CHUNK = 512;

/** The rows of `plan`. `expect` is how many will be wanted, to fetch no more than that at first. */
export function rowsOf(storage: Storage, collection: Collection, plan: Plan, expect: number, tally: Tally): Rows {
  switch (plan.kind) {
    case 'ids':
      return new IdRows(storage, collection, plan.keys, tally);
    case 'scan':
      return new ChunkedRows(storage, scanSteps(collection), expect, tally);
    case 'index': {
      const runs = plan.ranges.map(
        (range) => new ChunkedRows(storage, indexSteps(collection, plan.index, range, plan.reverse), expect, tally),
      );
      const rows = plan.merge ? new MergedRows(runs, plan.ranges, plan.reverse) : new SequentialRows(runs);
      return plan.index !== null && plan.index.multikey !== 0 ? new DistinctRows(rows) : rows;
    }
  }
}

/** Many keys in one statement cost half of one statement each; few do not. */
const STEP = 64;
const FEW = 4;
const PLACES = Array.from({ length: STEP }, () => '?').join();

class IdRows implements Rows {
  readonly #storage: Storage;
  readonly #collection: Collection;
  readonly #keys: readonly Uint8Array[];
  readonly #tally: Tally;
  #asked = 0;
  #rows: readonly (readonly unknown[])[] = [];
  #at = 0;

  constructor(storage: Storage, collection: Collection, keys: readonly Uint8Array[], tally: Tally) {
    this.#storage = storage;
    this.#collection = collection;
    this.#keys = keys;
    this.#tally = tally;
  }

  next(): Row | null {
    for (;;) {
      const row = this.#rows[this.#at++];
      if (row !== undefined) {
        this.#tally.docs++;
        return { key: asBytes(row[0]), rid: asNumber(row[1]), doc: asBytes(row[2]) };
      }
      if (this.#asked >= this.#keys.length) return null;
      this.#fetch();
    }
  }

  #fetch(): void {
    const left = this.#keys.length - this.#asked;
    const keys = this.#keys.slice(this.#asked, this.#asked + (left <= FEW ? 1 : STEP));
    this.#asked += keys.length;
    this.#tally.keys += keys.length;
    this.#at = 0;
    if (keys.length === 1) {
      const [key] = keys;
      const row = key === undefined ? null : this.#storage.row(this.#collection.sql.byId, key);
      this.#rows = row === null ? [] : [[key, row[0], row[1]]];
      return;
    }
    const last = keys.at(-1) ?? NO_KEY;
    // A key that stands twice in the list is found once: so the last one fills it up.
    const filled = Array.from({ length: STEP }, (_, i) => keys[i] ?? last);
    this.#rows = this.#storage.rows(
      `SELECT id, rid, doc FROM ${this.#collection.table} WHERE id IN (${PLACES}) ORDER BY id`,
      ...filled,
    );
  }
}

/** A walk and its parameters, but for the limit, which is the last. */
interface Steps {
  readonly walk: Walk;
  readonly start: readonly Bound[];
  after(row: Row): readonly Bound[];
  readonly keyed: boolean;
}

function scanSteps(collection: Collection): Steps {
  const { scan } = collection.sql;
  return { walk: { first: scan, then: scan }, start: [-1], after: (row) => [row.rid], keyed: false };
}

function indexSteps(collection: Collection, index: Index | null, range: Range, reverse: boolean): Steps {
  const { low, high } = range;
  if (index === null) {
    return {
      walk: reverse ? collection.sql.backwards : collection.sql.forwards,
      start: [low, high],
      after: (row) => (reverse ? [low, row.key] : [row.key, high]),
      keyed: true,
    };
  }
  return {
    walk: reverse ? index.sql.backwards : index.sql.forwards,
    start: [low, high],
    after: (row) => [row.key, row.rid, reverse ? low : high],
    keyed: true,
  };
}

class ChunkedRows implements Rows {
  readonly #storage: Storage;
  readonly #steps: Steps;
  readonly #tally: Tally;
  #rows: readonly (readonly unknown[])[] = [];
  #at = 0;
  #size: number;
  #last: Row | null = null;
  #ended = false;

  constructor(storage: Storage, steps: Steps, expect: number, tally: Tally) {
    this.#storage = storage;
    this.#steps = steps;
    this.#size = Math.max(1, Math.min(expect, MAX_CHUNK));
    this.#tally = tally;
  }

  next(): Row | null {
    if (this.#at >= this.#rows.length && !this.#fetch()) return null;
    const row = this.#rows[this.#at++];
    if (row === undefined) return null;
    if (this.#steps.keyed) this.#tally.keys++;
    this.#tally.docs++;
    this.#last = { key: this.#steps.keyed ? asBytes(row[0]) : NO_KEY, rid: asNumber(row[1]), doc: asBytes(row[2]) };
    return this.#last;
  }

  #fetch(): boolean {
    if (this.#ended) return false;
    const { walk, start } = this.#steps;
    const size = this.#size;
    this.#rows =
      this.#last === null
        ? this.#storage.rows(walk.first, ...start, size)
        : this.#storage.rows(walk.then, ...this.#steps.after(this.#last), size);
    this.#at = 0;
    this.#ended = this.#rows.length < size;
    this.#size = Math.min(MAX_CHUNK, size * 2);
    return this.#rows.length > 0;
  }
}

class SequentialRows implements Rows {
  readonly #runs: readonly Rows[];
  #at = 0;

  constructor(runs: readonly Rows[]) {
    this.#runs = runs;
  }

  next(): Row | null {
    for (let run = this.#runs[this.#at]; run !== undefined; run = this.#runs[++this.#at]) {
      const row = run.next();
      if (row !== null) return row;
    }
    return null;
  }
}

interface Head {
  readonly run: Rows;
  readonly fixed: number;
  row: Row | null;
}

/** Ranges that differ in their fixed part, merged by what follows it. */
class MergedRows implements Rows {
  readonly #heads: Head[];
  readonly #reverse: boolean;
  #started = false;

  constructor(runs: readonly Rows[], ranges: readonly Range[], reverse: boolean) {
    this.#heads = runs.map((run, i) => ({ run, fixed: ranges[i]?.fixed ?? 0, row: null }));
    this.#reverse = reverse;
  }

  next(): Row | null {
    if (!this.#started) {
      for (const head of this.#heads) head.row = head.run.next();
      this.#started = true;
    }
    let best: Head | null = null;
    for (const head of this.#heads) {
      if (head.row === null) continue;
      if (best?.row == null) {
        best = head;
        continue;
      }
      const order = Buffer.compare(head.row.key.subarray(head.fixed), best.row.key.subarray(best.fixed));
      if (this.#reverse ? order > 0 : order < 0) best = head;
    }
    if (best === null) return null;
    const row = best.row;
    best.row = best.run.next();
    return row;
  }
}

/** A document that has several keys comes once. */
class DistinctRows implements Rows {
  readonly #rows: Rows;
  readonly #seen = new Set<number>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  next(): Row | null {
    for (let row = this.#rows.next(); row !== null; row = this.#rows.next()) {
      if (this.#seen.has(row.rid)) continue;
      this.#seen.add(row.rid);
      return row;
    }
    return null;
  }
}
