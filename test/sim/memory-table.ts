/** One table of documents, as the embedded store's SQLite file has it: rows by rowid, and unique keys in their order. */
export interface DocumentRow {
  readonly rid: number;
  readonly id: Uint8Array;
  doc: Uint8Array;
}

/** The columns in which the engine reads a row: its key, its rowid, its document. */
export type Columns = readonly [key: Uint8Array | null, rid: number, doc: Uint8Array];

/** Rows between two keys: from `low`, that one included or not, to below `high`. */
export interface Between {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  readonly limit: number;
}

export class DocumentTable {
  /** By rowid, which is one more than the greatest that is there, as SQLite gives it. */
  readonly #rows: DocumentRow[];
  readonly #byId: DocumentRow[];

  constructor(rows: readonly DocumentRow[] = []) {
    this.#rows = rows.map((row) => ({ ...row }));
    this.#byId = this.#rows.toSorted((a, b) => Buffer.compare(a.id, b.id));
  }

  clone(): DocumentTable {
    return new DocumentTable(this.#rows);
  }

  get count(): number {
    return this.#rows.length;
  }

  byId(id: Uint8Array): DocumentRow | null {
    const row = this.#byId[this.#placeOf(id)];
    return row !== undefined && Buffer.compare(row.id, id) === 0 ? row : null;
  }

  byRid(rid: number): DocumentRow | null {
    const row = this.#rows[this.#after(rid - 1)];
    return row?.rid === rid ? row : null;
  }

  /** The rowid, or null where the key is taken. */
  insert(id: Uint8Array, doc: Uint8Array): number | null {
    const place = this.#placeOf(id);
    const there = this.#byId[place];
    if (there !== undefined && Buffer.compare(there.id, id) === 0) return null;
    const row = { rid: (this.#rows.at(-1)?.rid ?? 0) + 1, id, doc };
    this.#rows.push(row);
    this.#byId.splice(place, 0, row);
    return row.rid;
  }

  remove(rid: number): boolean {
    const row = this.byRid(rid);
    if (row === null) return false;
    this.#rows.splice(this.#after(rid - 1), 1);
    this.#byId.splice(this.#placeOf(row.id), 1);
    return true;
  }

  /** In the order of insertion. */
  documents(): Uint8Array[] {
    return this.#rows.map((row) => row.doc);
  }

  /** Rows behind a rowid, in the order of insertion. */
  behind(rid: number, limit: number): Columns[] {
    const from = this.#after(rid);
    return this.#rows.slice(from, from + limit).map((row) => [null, row.rid, row.doc]);
  }

  /** Rows between two keys, in their order or backwards; `open` leaves out `low` itself. */
  between({ low, high, limit }: Between, order: { readonly open: boolean; readonly reverse: boolean }): Columns[] {
    let from = this.#placeOf(low);
    if (order.open && this.byId(low) !== null) from += 1;
    const rows = this.#byId.slice(from, Math.max(from, this.#placeOf(high)));
    return cut(rows, limit, order.reverse).map(({ id, rid, doc }) => [id, rid, doc]);
  }

  #placeOf(id: Uint8Array): number {
    return placeIn(this.#byId, (row) => Buffer.compare(row.id, id) >= 0);
  }

  /** The place of the first row with a greater rowid. */
  #after(rid: number): number {
    return placeIn(this.#rows, (row) => row.rid > rid);
  }
}

export interface Entry {
  readonly key: Uint8Array;
  readonly rid: number;
}

/** The entries of one index in their order: by key, then by rowid. */
export class IndexTable {
  readonly #entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  clone(): IndexTable {
    return new IndexTable(this.#entries);
  }

  put(entry: Entry): boolean {
    const place = this.#from(entry.key, entry.rid);
    if (isSame(this.#entries[place], entry)) return false;
    this.#entries.splice(place, 0, entry);
    return true;
  }

  remove(entry: Entry): boolean {
    const place = this.#from(entry.key, entry.rid);
    if (!isSame(this.#entries[place], entry)) return false;
    this.#entries.splice(place, 1);
    return true;
  }

  /** A rowid that has this key and is not this one. */
  other(key: Uint8Array, rid: number): number | null {
    for (let place = this.#from(key, -1); ; place += 1) {
      const entry = this.#entries[place];
      if (entry === undefined || Buffer.compare(entry.key, key) !== 0) return null;
      if (entry.rid !== rid) return entry.rid;
    }
  }

  /** Entries from `low` to below `high`, in their order or backwards. */
  between({ low, high, limit }: Between, reverse: boolean): Entry[] {
    return this.#slice(this.#from(low, -1), this.#from(high, -1), limit, reverse);
  }

  /** Entries behind one, to below `high`. */
  behind(entry: Entry, high: Uint8Array, limit: number): Entry[] {
    const at = this.#from(entry.key, entry.rid);
    return this.#slice(isSame(this.#entries[at], entry) ? at + 1 : at, this.#from(high, -1), limit, false);
  }

  /** Entries before one, down to `low`, backwards. */
  before(entry: Entry, low: Uint8Array, limit: number): Entry[] {
    return this.#slice(this.#from(low, -1), this.#from(entry.key, entry.rid), limit, true);
  }

  #slice(from: number, to: number, limit: number, reverse: boolean): Entry[] {
    return cut(this.#entries.slice(from, Math.max(from, to)), limit, reverse);
  }

  #from(key: Uint8Array, rid: number): number {
    return placeIn(this.#entries, (entry) => {
      const order = Buffer.compare(entry.key, key);
      return order > 0 || (order === 0 && entry.rid >= rid);
    });
  }
}

function isSame(entry: Entry | undefined, other: Entry): boolean {
  return entry !== undefined && entry.rid === other.rid && Buffer.compare(entry.key, other.key) === 0;
}

function cut<T>(list: T[], limit: number, reverse: boolean): T[] {
  if (reverse) list.reverse();
  return list.length > limit ? list.slice(0, limit) : list;
}

/** The first place of a list in order at which `reached` holds, as it does at every later one. */
function placeIn<T>(list: readonly T[], reached: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = list[middle];
    if (one !== undefined && reached(one)) high = middle;
    else low = middle + 1;
  }
  return low;
}
