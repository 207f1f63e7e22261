/** Open cursors: each is a function that gives the next document. */
import { CODE, CommandFailure } from '../failure.ts';
import { TooLong } from './too-long.ts';
import { Writer } from '../bson/writer.ts';
import { T } from '../bson/slice.ts';

export type Next = () => Uint8Array | null;

interface Cursor {
  readonly namespace: string;
  readonly next: Next;
  /** A document that did not fit into the last batch. */
  pending: Uint8Array | null;
  usedAt: number;
}

const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const TIME_OUT_MS = 10 * 60 * 1000;

export class Cursors {
  readonly #open = new Map<bigint, Cursor>();
  readonly #step: bigint;
  #lastId: bigint;

  /** Ids are `first`, `first + step`, …: two threads can so tell their cursors apart. */
  constructor(first = 1n, step = 1n) {
    this.#lastId = first - step;
    this.#step = step;
  }

  /**
   * Writes the first batch of `next`. When there is more, `whatElse` decides: a cursor stays `open` for it, the rest is
   * not wanted (`drop`), or the read belongs elsewhere (`refuse`).
   * @throws TooLong when it is refused.
   */
  first(
    namespace: string,
    next: Next,
    batchSize: number,
    whatElse: 'open' | 'drop' | 'refuse',
    now: number,
  ): Uint8Array {
    const cursor: Cursor = { namespace, next, pending: null, usedAt: now };
    const w = new Writer(4096);
    const start = w.open();
    const inner = w.begin(T.document, 'cursor');
    const more = writeBatch(w, 'firstBatch', cursor, batchSize);
    if (more && whatElse === 'refuse') throw new TooLong();
    let id = 0n;
    if (more && whatElse === 'open') {
      this.#lastId += this.#step;
      id = this.#lastId;
      this.#open.set(id, cursor);
    }
    return finish(w, start, inner, id, namespace);
  }

  /** Writes the next batch. @throws CommandFailure 43 when there is no such cursor. */
  more(id: bigint, namespace: string, batchSize: number | null, now: number): Uint8Array {
    const cursor = this.#open.get(id);
    if (cursor === undefined) throw new CommandFailure(CODE.cursorNotFound, `cursor id ${id} not found`);
    if (cursor.namespace !== namespace)
      throw new CommandFailure(
        13,
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    cursor.usedAt = now;
    const w = new Writer(16384);
    const start = w.open();
    const inner = w.begin(T.document, 'cursor');
    let more: boolean;
    try {
      more = writeBatch(w, 'nextBatch', cursor, batchSize ?? Infinity);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    if (!more) this.#open.delete(id);
    return finish(w, start, inner, more ? id : 0n, namespace);
  }

  has(id: bigint): boolean {
    return this.#open.has(id);
  }

  kill(id: bigint): boolean {
    return this.#open.delete(id);
  }

  /** Ends the cursors of collections for which `gone` is true. */
  killWhere(gone: (namespace: string) => boolean): void {
    for (const [id, cursor] of this.#open) if (gone(cursor.namespace)) this.#open.delete(id);
  }

  /** Ends cursors that nobody asked for ten minutes. */
  expire(now: number): void {
    for (const [id, cursor] of this.#open) if (now - cursor.usedAt > TIME_OUT_MS) this.#open.delete(id);
  }
}

/** @returns whether there is more. */
function writeBatch(w: Writer, name: string, cursor: Cursor, batchSize: number): boolean {
  const start = w.begin(T.array, name);
  const from = w.at;
  let count = 0;
  let doc = cursor.pending;
  cursor.pending = null;
  while (count < batchSize) {
    doc ??= cursor.next();
    if (doc === null) break;
    if (count > 0 && w.at - from + doc.length > MAX_BATCH_BYTES) break;
    w.document(String(count++), doc);
    doc = null;
  }
  // Looking one ahead tells a full last batch from a batch with more behind it, and saves the client a round trip.
  doc ??= count < batchSize ? null : cursor.next();
  w.finish(start);
  cursor.pending = doc;
  return doc !== null;
}

function finish(w: Writer, start: number, inner: number, id: bigint, namespace: string): Uint8Array {
  w.long('id', id);
  w.string('ns', namespace);
  w.finish(inner);
  w.double('ok', 1);
  w.finish(start);
  return w.done();
}
