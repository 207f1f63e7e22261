import { SyncError } from '../../src/domain/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One object inside a remote record, which knows where it stands, so that whatever cannot be read is named by its path
 * (`lineItems.nodes[2].taxLines[0].title`). The path is only put together when something is wrong.
 *
 * Every reader throws SyncError `data`, code `unreadable-field`, for a value of another type than asked for; the plain ones also
 * for an absent value, those ending in `OrNull` give null for it.
 */
export class Field {
  readonly value: Json;
  private readonly parent: Field | null;
  private readonly key: string;
  private readonly index: number;

  constructor(value: Json, parent: Field | null = null, key = '', index = -1) {
    this.value = value;
    this.parent = parent;
    this.key = key;
    this.index = index;
  }

  /** Where `key` of this object stands in the whole record. */
  path(key: string): string {
    const own = this.parent === null ? '' : this.parent.path(this.index < 0 ? this.key : `${this.key}[${this.index}]`);
    return own === '' ? key : `${own}.${key}`;
  }

  /** The error that says what was expected at `key`. */
  unreadable(key: string, expected: string): SyncError {
    const field = this.path(key);
    return new SyncError('data', `Shopify sent no ${expected} at ${field}`, {
      code: 'unreadable-field',
      field,
      remedy: 'Open the order in Shopify and compare. If it looks right there, report the field and the order id.',
    });
  }

  text(key: string): string {
    const value = this.value[key];
    if (typeof value === 'string') return value;
    throw this.unreadable(key, 'text');
  }

  textOrNull(key: string): string | null {
    const value = this.value[key];
    if (typeof value === 'string') return value;
    if (value === null || value === undefined) return null;
    throw this.unreadable(key, 'text');
  }

  /** A safe integer, not negative. */
  count(key: string): number {
    const value = this.value[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.unreadable(key, 'whole number of units');
  }

  countOrNull(key: string): number | null {
    const value = this.value[key];
    return value === null || value === undefined ? null : this.count(key);
  }

  /** A truth value; an absent one is false. */
  flag(key: string): boolean {
    const value = this.value[key];
    if (typeof value === 'boolean') return value;
    if (value === null || value === undefined) return false;
    throw this.unreadable(key, 'true or false');
  }

  child(key: string): Field {
    const value = this.value[key];
    if (isObject(value)) return new Field(value, this, key);
    throw this.unreadable(key, 'object');
  }

  childOrNull(key: string): Field | null {
    const value = this.value[key];
    if (isObject(value)) return new Field(value, this, key);
    if (value === null || value === undefined) return null;
    throw this.unreadable(key, 'object');
  }

  /** The objects of a list; an absent list is empty. */
  list(key: string): Field[] {
    const value = this.value[key];
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw this.unreadable(key, 'list');
    const fields: Field[] = [];
    for (let index = 0; index < value.length; index += 1) {
      const entry: unknown = value[index];
      if (!isObject(entry)) throw this.unreadable(`${key}[${index}]`, 'object');
      fields.push(new Field(entry, this, key, index));
    }
    return fields;
  }

  /** The nodes of a connection; an absent connection is empty. */
  nodes(key: string): Field[] {
    return this.childOrNull(key)?.list('nodes') ?? [];
  }

  texts(key: string): string[] {
    const value = this.value[key];
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw this.unreadable(key, 'list of texts');
    const texts: string[] = [];
    for (const entry of value) {
      if (typeof entry !== 'string') throw this.unreadable(key, 'list of texts');
      texts.push(entry);
    }
    return texts;
  }
}
