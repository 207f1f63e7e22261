import { Binary, deserialize, type Document } from 'bson';
import { nameAt, nameEnd } from '../../src/store/embedded/bson/slice.ts';

/** What the driver's own library makes of a reply, for what replies are made of, in half of the time. */
export function fromBytes(bytes: Uint8Array): Document {
  const from = new Reader(bytes);
  const document = from.document(0);
  // What is not known here is read by the library: all of it, so that there is one answer.
  return from.unknown ? deserialize(bytes) : document;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #texts: Buffer;
  /** Something was met that only the library reads, or refuses. */
  unknown = false;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#texts = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  document(start: number): Document {
    const bytes = this.#bytes;
    const document: Document = {};
    const end = this.#endOf(start);
    this.#at = start + 4;
    for (let type = bytes[this.#at]; type !== 0 && !this.unknown; type = bytes[this.#at]) {
      this.#at += 1;
      const name = this.#name();
      document[name] = this.#value(type);
    }
    this.#at += 1;
    if (this.#at !== end) this.unknown = true;
    return document;
  }

  #array(start: number): unknown[] {
    const bytes = this.#bytes;
    const list: unknown[] = [];
    const end = this.#endOf(start);
    this.#at = start + 4;
    for (let type = bytes[this.#at]; type !== 0 && !this.unknown; type = bytes[this.#at]) {
      let at = this.#at + 1;
      while (bytes[at] !== 0 && at < end) at += 1;
      this.#at = at + 1;
      list.push(this.#value(type));
    }
    this.#at += 1;
    if (this.#at !== end) this.unknown = true;
    return list;
  }

  #endOf(start: number): number {
    const end = start + this.#int32(start);
    if (end > this.#bytes.length) this.unknown = true;
    return end;
  }

  #value(type: number | undefined): unknown {
    const bytes = this.#bytes;
    const at = this.#at;
    switch (type) {
      case 1:
        this.#at = at + 8;
        return this.#texts.readDoubleLE(at);
      case 2: {
        const end = at + 4 + this.#int32(at);
        this.#at = end;
        return this.#text(at + 4, end - 1);
      }
      case 3:
        return this.document(at);
      case 4:
        return this.#array(at);
      case 5: {
        const length = this.#int32(at);
        const kind = bytes[at + 4] ?? 0;
        this.#at = at + 5 + length;
        if (kind !== 0 || length < 0) this.unknown = true;
        return new Binary(this.#texts.subarray(at + 5, at + 5 + length), kind);
      }
      case 8:
        this.#at = at + 1;
        return bytes[at] === 1;
      case 9:
        return new Date(this.#int64());
      case 10:
        return null;
      case 16:
        this.#at = at + 4;
        return this.#int32(at);
      case 18:
        return this.#int64();
      default:
        this.unknown = true;
        return null;
    }
  }

  #int32(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  }

  #int64(): number {
    const at = this.#at;
    this.#at = at + 8;
    const value = this.#int32(at + 4) * 4_294_967_296 + (this.#int32(at) >>> 0);
    if (!Number.isSafeInteger(value)) this.unknown = true;
    return value;
  }

  #text(from: number, to: number): string {
    const bytes = this.#bytes;
    if (to < from || to >= bytes.length) {
      this.unknown = true;
      return '';
    }
    const text = this.#texts.toString('utf8', from, to);
    // The library refuses bytes that are no text.
    if (text.includes('\ufffd')) this.unknown = true;
    return text;
  }

  #name(): string {
    const from = this.#at;
    const end = nameEnd(this.#bytes, from);
    this.#at = end + 1;
    const name = nameAt(this.#bytes, from, end);
    // References to other documents are made objects of by the library, and nobody sets a prototype here.
    if (name.startsWith('$') || name === '__proto__') this.unknown = true;
    return name;
  }
}
