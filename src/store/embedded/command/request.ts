/** One command as it came: its fields by name, its document sequences, and typed access to both. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { Slice as SliceOf, T, checkDocument, fieldsOf, stringOf } from '../bson/slice.ts';
import { truthy } from '../query/filter.ts';

/** A named run of documents beside the command (OP_MSG section kind 1). */
export type Sequences = ReadonlyMap<string, readonly Slice[]>;

export const NO_SEQUENCES: Sequences = new Map();

/** Fields that any command may carry and that change nothing here. */
const GENERIC = new Set([
  '$db', 'lsid', '$clusterTime', '$readPreference', 'readConcern', 'writeConcern', 'maxTimeMS', 'maxTimeMSOpOnly', 'comment',
  'apiVersion', 'apiStrict', 'apiDeprecationErrors', '$audit', '$client', '$configServerState',
]); // prettier-ignore

export class Request {
  readonly name: string;
  readonly db: string;
  readonly body: Uint8Array;
  /** With their names; a command has few, and looking through them is faster than to make a map of them. */
  readonly #names: string[] = [];
  readonly #fields: Field[];
  readonly #sequences: Sequences;

  /** @throws CommandFailure when the bytes are not BSON or the command names no database. */
  constructor(body: Uint8Array, sequences: Sequences, db?: string) {
    checkDocument(body, 0, body.length);
    this.body = body;
    this.#sequences = sequences;
    this.#fields = fieldsOf(body, 0);
    for (const field of this.#fields) this.#names.push(field.name);
    this.name = this.#names[0] ?? '';
    this.db = this.text('$db') ?? db ?? '';
  }

  /** Refuses fields that this server does not know: an option that is ignored would be a wrong answer. */
  allow(allowed: ReadonlySet<string>): void {
    for (let at = 0; at < this.#names.length; at += 1) {
      const name = this.#names[at] ?? '';
      if (name === this.name || allowed.has(name) || GENERIC.has(name)) continue;
      if (name === 'startTransaction' || name === 'autocommit' || name === 'txnNumber')
        throw new CommandFailure(
          CODE.transactionsNotSupported,
          'Transaction numbers are only allowed on a replica set member or mongos: the embedded store has no transactions',
        );
      // Drivers send some options with their default value.
      const field = this.#fields[at];
      if (field === undefined || isDefault(field)) continue;
      throw new CommandFailure(
        CODE.unknownField,
        `BSON field '${this.name}.${name}' is an unknown field: the embedded store does not support it.`,
      );
    }
  }

  field(name: string): Field | null {
    // Of a name that stands twice the last one counts.
    for (let at = this.#names.length - 1; at >= 0; at -= 1)
      if (this.#names[at] === name) return this.#fields[at] ?? null;
    return null;
  }

  text(name: string): string | null {
    const field = this.field(name);
    if (field === null) return null;
    if (field.type !== T.string) throw wrongType(this.name, name, 'string');
    return stringOf(field);
  }

  /** The collection that the command is about. */
  collection(): string {
    const name = this.text(this.name);
    if (name === null || name === '')
      throw new CommandFailure(CODE.invalidNamespace, `Invalid namespace specified '${this.db}.'`);
    return name;
  }

  integer(name: string): number | null {
    const field = this.field(name);
    if (field === null || field.type === T.null) return null;
    const value = isNumber(field.type) ? numberOf(field) : NaN;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(this.name, name, 'whole number');
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const field = this.field(name);
    return field === null ? otherwise : truthy(field);
  }

  /** A document argument, or null where it is missing. */
  document(name: string): Field | null {
    const field = this.field(name);
    if (field === null || field.type === T.null) return null;
    if (field.type !== T.document) throw wrongType(this.name, name, 'object');
    return field;
  }

  /** The documents of an array argument or of a sequence of the same name. @throws CommandFailure 40414 where there is neither. */
  documents(name: string): readonly Slice[] {
    const sequence = this.#sequences.get(name);
    if (sequence !== undefined) return sequence;
    const field = this.field(name);
    if (field === null)
      throw new CommandFailure(CODE.missingField, `BSON field '${this.name}.${name}' is missing but a required field`);
    if (field.type !== T.array) throw wrongType(this.name, name, 'array');
    return fieldsOf(field.buf, field.at).map((element) => {
      if (element.type !== T.document) throw wrongType(this.name, name, 'array of objects');
      return new SliceOf(element.buf, T.document, element.at, element.end);
    });
  }
}

function isDefault(field: Field): boolean {
  if (field.type === T.bool || field.type === T.null) return !truthy(field);
  return (field.type === T.document || field.type === T.array) && field.end - field.at === 5;
}

export function wrongType(command: string, name: string, wanted: string): CommandFailure {
  return new CommandFailure(CODE.typeMismatch, `BSON field '${command}.${name}' is the wrong type, expected ${wanted}`);
}
