/**
 * MongoDB's wire protocol, as far as current drivers speak it: OP_MSG, and OP_QUERY for the first hello.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { CODE, CommandFailure } from '../failure.ts';
import type { Slice } from '../bson/slice.ts';
import { Slice as SliceOf, T, byte, int32, nameEnd, text } from '../bson/slice.ts';
import type { Sequences } from '../command/request.ts';
import { NO_SEQUENCES } from '../command/request.ts';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const MAX_MESSAGE = 48_000_000;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

export interface Message {
  readonly requestId: number;
  readonly opcode: number;
  readonly body: Uint8Array;
  readonly sequences: Sequences;
  /** The client does not want an answer. */
  readonly silent: boolean;
  /** The database of an OP_QUERY, which stands outside its document. */
  readonly db: string | undefined;
}

/** Cuts a stream of bytes into messages. */
export class Framing {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #wanted = 0;

  /** @returns the messages that are complete now. @throws CommandFailure when a length is impossible: the connection must end. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < Math.max(4, this.#wanted)) return [];
    const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const out: Uint8Array[] = [];
    let at = 0;
    this.#wanted = 0;
    while (all.length - at >= 4) {
      const length = int32(all, at);
      if (length < 21 || length > MAX_MESSAGE)
        throw new CommandFailure(CODE.failedToParse, `a message of ${length} bytes is not possible`);
      if (all.length - at < length) {
        this.#wanted = length;
        break;
      }
      out.push(all.subarray(at, at + length));
      at += length;
    }
    this.#chunks = at === all.length ? [] : [all.subarray(at)];
    this.#size = all.length - at;
    return out;
  }
}

/** @throws CommandFailure for an opcode or section that is not supported; the connection must end. */
export function parseMessage(bytes: Uint8Array): Message {
  const requestId = int32(bytes, 4);
  const opcode = int32(bytes, 12);
  if (opcode === OP_MSG) return parseOpMsg(bytes, requestId);
  if (opcode !== OP_QUERY) throw new CommandFailure(CODE.failedToParse, `opcode ${opcode} is not supported`);
  const end = nameEnd(bytes, 20);
  const namespace = text(bytes, 20, end);
  const at = end + 9;
  const length = int32(bytes, at);
  return {
    requestId,
    opcode,
    body: bytes.subarray(at, at + length),
    sequences: NO_SEQUENCES,
    silent: false,
    db: namespace.split('.')[0],
  };
}

function parseOpMsg(bytes: Uint8Array, requestId: number): Message {
  const flags = int32(bytes, 16);
  const end = bytes.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  let body: Uint8Array | null = null;
  let sequences: Map<string, readonly Slice[]> | null = null;
  let at = 20;
  while (at < end) {
    const kind = byte(bytes, at++);
    const length = int32(bytes, at);
    if (length < 5 || at + length > end)
      throw new CommandFailure(CODE.failedToParse, 'a section of the message is cut short');
    if (kind === 0) body = bytes.subarray(at, at + length);
    else if (kind === 1) {
      const name = nameEnd(bytes, at + 4);
      sequences ??= new Map();
      sequences.set(text(bytes, at + 4, name), documentsIn(bytes, name + 1, at + length));
    } else throw new CommandFailure(CODE.failedToParse, `section kind ${kind} is not supported`);
    at += length;
  }
  if (body === null) throw new CommandFailure(CODE.failedToParse, 'the message has no body');
  return {
    requestId,
    opcode: OP_MSG,
    body,
    sequences: sequences ?? NO_SEQUENCES,
    silent: (flags & MORE_TO_COME) !== 0,
    db: undefined,
  };
}

function documentsIn(bytes: Uint8Array, from: number, to: number): Slice[] {
  const out: Slice[] = [];
  let at = from;
  while (at < to) {
    const length = int32(bytes, at);
    if (length < 5 || at + length > to)
      throw new CommandFailure(CODE.failedToParse, 'a document of the message is cut short');
    out.push(new SliceOf(bytes, T.document, at, at + length));
    at += length;
  }
  return out;
}

/** The name of a command: its first field. */
export function commandName(body: Uint8Array): string {
  return text(body, 5, nameEnd(body, 5));
}

/** The header that goes before a reply document. */
export function replyHeader(message: Message, replyLength: number, replyId: number): Uint8Array {
  const isQuery = message.opcode === OP_QUERY;
  const header = Buffer.alloc(isQuery ? 36 : 21);
  header.writeInt32LE(header.length + replyLength, 0);
  header.writeInt32LE(replyId, 4);
  header.writeInt32LE(message.requestId, 8);
  header.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  if (isQuery) {
    header.writeInt32LE(8, 16); // AwaitCapable
    header.writeInt32LE(1, 32); // one document
  }
  return header;
}
