/** Building BSON bytes without building objects first. */
import { CODE, CommandFailure } from '../failure.ts';
import type { Field, Slice } from './slice.ts';
import { T, utf8 } from './slice.ts';

const CHUNK = 65_536;
/** Nearly all that is written is small and short-lived: it is cut from common chunks, which are never written twice. */
let chunk = new Uint8Array(CHUNK);
let used = 0;

function piece(size: number): Uint8Array<ArrayBuffer> {
  if (size > CHUNK / 8) return new Uint8Array(size);
  if (used + size > CHUNK) {
    chunk = new Uint8Array(CHUNK);
    used = 0;
  }
  used += size;
  return new Uint8Array(chunk.buffer, used - size, size);
}

/** Gives back what stands behind `at` of the piece that was cut last. */
function giveBack(bytes: Uint8Array, at: number): void {
  if (bytes.buffer === chunk.buffer && bytes.byteOffset + bytes.length === used) used = bytes.byteOffset + at;
}

/** A growing run of bytes. `begin`/`finish` bracket documents and arrays and fill in their lengths. */
export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  at = 0;

  constructor(size = 512) {
    this.bytes = piece(size);
  }

  #room(more: number): void {
    const need = this.at + more;
    if (need <= this.bytes.length) return;
    const grown = piece(Math.max(need, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  /** Appends `buf[from, to)` as it is. */
  raw(buf: Uint8Array, from: number, to: number): void {
    const length = to - from;
    this.#room(length);
    if (length < 48) for (let i = from; i < to; i++) this.bytes[this.at++] = buf[i] ?? 0;
    else {
      this.bytes.set(from === 0 && to === buf.length ? buf : buf.subarray(from, to), this.at);
      this.at += length;
    }
  }

  u8(value: number): void {
    this.#room(1);
    this.bytes[this.at++] = value;
  }

  i32(value: number): void {
    this.#room(4);
    setInt32(this.bytes, this.at, value);
    this.at += 4;
  }

  i64(value: bigint): void {
    scratch.setBigInt64(0, value, true);
    this.raw(scratchBytes, 0, 8);
  }

  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.raw(scratchBytes, 0, 8);
  }

  /** Type byte and name of the next element. @throws CommandFailure when the name holds a NUL. */
  head(type: number, name: string): void {
    this.#room(name.length + 2);
    this.bytes[this.at++] = type;
    const start = this.at;
    for (let i = 0; i < name.length; i++) {
      const c = name.charCodeAt(i);
      if (c === 0) throw new CommandFailure(CODE.badValue, 'a field name must not hold a NUL character');
      if (c > 127) {
        this.at = start;
        const encoded = utf8(name);
        this.raw(encoded, 0, encoded.length);
        break;
      }
      this.bytes[this.at++] = c;
    }
    this.u8(0);
  }

  /** Opens the document itself; returns where its length stands, for `finish`. */
  open(): number {
    const start = this.at;
    this.i32(0);
    return start;
  }

  begin(type: number, name: string): number {
    this.head(type, name);
    return this.open();
  }

  finish(start: number): void {
    this.u8(0);
    setInt32(this.bytes, start, this.at - start);
  }

  value(name: string, value: Slice): void {
    this.head(value.type, name);
    this.raw(value.buf, value.at, value.end);
  }

  /** Appends an element as it is: type byte, name and value. */
  field(field: Field): void {
    this.raw(field.buf, field.nameAt - 1, field.end);
  }

  document(name: string, doc: Uint8Array): void {
    this.head(T.document, name);
    this.raw(doc, 0, doc.length);
  }

  string(name: string, value: string): void {
    this.head(T.string, name);
    const start = this.open();
    this.#room(value.length + 1);
    for (let i = 0; i < value.length; i++) {
      const c = value.charCodeAt(i);
      if (c > 127) {
        this.at = start + 4;
        const encoded = utf8(value);
        this.raw(encoded, 0, encoded.length);
        break;
      }
      this.bytes[this.at++] = c;
    }
    this.u8(0);
    setInt32(this.bytes, start, this.at - start - 4);
  }

  bool(name: string, value: boolean): void {
    this.head(T.bool, name);
    this.u8(value ? 1 : 0);
  }

  /** An integer as MongoDB answers counts: int32 where it fits, else int64. */
  integer(name: string, value: number): void {
    if (Number.isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff) {
      this.head(T.int32, name);
      this.i32(value);
    } else {
      this.head(T.int64, name);
      this.i64(BigInt(value));
    }
  }

  double(name: string, value: number): void {
    this.head(T.double, name);
    this.f64(value);
  }

  long(name: string, value: bigint): void {
    this.head(T.int64, name);
    this.i64(value);
  }

  /** UTC epoch milliseconds as a BSON date. */
  date(name: string, value: number): void {
    this.head(T.date, name);
    this.i64(BigInt(value));
  }

  /** What has been written; the bytes are not copied, so the writer must not be used again. */
  done(): Uint8Array {
    giveBack(this.bytes, this.at);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.at);
  }
}

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function setInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}

/** One document, written by `body`. */
export function documentOf(body: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  const start = w.open();
  body(w);
  w.finish(start);
  return w.done();
}
