import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createConnection } from 'node:net';
import { mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import type { Doc } from '../../../test/store/opened.ts';
import { cleanUp, cleanups, connect, directory, open } from '../../../test/store/opened.ts';
import { EmbeddedStoreError, openEmbedded, verifyBackup } from './index.ts';

const PROGRAM = new URL('../../../test/store/programs/hold.ts', import.meta.url).pathname;
afterEach(cleanUp);

/** A process that opens the file and holds it; resolves with its role. */
async function holder(file: string): Promise<{ child: ChildProcess; role: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const role = await new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return { child, role };
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
    const socket = decodeURIComponent(/mongodb:\/\/([^/]+)\//.exec(store.uri)?.[1] ?? '');
    cleanups.unshift(() => {
      rmSync(dirname(socket), { recursive: true, force: true });
    });
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
    // Within about half a second; a busy machine takes longer, and a driver tries a read only twice.
    for (let tries = 0; second.role !== 'server' && tries < 500; tries += 1) await wait(20);
    expect(second.role).toBe('server');
    expect(await client.db().collection<Doc>('docs').findOne()).toEqual({ _id: 1 });
  }, 20_000);
});
