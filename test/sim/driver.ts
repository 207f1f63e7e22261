import mongoose from 'mongoose';
import type { Document } from 'bson';

const { MongoBulkWriteError, MongoServerError } = mongoose.mongo;

/** Sends one command to the store and resolves with its reply; rejects as the driver would where there is none. */
export interface Link {
  send(command: Document): Promise<Document>;
  onCommand(listener: () => void): void;
  /** Collections and indexes stand there from the start. */
  readonly prepared?: boolean;
}

const links = new Map<string, Link>();
let installed = false;

/** From now on mongoose reaches the store that is linked under the address, in this process, and nothing else. */
export function linkStore(uri: string, link: Link): void {
  if (!installed) mongoose.setDriver({ Connection: SimConnection, Collection: SimCollection });
  installed = true;
  links.set(uri, link);
}

/** What was linked is forgotten, with every connection that was opened to it. */
export function unlinkStores(): void {
  links.clear();
  mongoose.connections.splice(0);
}

const NOTHING_TO_MAKE = { createCollection: async () => undefined, createIndexes: async () => undefined };

interface Named {
  indexes(): [Document, Document][];
}

/** What `open-store` asks of a mongoose connection: schemas for their indexes, collections, the server's clock. */
class SimConnection {
  readyState = 0;
  #link: Link | null = null;

  openUri(uri: string): this {
    this.#link = links.get(uri) ?? null;
    this.readyState = 1;
    return this;
  }

  async asPromise(): Promise<this> {
    this.link();
    return this;
  }

  link(): Link {
    if (this.#link === null) throw new Error('no store is linked under this address');
    return this.#link;
  }

  get db(): unknown {
    return { admin: () => ({ command: (command: Document) => this.link().send(command) }) };
  }

  getClient(): unknown {
    return {
      on: (event: string, listener: () => void): void => {
        if (event === 'connectionCheckedOut') this.link().onCommand(listener);
      },
    };
  }

  model(name: string, schema: Named): unknown {
    if (this.link().prepared === true) return NOTHING_TO_MAKE;
    return {
      createCollection: () => this.link().send({ create: name }),
      createIndexes: async () => {
        const indexes = schema.indexes().map(([key, options]) => {
          const { background: _, ...rest } = options;
          const named = Object.entries(key)
            .map(([field, way]) => `${field}_${String(way)}`)
            .join('_');
          return { key, name: named, ...rest };
        });
        if (indexes.length > 0) await this.link().send({ createIndexes: name, indexes });
      },
    };
  }

  collection(name: string): SimCollection {
    return new SimCollection(name, this);
  }

  async close(): Promise<void> {
    this.readyState = 0;
  }
}

interface Found {
  cursor: { firstBatch: Document[]; id: unknown };
}

/** Enough of the driver's cursor: a single batch, sorted, limited and projected by the store. */
class SimCursor {
  readonly #send: (more: Document) => Promise<Document[]>;
  readonly #more: Document = {};
  readonly #maps: ((row: Document) => Document)[] = [];

  constructor(send: (more: Document) => Promise<Document[]>) {
    this.#send = send;
  }

  sort(sort: Document): this {
    this.#more['sort'] = sort;
    return this;
  }

  limit(limit: number): this {
    this.#more['limit'] = limit;
    return this;
  }

  project(projection: Document): this {
    this.#more['projection'] = projection;
    return this;
  }

  batchSize(): this {
    return this;
  }

  map(change: (row: Document) => Document): this {
    this.#maps.push(change);
    return this;
  }

  toArray(): Promise<Document[]> {
    const sent = this.#send(this.#more);
    if (this.#maps.length === 0) return sent;
    return sent.then((rows) => rows.map((row) => this.#maps.reduce((changed, change) => change(changed), row)));
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Document> {
    yield* await this.toArray();
  }
}

const ALL = 2_147_483_647;

interface WriteFault {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}
interface Batch {
  readonly command: 'insert' | 'update' | 'delete';
  readonly field: 'documents' | 'updates' | 'deletes';
  /** With the place of each in the whole bulk write. */
  readonly statements: { readonly place: number; readonly statement: Document }[];
}

class SimCollection {
  readonly name: string;
  readonly #conn: SimConnection;

  constructor(name: string, conn: SimConnection) {
    this.name = name;
    this.#conn = conn;
  }

  find(filter: Document, options: Document = {}): SimCursor {
    return new SimCursor((more) =>
      this.#send({ find: this.name, filter, batchSize: ALL, ...options, ...more }).then(batchOf),
    );
  }

  async findOne(filter: Document, options: Document = {}): Promise<Document | null> {
    const [row] = await this.find(filter, { ...options, limit: 1, singleBatch: true }).toArray();
    return row ?? null;
  }

  aggregate(pipeline: readonly Document[]): SimCursor {
    return new SimCursor(() =>
      this.#send({ aggregate: this.name, pipeline: [...pipeline], cursor: { batchSize: ALL } }).then(batchOf),
    );
  }

  async distinct(key: string, query: Document = {}): Promise<unknown> {
    const reply = await this.#send({ distinct: this.name, key, query });
    return reply['values'];
  }

  async countDocuments(filter: Document = {}): Promise<number> {
    return (await this.find(filter, { projection: { _id: 1 } }).toArray()).length;
  }

  async estimatedDocumentCount(): Promise<number> {
    return this.countDocuments();
  }

  async insertOne(document: Document): Promise<Document> {
    const reply = await this.#send({ insert: this.name, documents: [document] });
    throwFirst(reply);
    return { acknowledged: true, insertedId: document['_id'] };
  }

  updateOne(filter: Document, update: Document, options: Document = {}): Promise<Document> {
    return this.#update({ q: filter, u: update, multi: false, upsert: options['upsert'] === true });
  }

  updateMany(filter: Document, update: Document, options: Document = {}): Promise<Document> {
    return this.#update({ q: filter, u: update, multi: true, upsert: options['upsert'] === true });
  }

  deleteOne(filter: Document): Promise<Document> {
    return this.#delete({ q: filter, limit: 1 });
  }

  deleteMany(filter: Document): Promise<Document> {
    return this.#delete({ q: filter, limit: 0 });
  }

  /** As the driver: an unordered one is sent as one command for each kind of operation. */
  async bulkWrite(operations: readonly Document[], options: Document = {}): Promise<Document> {
    if (options['ordered'] !== false) throw new Error('the simulator knows unordered bulk writes only');
    const counts = { insertedCount: 0, matchedCount: 0, modifiedCount: 0, deletedCount: 0, upsertedCount: 0 };
    const errors: WriteFault[] = [];
    for (const { command, field, statements } of batchesOf(operations)) {
      const reply = await this.#send({
        [command]: this.name,
        [field]: statements.map(({ statement }) => statement),
        ordered: false,
      });
      const n = numberOf(reply['n']);
      const upserted = listOf(reply['upserted']).length;
      if (command === 'insert') counts.insertedCount += n;
      else if (command === 'delete') counts.deletedCount += n;
      else {
        counts.matchedCount += n - upserted;
        counts.modifiedCount += numberOf(reply['nModified']);
        counts.upsertedCount += upserted;
      }
      for (const failed of listOf(reply['writeErrors'])) {
        const place = statements[numberOf(failed['index'])]?.place ?? 0;
        errors.push({ index: place, code: numberOf(failed['code']), errmsg: String(failed['errmsg']) });
      }
    }
    const result = { ...counts, getWriteConcernError: () => undefined };
    const [first] = errors;
    if (first === undefined) return result;
    throw bulkError(first, errors, result);
  }

  async #update(statement: Document): Promise<Document> {
    const reply = await this.#send({ update: this.name, updates: [statement] });
    throwFirst(reply);
    const upserted = listOf(reply['upserted']);
    return {
      acknowledged: true,
      matchedCount: numberOf(reply['n']) - upserted.length,
      modifiedCount: numberOf(reply['nModified']),
      upsertedCount: upserted.length,
      upsertedId: upserted[0]?.['_id'] ?? null,
    };
  }

  async #delete(statement: Document): Promise<Document> {
    const reply = await this.#send({ delete: this.name, deletes: [statement] });
    throwFirst(reply);
    return { acknowledged: true, deletedCount: numberOf(reply['n']) };
  }

  #send(command: Document): Promise<Document> {
    return this.#conn.link().send(command).then(checked);
  }
}

/** @throws what the driver throws for a reply that says that the command failed. */
function checked(reply: Document): Document {
  if (reply['ok'] !== 1) throw new MongoServerError({ message: String(reply['errmsg']), ...reply });
  return reply;
}

function batchesOf(operations: readonly Document[]): Batch[] {
  const batches: Record<Batch['command'], Batch> = {
    insert: { command: 'insert', field: 'documents', statements: [] },
    update: { command: 'update', field: 'updates', statements: [] },
    delete: { command: 'delete', field: 'deletes', statements: [] },
  };
  for (const [place, operation] of operations.entries()) {
    const { insertOne, updateOne, deleteOne }: Document = operation;
    if (insertOne !== undefined) batches.insert.statements.push({ place, statement: insertOne.document });
    else if (updateOne !== undefined)
      batches.update.statements.push({
        place,
        statement: { q: updateOne.filter, u: updateOne.update, multi: false, upsert: updateOne.upsert === true },
      });
    else if (deleteOne !== undefined)
      batches.delete.statements.push({ place, statement: { q: deleteOne.filter, limit: 1 } });
    else throw new Error(`the simulator does not know this operation: ${Object.keys(operation).join()}`);
  }
  return Object.values(batches).filter(({ statements }) => statements.length > 0);
}

function bulkError(first: WriteFault, errors: readonly WriteFault[], result: object): Error {
  const error = new MongoBulkWriteError({ message: first.errmsg, code: first.code }, Object.create(result));
  return Object.assign(error, { writeErrors: errors });
}

function throwFirst(reply: Document): void {
  const [failed] = listOf(reply['writeErrors']);
  if (failed !== undefined)
    throw new MongoServerError({ message: String(failed['errmsg']), code: numberOf(failed['code']) });
}

function batchOf(reply: Document): Document[] {
  const { cursor }: Document = reply;
  const found: Found['cursor'] = cursor;
  return found.firstBatch;
}

function listOf(value: unknown): Document[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
