import { Binary, serialize, type Document } from 'bson';

/** Commands are cut from common chunks, which are never written twice: what the store keeps of them stays as it is. */
const CHUNK = 1 << 18;
/** What is larger than this is left to the driver's own library. */
const MOST = 1 << 15;
const DEEPEST = 60;
/** What is not known here is written by the driver's own library: all of it, so that there is one answer. */
const UNKNOWN = -1;

let chunk = new Uint8Array(CHUNK);
let texts = Buffer.from(chunk.buffer);
let used = 0;

/** The bytes that the driver's own library makes of a command, for what commands are made of, in a third of the time. */
export function toBytes(command: Document): Uint8Array {
  if (used + MOST > CHUNK) {
    chunk = new Uint8Array(CHUNK);
    texts = Buffer.from(chunk.buffer);
    used = 0;
  }
  const end = isPlain(command) ? putDocument(chunk, used, command, 0) : UNKNOWN;
  if (end === UNKNOWN || end - used > MOST) return ofLibrary(command);
  const bytes = chunk.subarray(used, end);
  used = end;
  return bytes;
}

/** Undefined is written as null, as the driver does unless it is told to leave it out. */
function ofLibrary(command: Document): Uint8Array {
  const { buffer, byteOffset, length } = serialize(command, { ignoreUndefined: false });
  return new Uint8Array(buffer, byteOffset, length);
}

/** @returns where it ends, past the end of the chunk where there was no room. */
function putDocument(to: Uint8Array, start: number, from: Document, depth: number): number {
  let at = start + 4;
  for (const name of Object.keys(from)) {
    const value: unknown = from[name];
    at = putValue(to, at, name, value, depth);
    if (at === UNKNOWN) return UNKNOWN;
  }
  to[at] = 0;
  putInt32(to, start, at + 1 - start);
  return at + 1;
}

function putArray(to: Uint8Array, start: number, from: readonly unknown[], depth: number): number {
  let at = start + 4;
  for (let index = 0; index < from.length; index += 1) {
    at = putValue(to, at, nameOf(index), from[index], depth);
    if (at === UNKNOWN) return UNKNOWN;
  }
  to[at] = 0;
  putInt32(to, start, at + 1 - start);
  return at + 1;
}

const PLACES = Array.from({ length: 100 }, (_, index) => String(index));

function nameOf(index: number): string {
  return PLACES[index] ?? String(index);
}

function putValue(to: Uint8Array, at: number, name: string, value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string': {
      const from = putHead(to, at, 2, name);
      if (from === UNKNOWN) return UNKNOWN;
      const end = putText(to, from + 4, value);
      if (end === UNKNOWN) return UNKNOWN;
      to[end] = 0;
      putInt32(to, from, end + 1 - from - 4);
      return end + 1;
    }
    case 'number':
      return putNumber(to, at, name, value);
    case 'boolean': {
      const from = putHead(to, at, 8, name);
      if (from === UNKNOWN) return UNKNOWN;
      to[from] = value ? 1 : 0;
      return from + 1;
    }
    case 'undefined':
      return putHead(to, at, 10, name);
    case 'object':
      return value === null ? putHead(to, at, 10, name) : putObject(to, at, name, value, depth);
    default:
      return UNKNOWN;
  }
}

function putObject(to: Uint8Array, at: number, name: string, value: object, depth: number): number {
  if (depth > DEEPEST) return UNKNOWN;
  if (Array.isArray(value)) {
    const from = putHead(to, at, 4, name);
    return from === UNKNOWN ? UNKNOWN : putArray(to, from, value, depth + 1);
  }
  if (isPlain(value)) {
    const from = putHead(to, at, 3, name);
    return from === UNKNOWN ? UNKNOWN : putDocument(to, from, value, depth + 1);
  }
  if (value instanceof Date) return putDate(to, at, name, value.getTime());
  if (value instanceof Binary) return putBinary(to, at, name, value);
  return UNKNOWN;
}

function isPlain(value: object): value is Document {
  const kind: unknown = Object.getPrototypeOf(value);
  return (kind === Object.prototype || kind === null) && !('_bsontype' in value);
}

function putNumber(to: Uint8Array, at: number, name: string, value: number): number {
  if ((value | 0) === value && !Object.is(value, -0)) {
    const from = putHead(to, at, 16, name);
    if (from === UNKNOWN) return UNKNOWN;
    putInt32(to, from, value);
    return from + 4;
  }
  const from = putHead(to, at, 1, name);
  if (from === UNKNOWN) return UNKNOWN;
  scratch.setFloat64(0, value, true);
  for (let index = 0; index < 8; index += 1) to[from + index] = scratchBytes[index] ?? 0;
  return from + 8;
}

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function putDate(to: Uint8Array, at: number, name: string, ms: number): number {
  if (!Number.isSafeInteger(ms)) return UNKNOWN;
  const from = putHead(to, at, 9, name);
  if (from === UNKNOWN) return UNKNOWN;
  putInt32(to, from, (ms % 4_294_967_296) | 0);
  putInt32(to, from + 4, Math.floor(ms / 4_294_967_296));
  return from + 8;
}

function putBinary(to: Uint8Array, at: number, name: string, value: Binary): number {
  const { sub_type: kind, position: length, buffer } = value;
  const from = putHead(to, at, 5, name);
  // Vectors and the oldest kind have rules of their own.
  if (from === UNKNOWN || kind === 2 || kind === 9 || from + 5 + length > to.length) return UNKNOWN;
  putInt32(to, from, length);
  to[from + 4] = kind;
  to.set(buffer.subarray(0, length), from + 5);
  return from + 5 + length;
}

/** The type and the name of an element. */
function putHead(to: Uint8Array, start: number, type: number, name: string): number {
  to[start] = type;
  let at = start + 1;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code === 0 || code > 127) return UNKNOWN;
    to[at++] = code;
  }
  to[at] = 0;
  return at + 1;
}

const SHORT = 64;

function putText(to: Uint8Array, start: number, text: string): number {
  const { length } = text;
  if (start + length * 3 >= to.length) return UNKNOWN;
  if (length > SHORT) return start + texts.write(text, start, 'utf8');
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) return start + texts.write(text, start, 'utf8');
    to[start + index] = code;
  }
  return start + length;
}

function putInt32(to: Uint8Array, at: number, value: number): void {
  to[at] = value;
  to[at + 1] = value >> 8;
  to[at + 2] = value >> 16;
  to[at + 3] = value >> 24;
}
