/**
 * Order-preserving keys: comparing two keys byte by byte (memcmp, as SQLite compares blobs) agrees with `compare`.
 *
 * A key is self-delimiting, so keys can be put one after the other (compound indexes) and each can be inverted bit by
 * bit (descending fields). A value starts with a tag between 0x01 and 0x7f, inverted 0x80 to 0xfe; 0x00 and 0xff never
 * start one, which makes them usable as bounds.
 */
import type { Num } from './number.ts';
import { exactly, floorDouble, numberOf } from './number.ts';
import type { Slice } from './slice.ts';
import { T, byte, int32, nameEnd, valueEnd } from './slice.ts';

/** Tags in MongoDB's comparison order of types. Types that compare with each other share one. */
export const TAG = {
  end: 0x00,
  minKey: 0x01,
  undefined: 0x03,
  null: 0x05,
  number: 0x0a,
  string: 0x0f,
  document: 0x14,
  array: 0x19,
  binary: 0x1e,
  objectId: 0x23,
  bool: 0x28,
  date: 0x2d,
  timestamp: 0x2f,
  regex: 0x32,
  dbPointer: 0x37,
  code: 0x3c,
  codeWithScope: 0x41,
  maxKey: 0x7f,
} as const;

const TAG_OF: readonly number[] = [
  TAG.null, // missing: sorts and is indexed as null
  TAG.number,
  TAG.string,
  TAG.document,
  TAG.array,
  TAG.binary,
  TAG.undefined,
  TAG.objectId,
  TAG.bool,
  TAG.date,
  TAG.null,
  TAG.regex,
  TAG.dbPointer,
  TAG.code,
  TAG.string,
  TAG.codeWithScope,
  TAG.number,
  TAG.timestamp,
  TAG.number,
  TAG.number,
];

/** The place of a BSON type in the order of types. */
export function tagOf(type: number): number {
  return type === T.minKey ? TAG.minKey : type === T.maxKey ? TAG.maxKey : (TAG_OF[type] ?? TAG.end);
}

/** Collects the bytes of one key. Reused between keys: `take` copies them out. */
export class KeyWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  at = 0;

  #room(more: number): void {
    if (this.at + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.at + more, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  reset(): void {
    this.at = 0;
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.at);
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.at++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Appends `value`, inverted when the field is descending. */
  value(value: Slice, descending = false): void {
    const start = this.at;
    this.#value(value.buf, value.type, value.at, value.end);
    if (descending) for (let i = start; i < this.at; i++) this.#bytes[i] = ~byte(this.#bytes, i) & 0xff;
  }

  #value(buf: Uint8Array, type: number, at: number, end: number): void {
    this.u8(tagOf(type));
    switch (type) {
      case T.int32:
        this.#double(int32(buf, at));
        this.u8(0);
        return;
      case T.double:
      case T.int64:
      case T.decimal:
        this.#number(numberOf({ buf, type, at, end }));
        return;
      case T.string:
      case T.symbol:
      case T.code:
        this.#escaped(buf, at + 4, end - 1);
        return;
      case T.document:
      case T.array:
        this.#fields(buf, at, type === T.document);
        return;
      case T.binary:
        this.#bigEndian(int32(buf, at));
        this.#copy(buf, at + 4, end);
        return;
      case T.objectId:
        this.#copy(buf, at, end);
        return;
      case T.bool:
        this.u8(byte(buf, at) === 0 ? 0 : 1);
        return;
      case T.date:
        this.#reversed(buf, at, 0x80);
        return;
      case T.timestamp:
        this.#reversed(buf, at, 0);
        return;
      case T.regex: {
        const flags = nameEnd(buf, at) + 1;
        this.#escaped(buf, at, flags - 1);
        this.#escaped(buf, flags, end - 1);
        return;
      }
      case T.dbPointer:
        this.#bigEndian(end - at);
        this.#copy(buf, at + 4, end);
        return;
      case T.codeWithScope: {
        const scope = at + 8 + int32(buf, at + 4);
        this.#escaped(buf, at + 8, scope - 1);
        this.#fields(buf, scope, true);
        return;
      }
      default:
    }
  }

  #fields(buf: Uint8Array, at: number, named: boolean): void {
    const stop = at + int32(buf, at) - 1;
    let i = at + 4;
    while (i < stop) {
      const type = byte(buf, i);
      const value = nameEnd(buf, i + 1) + 1;
      const end = valueEnd(buf, type, value);
      if (named) {
        // MongoDB compares two fields by type first, then by name, then by value.
        this.u8(tagOf(type));
        this.#copy(buf, i + 1, value);
      }
      this.#value(buf, type, value, end);
      i = end;
    }
    this.u8(TAG.end);
  }

  /** A NUL inside becomes 00 FF, the end is 00 00: a prefix sorts before what continues it. */
  #escaped(buf: Uint8Array, from: number, to: number): void {
    this.#room((to - from) * 2 + 2);
    for (let i = from; i < to; i++) {
      const c = byte(buf, i);
      this.#bytes[this.at++] = c;
      if (c === 0) this.#bytes[this.at++] = 0xff;
    }
    this.#bytes[this.at++] = 0;
    this.#bytes[this.at++] = 0;
  }

  #copy(buf: Uint8Array, from: number, to: number): void {
    this.#room(to - from);
    for (let i = from; i < to; i++) this.#bytes[this.at++] = byte(buf, i);
  }

  #bigEndian(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.at, value);
    this.at += 4;
  }

  /** Eight little-endian bytes as big-endian, the sign bit flipped by `flip`. */
  #reversed(buf: Uint8Array, at: number, flip: number): void {
    this.#room(8);
    this.#bytes[this.at] = byte(buf, at + 7) ^ flip;
    for (let i = 6; i >= 0; i--) this.#bytes[this.at + 7 - i] = byte(buf, at + i);
    this.at += 8;
  }

  /**
   * The largest double not above the number, then 00 when that is the number itself, else 01 and its exact digits.
   * Two numbers with the same such double have the same sign, so their digits alone decide.
   */
  #number(n: Num): void {
    const { double, exact } = floorDouble(n);
    this.#double(double);
    this.u8(exact ? 0 : 1);
    if (exact) return;
    const { digits, exponent } = exactly(n);
    const negative = digits < 0n;
    const written = (negative ? -digits : digits).toString().replace(/0+$/, '');
    const magnitude = (negative ? -digits : digits).toString().length + exponent;
    const start = this.at;
    this.#bigEndian(magnitude + 0x40000000);
    for (let i = 0; i < written.length; i++) this.u8(written.charCodeAt(i));
    this.u8(0);
    if (negative) for (let i = start; i < this.at; i++) this.#bytes[i] = ~byte(this.#bytes, i) & 0xff;
  }

  #double(value: number): void {
    this.#room(8);
    if (value !== value) {
      this.#bytes.fill(0, this.at, this.at + 8);
    } else {
      this.#view.setFloat64(this.at, value === 0 ? 0 : value);
      const first = byte(this.#bytes, this.at);
      if (first & 0x80) for (let i = 0; i < 8; i++) this.#bytes[this.at + i] = ~byte(this.#bytes, this.at + i) & 0xff;
      else this.#bytes[this.at] = first | 0x80;
    }
    this.at += 8;
  }
}

const shared = new KeyWriter();

/** The key of one value. */
export function keyOf(value: Slice, descending = false): Uint8Array {
  shared.reset();
  shared.value(value, descending);
  return shared.take();
}

/** Keys as a text that is equal exactly when the values compare equal: for Sets and Maps. */
export function keyText(value: Slice): string {
  const key = keyOf(value);
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
