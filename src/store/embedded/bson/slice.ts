/**
 * Reading BSON where it lies: a value is a type and a range of bytes, and nothing is decoded until somebody needs it.
 * Layout and type numbers: https://bsonspec.org/spec.html
 */
import { CODE, CommandFailure } from '../failure.ts';

/** BSON type bytes. `missing` is ours: it stands for a field that is not there. */
export const T = {
  missing: 0,
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int32: 16,
  timestamp: 17,
  int64: 18,
  decimal: 19,
  minKey: 255,
  maxKey: 127,
} as const;

/** One value: its type, and its bytes `[at, end)` in `buf`. */
export class Slice {
  readonly buf: Uint8Array;
  readonly type: number;
  readonly at: number;
  readonly end: number;

  constructor(buf: Uint8Array, type: number, at: number, end: number) {
    this.buf = buf;
    this.type = type;
    this.at = at;
    this.end = end;
  }
}

/** A value with its name: the name's bytes are `[nameAt, at - 1)`, the type byte is at `nameAt - 1`. */
export class Field extends Slice {
  readonly nameAt: number;

  constructor(buf: Uint8Array, type: number, nameAt: number, at: number, end: number) {
    super(buf, type, at, end);
    this.nameAt = nameAt;
  }

  get name(): string {
    return nameAt(this.buf, this.nameAt, this.at - 1);
  }
}

/** A field that is not there. */
export const MISSING = new Slice(new Uint8Array(0), T.missing, 0, 0);

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

/** The byte at `at`; 0 past the end, so that a scan over cut-off bytes stops. */
export function byte(buf: Uint8Array, at: number): number {
  return buf[at] ?? 0;
}

export function int32(buf: Uint8Array, at: number): number {
  return byte(buf, at) | (byte(buf, at + 1) << 8) | (byte(buf, at + 2) << 16) | (byte(buf, at + 3) << 24);
}

export function float64(buf: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) scratchBytes[i] = byte(buf, at + i);
  return scratch.getFloat64(0, true);
}

export function int64(buf: Uint8Array, at: number): bigint {
  for (let i = 0; i < 8; i++) scratchBytes[i] = byte(buf, at + i);
  return scratch.getBigInt64(0, true);
}

/** The text of `[at, end)`, UTF-8. */
export function text(buf: Uint8Array, at: number, end: number): string {
  if (end - at > 24) return decoder.decode(buf.subarray(at, end));
  let out = '';
  for (let i = at; i < end; i++) {
    const c = byte(buf, i);
    if (c > 127) return decoder.decode(buf.subarray(at, end));
    out += String.fromCharCode(c);
  }
  return out;
}

interface KnownName {
  readonly bytes: Uint8Array;
  readonly name: string;
}

const NAMES = 4_096;
const LONGEST_NAME = 64;
const names: (KnownName | undefined)[] = Array.from({ length: NAMES });

/** The name in `[at, end)`. Names come again and again: one that was met before is not made anew, and looked up faster. */
export function nameAt(buf: Uint8Array, at: number, end: number): string {
  const length = end - at;
  if (length > LONGEST_NAME) return text(buf, at, end);
  let hash = 0;
  for (let i = at; i < end; i++) hash = (Math.imul(hash, 31) + byte(buf, i)) | 0;
  const place = hash & (NAMES - 1);
  const known = names[place];
  if (known !== undefined && known.bytes.length === length) {
    let n = 0;
    while (n < length && known.bytes[n] === buf[at + n]) n++;
    if (n === length) return known.name;
  }
  // As a key of an object it becomes the one string of its text, which is compared at a glance with what code asks for.
  const [name = ''] = Object.keys({ [text(buf, at, end)]: null });
  names[place] = { bytes: new Uint8Array(buf.subarray(at, end)), name };
  return name;
}

export function utf8(value: string): Uint8Array {
  return encoder.encode(value);
}

/** The index of the NUL that ends the name starting at `at`. */
export function nameEnd(buf: Uint8Array, at: number): number {
  let i = at;
  while (byte(buf, i) !== 0) i++;
  return i;
}

/** Where the value of this type that starts at `at` ends. @throws CommandFailure on an unknown type byte. */
export function valueEnd(buf: Uint8Array, type: number, at: number): number {
  switch (type) {
    case T.double:
    case T.date:
    case T.timestamp:
    case T.int64:
      return at + 8;
    case T.string:
    case T.code:
    case T.symbol:
      return at + 4 + int32(buf, at);
    case T.document:
    case T.array:
    case T.codeWithScope:
      return at + int32(buf, at);
    case T.binary:
      return at + 5 + int32(buf, at);
    case T.undefined:
    case T.null:
    case T.minKey:
    case T.maxKey:
      return at;
    case T.objectId:
      return at + 12;
    case T.bool:
      return at + 1;
    case T.regex:
      return nameEnd(buf, nameEnd(buf, at) + 1) + 1;
    case T.dbPointer:
      return at + 4 + int32(buf, at) + 12;
    case T.int32:
      return at + 4;
    case T.decimal:
      return at + 16;
    default:
      throw new CommandFailure(CODE.badValue, `invalid BSON: unknown type byte ${type}`);
  }
}

/** Every field of the document (or array) that starts at `at`. */
export function fieldsOf(buf: Uint8Array, at: number): Field[] {
  const out: Field[] = [];
  const stop = at + int32(buf, at) - 1;
  let i = at + 4;
  while (i < stop) {
    const type = byte(buf, i);
    const value = nameEnd(buf, i + 1) + 1;
    const end = valueEnd(buf, type, value);
    out.push(new Field(buf, type, i + 1, value, end));
    i = end;
  }
  return out;
}

/** The field of this name in the document (or array) at `at`, or null. Skips all others without decoding them. */
export function findField(buf: Uint8Array, at: number, name: Uint8Array): Field | null {
  const stop = at + int32(buf, at) - 1;
  const length = name.length;
  let i = at + 4;
  while (i < stop) {
    const type = byte(buf, i);
    const nameAt = i + 1;
    let n = 0;
    while (n < length && buf[nameAt + n] === name[n]) n++;
    if (n === length && buf[nameAt + n] === 0) {
      const value = nameAt + n + 1;
      return new Field(buf, type, nameAt, value, valueEnd(buf, type, value));
    }
    i = valueEnd(buf, type, nameEnd(buf, nameAt + n) + 1);
  }
  return null;
}

/** The bytes of one value, copied: to keep it when the message that it came in is gone. */
export function copied(value: Slice): Slice {
  const bytes = value.buf.slice(value.at, value.end);
  return new Slice(bytes, value.type, 0, bytes.length);
}

/** The text of a string, symbol or code value. */
export function stringOf(value: Slice): string {
  return text(value.buf, value.at + 4, value.end - 1);
}

const MAX_DEPTH = 200;

/**
 * Checks that the document at `at` is whole: lengths, ends and type bytes, at every depth.
 * @returns its length. @throws CommandFailure when the bytes are not BSON or are nested deeper than MongoDB allows.
 */
export function checkDocument(buf: Uint8Array, at: number, limit: number, depth = 0): number {
  const length = int32(buf, at);
  const end = at + length;
  if (length < 5 || end > limit || byte(buf, end - 1) !== 0) throw malformed();
  if (depth > MAX_DEPTH)
    throw new CommandFailure(CODE.badValue, `BSON document is nested deeper than ${MAX_DEPTH} levels`);
  let i = at + 4;
  while (i < end - 1) {
    const type = byte(buf, i);
    const value = nameEnd(buf, i + 1) + 1;
    if (value >= end) throw malformed();
    const next = valueEnd(buf, type, value);
    if (next < value || next >= end) throw malformed();
    if (type === T.document || type === T.array) checkDocument(buf, value, next, depth + 1);
    else if (type === T.codeWithScope) checkCodeWithScope(buf, value, next, depth);
    else if (
      (type === T.string || type === T.symbol || type === T.code) &&
      (int32(buf, value) < 1 || byte(buf, next - 1) !== 0)
    )
      throw malformed();
    else if (type === T.binary && int32(buf, value) < 0) throw malformed();
    i = next;
  }
  if (i !== end - 1) throw malformed();
  return length;
}

function checkCodeWithScope(buf: Uint8Array, at: number, end: number, depth: number): void {
  const scope = at + 8 + int32(buf, at + 4);
  if (scope <= at || scope + 5 > end) throw malformed();
  checkDocument(buf, scope, end, depth + 1);
}

function malformed(): CommandFailure {
  return new CommandFailure(CODE.badValue, 'invalid BSON: a length or an end marker is wrong');
}
