/** Commands about the server, its databases and collections. */
import { CODE, CommandFailure } from '../failure.ts';
import { T } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { documentOf } from '../bson/writer.ts';
import { matches } from '../query/match.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Context } from './context.ts';
import { filterOf } from './find.ts';
import type { Request } from './request.ts';

const MAX_WIRE_VERSION = 21;
const VERSION = '7.0.0';

/**
 * Presents a standalone server, and says nothing of sessions (`logicalSessionTimeoutMinutes` is left out): so the driver
 * neither starts transactions nor retries writes by itself. A write whose reply was lost is then the caller's to repeat,
 * which knows by key or version whether it was applied; a store that remembers every write's number would cost more.
 * `topologyVersion` is left out too: with it, drivers hold a streaming monitor and drop connections when it changes.
 */
export function hello(context: Context, request: Request): Uint8Array {
  return documentOf((w) => {
    w.bool('helloOk', true);
    w.bool(request.name === 'hello' ? 'isWritablePrimary' : 'ismaster', true);
    w.integer('maxBsonObjectSize', 16777216);
    w.integer('maxMessageSizeBytes', 48000000);
    w.integer('maxWriteBatchSize', 100000);
    w.date('localTime', context.now());
    w.integer('minWireVersion', 0);
    w.integer('maxWireVersion', MAX_WIRE_VERSION);
    w.bool('readOnly', false);
    w.double('ok', 1);
  });
}

export function ok(): Uint8Array {
  return documentOf((w) => {
    w.double('ok', 1);
  });
}

export function buildInfo(): Uint8Array {
  return documentOf((w) => {
    w.string('version', VERSION);
    w.string('gitVersion', 'crossdock-embedded');
    const start = w.begin(T.array, 'versionArray');
    VERSION.split('.').forEach((part, i) => {
      w.integer(String(i), Number(part));
    });
    w.integer('3', 0);
    w.finish(start);
    w.finish(w.begin(T.array, 'modules'));
    w.integer('bits', 64);
    w.bool('debug', false);
    w.integer('maxBsonObjectSize', 16777216);
    w.string('storageEngine', 'sqlite');
    w.double('ok', 1);
  });
}

export function serverStatus(context: Context): Uint8Array {
  return documentOf((w) => {
    w.string('version', VERSION);
    w.string('process', 'crossdock-embedded');
    w.date('localTime', context.now());
    const start = w.begin(T.document, 'connections');
    w.integer('current', 1);
    w.finish(start);
    w.double('ok', 1);
  });
}

export function create(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['autoIndexId', 'idIndex']));
  const name = request.collection();
  if (context.catalog.find(request.db, name) !== null)
    throw new CommandFailure(CODE.namespaceExists, `Collection ${request.db}.${name} already exists.`);
  context.catalog.create(request.db, name);
  return ok();
}

export function drop(context: Context, request: Request): Uint8Array {
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  if (collection === null) throw new CommandFailure(CODE.namespaceNotFound, 'ns not found');
  dropCollection(context, collection);
  return documentOf((w) => {
    w.integer('nIndexesWas', collection.indexes.length + 1);
    w.string('ns', collection.namespace);
    w.double('ok', 1);
  });
}

function dropCollection(context: Context, collection: Collection): void {
  context.catalog.drop(collection);
  context.cursors.killWhere((namespace) => namespace === collection.namespace);
}

export function dropDatabase(context: Context, request: Request): Uint8Array {
  const collections = context.catalog.ofDatabase(request.db);
  for (const collection of collections) dropCollection(context, collection);
  return documentOf((w) => {
    if (collections.length > 0) w.string('dropped', request.db);
    w.double('ok', 1);
  });
}

export function listCollections(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['filter', 'nameOnly', 'authorizedCollections', 'cursor']));
  const filter = filterOf(request.document('filter'));
  const docs = context.catalog
    .ofDatabase(request.db)
    .map((collection) =>
      documentOf((w) => {
        w.string('name', collection.name);
        w.string('type', 'collection');
        w.finish(w.begin(T.document, 'options'));
        const info = w.begin(T.document, 'info');
        w.bool('readOnly', false);
        w.finish(info);
      }),
    )
    .filter((doc) => matches(filter, doc));
  let at = 0;
  return context.cursors.first(
    `${request.db}.$cmd.listCollections`,
    () => docs[at++] ?? null,
    Infinity,
    'drop',
    context.now(),
  );
}

export function listDatabases(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['filter', 'nameOnly', 'authorizedDatabases']));
  const filter = filterOf(request.document('filter'));
  const names = [...new Set(context.catalog.all().map((c) => c.db))].sort();
  const docs = names
    .map((name) =>
      documentOf((w) => {
        w.string('name', name);
        w.integer(
          'sizeOnDisk',
          context.catalog.ofDatabase(name).reduce((sum, c) => sum + sizeOf(context, c), 0),
        );
        w.bool('empty', false);
      }),
    )
    .filter((doc) => matches(filter, doc));
  return documentOf((w) => {
    const start = w.begin(T.array, 'databases');
    docs.forEach((doc, i) => {
      w.document(String(i), doc);
    });
    w.finish(start);
    w.integer('totalSize', context.storage.number('PRAGMA page_count') * context.storage.number('PRAGMA page_size'));
    w.double('ok', 1);
  });
}

function sizeOf(context: Context, collection: Collection): number {
  return context.storage.number(`SELECT coalesce(sum(length(doc)), 0) FROM ${collection.table}`);
}

interface Sizes {
  readonly count: number;
  readonly bytes: number;
}

function writeSizes(w: Writer, { count, bytes }: Sizes): void {
  w.integer('size', bytes);
  w.integer('storageSize', bytes);
  w.integer('avgObjSize', count === 0 ? 0 : Math.floor(bytes / count));
}

export function collStats(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['scale']));
  const name = request.collection();
  const collection = context.catalog.find(request.db, name);
  const count = collection === null ? 0 : context.storage.number(`SELECT count(*) FROM ${collection.table}`);
  return documentOf((w) => {
    w.string('ns', `${request.db}.${name}`);
    w.integer('count', count);
    writeSizes(w, { count, bytes: collection === null ? 0 : sizeOf(context, collection) });
    w.integer('nindexes', collection === null ? 0 : collection.indexes.length + 1);
    w.double('ok', 1);
  });
}

export function dbStats(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['scale', 'freeStorage']));
  const collections = context.catalog.ofDatabase(request.db);
  const count = collections.reduce((sum, c) => sum + context.storage.number(`SELECT count(*) FROM ${c.table}`), 0);
  const bytes = collections.reduce((sum, c) => sum + sizeOf(context, c), 0);
  return documentOf((w) => {
    w.string('db', request.db);
    w.integer('collections', collections.length);
    w.integer('objects', count);
    w.integer('dataSize', bytes);
    writeSizes(w, { count, bytes });
    w.integer(
      'indexes',
      collections.reduce((sum, c) => sum + c.indexes.length + 1, 0),
    );
    w.double('ok', 1);
  });
}

/** Our own command: an online backup into a new file. */
export function crossdockBackup(context: Context, request: Request): Uint8Array {
  request.allow(new Set(['to']));
  const to = request.text('to') ?? request.text('crossdockBackup');
  if (to === null || to === '')
    throw new CommandFailure(CODE.badValue, "crossdockBackup needs 'to': the path of the file to write");
  context.backup(to);
  return ok();
}
