import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createConnection } from 'node:net';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { serialize } from 'bson';
import { MongoClient, MongoServerError } from 'mongodb';
import { findingsIn, killedAfter } from '../../../test/store/kill.ts';
import { EmbeddedStoreError, openEmbedded, restore, verifyBackup } from './index.ts';
import type { Embedded, EmbeddedOptions } from './index.ts';

const PROGRAM = new URL('../../../test/store/programs/hold.ts', import.meta.url).pathname;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'crossdock-open-'));
  cleanups.push(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

async function open(file: string, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const store = await openEmbedded({ file, ...options });
  cleanups.push(() => store.close());
  return store;
}

async function connect(store: Embedded): Promise<MongoClient> {
  const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 10_000 }).connect();
  cleanups.push(() => client.close());
  return client;
}

/** A process that opens the file and holds it; resolves with its role. */
async function holder(file: string): Promise<{ child: ChildProcess; role: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const role = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return { child, role };
}

interface Doc {
  _id: number;
  n?: number;
  filler?: string;
}

describe('opening a store', () => {
  it('listens on a socket that only its user can open', async () => {
    const store = await open(join(directory(), 'store.db'));
    const socket = decodeURIComponent(/mongodb:\/\/([^/]+)\//.exec(store.uri)?.[1] ?? '');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
  });

  it('finds a socket path that fits, however long the directory', async () => {
    const deep = join(directory(), 'd'.repeat(120));
    mkdirSync(deep);
    const store = await open(join(deep, 'store.db'));
    const client = await connect(store);
    expect(await client.db().command({ ping: 1 })).toEqual({ ok: 1 });
  });

  it('serves loopback TCP when asked to', async () => {
    const store = await open(join(directory(), 'store.db'), { tcpPort: 0 });
    expect(store.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/crossdock\?directConnection=true$/);
    expect(await (await connect(store)).db().command({ ping: 1 })).toEqual({ ok: 1 });
  });

  it('keeps what was written over a close', async () => {
    const file = join(directory(), 'store.db');
    const first = await open(file);
    const client = await connect(first);
    await client.db().collection<Doc>('docs').insertOne({ _id: 1, n: 5 });
    await client.close();
    await first.close();
    const second = await connect(await open(file));
    expect(await second.db().collection<Doc>('docs').findOne()).toEqual({ _id: 1, n: 5 });
  });

  it('says nothing of sessions, so that the driver repeats no write by itself', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const hello = await client.db().command({ hello: 1 });
    expect(hello['logicalSessionTimeoutMinutes']).toBeUndefined();
    expect(hello['setName']).toBeUndefined();
  });

  it('ends a connection that does not speak the protocol, and serves the others on', async () => {
    const store = await open(join(directory(), 'store.db'));
    const client = await connect(store);
    const socket = createConnection({ path: decodeURIComponent(/mongodb:\/\/([^/]+)\//.exec(store.uri)?.[1] ?? '') });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await client.db().command({ ping: 1 })).toEqual({ ok: 1 });
  });
});

describe('a store that cannot be opened says why and what to do', () => {
  async function message(file: string): Promise<string> {
    const error: unknown = await openEmbedded({ file }).then(
      (store) => store.close(),
      (e: unknown) => e,
    );
    if (!(error instanceof EmbeddedStoreError)) throw new Error(`expected an EmbeddedStoreError, got ${String(error)}`);
    return error.message;
  }

  it('when the directory is not there', async () => {
    expect(await message('/nowhere/at/all/store.db')).toMatch(/directory \/nowhere\/at\/all does not exist. Create it/);
  });

  it('when the file is no database', async () => {
    const file = join(directory(), 'store.db');
    writeFileSync(file, 'this is no database, and long enough for a header of one hundred bytes. '.repeat(20));
    expect(await message(file)).toMatch(/store.db cannot be opened: it is no store of ours/);
  });

  it('when the file was cut short', async () => {
    const file = join(directory(), 'store.db');
    const store = await open(file);
    const client = await connect(store);
    await client
      .db()
      .collection<Doc>('docs')
      .insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: i, filler: 'x'.repeat(1000) })));
    await client.close();
    await store.close();
    truncateSync(file, 100_000);
    expect(await message(file)).toMatch(/cannot be opened: it is damaged or cut short .* restore a backup/);
  });

  it('when a newer version wrote it', async () => {
    const file = join(directory(), 'store.db');
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(await message(file)).toMatch(/format 99, this program reads format 1/);
  });

  it('when another program has locked it as a database', async () => {
    const file = join(directory(), 'store.db');
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE t(a); BEGIN EXCLUSIVE');
    expect(await message(file)).toMatch(/another program holds it/);
    db.close();
  });
});

describe('a full disk', () => {
  it('refuses the whole group of writes, keeps what was acknowledged and goes on when there is room', async () => {
    const file = join(directory(), 'store.db');
    const small = await open(file, { maxPages: 120 });
    const client = await connect(small);
    const docs = client.db().collection<Doc>('docs');
    const acknowledged = new Set<number>();
    const errors: unknown[] = [];
    for (let round = 0; round < 12; round++)
      await Promise.all(
        Array.from({ length: 16 }, async (_, i) => {
          const _id = round * 16 + i;
          await docs.insertOne({ _id, filler: 'x'.repeat(4000) }).then(
            () => acknowledged.add(_id),
            (error: unknown) => errors.push(error),
          );
        }),
      );
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.every((e) => e instanceof MongoServerError && e.code === 14031)).toBe(true);
    const present = new Set((await docs.find({}, { projection: { _id: 1 } }).toArray()).map((d) => d._id));
    expect(present).toEqual(acknowledged);
    await client.close();
    await small.close();
    const again = await connect(await open(file));
    expect(await again.db().collection<Doc>('docs').countDocuments()).toBe(acknowledged.size);
    await again.db().collection<Doc>('docs').insertOne({ _id: -1, filler: 'there is room' });
    verifyBackup(file);
  });
});

describe('several processes on one file', () => {
  it('have one server, and the next takes over on the same socket when it is killed', async () => {
    const file = join(directory(), 'store.db');
    const first = await holder(file);
    expect(first.role).toBe('server');
    const second = await open(file);
    expect(second.role).toBe('client');
    const client = await connect(second);
    const docs = client.db().collection<Doc>('docs');
    await docs.insertOne({ _id: 1, n: 1 });
    first.child.kill('SIGKILL');
    const killedAt = performance.now();
    // A read is repeated by the driver; this one waits for the new server.
    for (;;) {
      const found = await docs.findOne({ _id: 1 }).catch(() => null);
      if (found !== null) break;
    }
    expect(performance.now() - killedAt).toBeLessThan(2500);
    expect(second.role).toBe('server');
    await docs.insertOne({ _id: 2, n: 1 });
    expect(await docs.countDocuments()).toBe(2);
  }, 20_000);

  it('hand the file over when the server closes', async () => {
    const file = join(directory(), 'store.db');
    const first = await open(file);
    const second = await open(file);
    expect([first.role, second.role]).toEqual(['server', 'client']);
    const client = await connect(second);
    await client.db().collection<Doc>('docs').insertOne({ _id: 1 });
    await first.close();
    expect(await client.db().collection<Doc>('docs').findOne()).toEqual({ _id: 1 });
    expect(second.role).toBe('server');
  });
});

describe('a store that is killed five times under write load', () => {
  it('holds every acknowledged write and no half one', async () => {
    const file = join(directory(), 'store.db');
    const acknowledged = { inserts: new Set<string>(), counters: new Map<string, number>() };
    for (let run = 0; run < 5; run++) await killedAfter(file, run, 20 + run * 15, acknowledged);
    const { lost, half } = findingsIn(file, acknowledged, () => 'ok');
    verifyBackup(file);
    expect({ lost, half }).toEqual({ lost: [], half: [] });
    expect(acknowledged.inserts.size).toBeGreaterThan(5);
  }, 30_000);
});

describe('a backup', () => {
  it('is taken while the store serves, and brings back what was there', async () => {
    const dir = directory();
    const file = join(dir, 'store.db');
    const store = await open(file);
    const client = await connect(store);
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: i, n: 1 })));
    await client.db().command({ crossdockBackup: 1, to: join(dir, 'backup.db') });
    await docs.deleteMany({});
    await docs.insertOne({ _id: 1000 });
    expect(() => restore(join(dir, 'backup.db'), file)).toThrow(/is open. Stop every worker/);
    await client.close();
    await store.close();
    const aside = restore(join(dir, 'backup.db'), file);
    expect(existsSync(aside ?? '')).toBe(true);
    const again = await connect(await open(file));
    expect(await again.db().collection<Doc>('docs').countDocuments({ n: 1 })).toBe(100);
    expect(await again.db().collection<Doc>('docs').countDocuments()).toBe(100);
  });

  it('never overwrites a file, and leaves none behind when it fails', async () => {
    const dir = directory();
    const client = await connect(await open(join(dir, 'store.db')));
    writeFileSync(join(dir, 'there'), '');
    await expect(client.db().command({ crossdockBackup: 1, to: join(dir, 'there') })).rejects.toThrow(/exists already/);
    await expect(client.db().command({ crossdockBackup: 1, to: join(dir, 'no', 'dir') })).rejects.toThrow(
      /failed: .* Check that the directory exists/,
    );
  });

  it('that is damaged is not restored', async () => {
    const dir = directory();
    const file = join(dir, 'store.db');
    writeFileSync(join(dir, 'bad'), serialize({ a: 1 }));
    expect(() => restore(join(dir, 'bad'), file)).toThrow(/no usable store/);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a long read', () => {
  it('goes to the reading thread, so that a write beside it does not wait for its end', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 30_000 }, (_, i) => ({ _id: i, n: i % 97, filler: 'x'.repeat(300) })));
    const done: string[] = [];
    const long = docs.aggregate([{ $group: { _id: '$filler', n: { $sum: '$n' } } }, { $sort: { n: -1 } }]).toArray().then(() => done.push('read')); // prettier-ignore
    await docs.insertOne({ _id: -1 }).then(() => done.push('write'));
    await long;
    expect(done).toEqual(['write', 'read']);
  });

  it('sees what its caller has been told is written', async () => {
    const client = await connect(await open(join(directory(), 'store.db')));
    const docs = client.db().collection<Doc>('docs');
    await docs.insertMany(Array.from({ length: 4000 }, (_, i) => ({ _id: i, n: 0 })));
    for (let i = 0; i < 20; i++) {
      await docs.updateOne({ _id: i }, { $set: { n: 1 } });
      expect((await docs.find({ n: 1 }).toArray()).length).toBe(i + 1);
    }
  });
});
