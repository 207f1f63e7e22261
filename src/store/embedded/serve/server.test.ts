import { afterEach, describe, expect, it } from '@jest/globals';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'bson';
import type { Document } from 'bson';
import type { CommandFailure } from '../failure.ts';
import { CommandFailure as Failure } from '../failure.ts';
import { Engine } from '../engine.ts';
import { Serving } from './server.ts';

/** Counts commits, and can be told to fail the next one. */
class Watched extends Engine {
  commits = 0;
  failNext = false;
  atCommit: () => void = () => undefined;

  override commit(): CommandFailure | null {
    if (this.dirty) {
      this.commits++;
      this.atCommit();
    }
    if (!this.failNext) return super.commit();
    this.failNext = false;
    return new Failure(14031, 'No space left');
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function served(): Promise<{ engine: Watched; socket: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'crossdock-serve-'));
  const engine = new Watched({ file: join(dir, 'store.db'), now: () => 0 });
  const serving = new Serving(engine, null);
  const socket = join(dir, 's.sock');
  await serving.listen({ socket });
  cleanups.push(async () => {
    await serving.close();
    engine.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { engine, socket };
}

function message(command: Document, requestId: number): Buffer {
  const body = serialize({ ...command, $db: 'db' });
  const head = Buffer.alloc(21);
  head.writeInt32LE(21 + body.length, 0);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(2013, 12);
  return Buffer.concat([head, body]);
}

/** Replies by the id of the request that they answer. */
function replies(socket: Socket, count: number): Promise<Map<number, Document>> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const out = new Map<number, Document>();
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const length = bytes.readInt32LE(0);
        out.set(bytes.readInt32LE(8), deserialize(bytes.subarray(21, length)));
        bytes = bytes.subarray(length);
      }
      if (out.size === count) resolve(out);
    });
  });
}

async function connected(path: string): Promise<Socket> {
  const socket = createConnection({ path });
  await new Promise((resolve) => socket.once('connect', resolve));
  cleanups.push(() => socket.destroy());
  return socket;
}

describe('group commit', () => {
  it('puts the writes that came together on the disk together, and answers none before', async () => {
    const { engine, socket } = await served();
    const client = await connected(socket);
    let answered = 0;
    client.on('data', () => answered++);
    engine.atCommit = () => {
      expect(answered).toBe(0);
    };
    const all = replies(client, 40);
    client.write(
      Buffer.concat(Array.from({ length: 40 }, (_, i) => message({ insert: 'docs', documents: [{ _id: i }] }, i))),
    );
    const got = await all;
    expect([...got.values()].every((reply) => reply['n'] === 1 && reply['ok'] === 1)).toBe(true);
    expect(engine.commits).toBe(1);
  });

  it('that fails answers every write and every read of the group with the error', async () => {
    const { engine, socket } = await served();
    const client = await connected(socket);
    const all = replies(client, 3);
    engine.failNext = true;
    client.write(Buffer.concat([message({ insert: 'docs', documents: [{ _id: 1 }] }, 1), message({ count: 'docs', query: {} }, 2), message({ insert: 'docs', documents: [{ _id: 2 }] }, 3)])); // prettier-ignore
    const got = await all;
    expect([...got].map(([id, reply]) => [id, reply['ok'], reply['code']])).toEqual([[1, 0, 14031], [2, 0, 14031], [3, 0, 14031]]); // prettier-ignore
  });

  it('is not waited for by a read when nothing is uncommitted', async () => {
    const { engine, socket } = await served();
    const client = await connected(socket);
    const all = replies(client, 1);
    client.write(message({ find: 'docs' }, 1));
    expect((await all).get(1)?.['cursor'].firstBatch).toEqual([]);
    expect(engine.commits).toBe(0);
  });
});

describe('the protocol', () => {
  it('is read from bytes that come in pieces', async () => {
    const { socket } = await served();
    const client = await connected(socket);
    const all = replies(client, 2);
    const bytes = Buffer.concat([
      message({ ping: 1 }, 7),
      message({ insert: 'docs', documents: [{ _id: 'x'.repeat(5000) }] }, 8),
    ]);
    for (let at = 0; at < bytes.length; at += 997) {
      client.write(bytes.subarray(at, at + 997));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const got = await all;
    expect([got.get(7)?.['ok'], got.get(8)?.['n']]).toEqual([1, 1]);
  });

  it('takes documents beside the command, and gives no answer where none is wanted', async () => {
    const { socket } = await served();
    const client = await connected(socket);
    const all = replies(client, 1);
    const body = serialize({ insert: 'docs', $db: 'db' });
    const docs = Buffer.concat([serialize({ _id: 1 }), serialize({ _id: 2 })]);
    const sequence = Buffer.alloc(15);
    sequence[0] = 1;
    sequence.writeInt32LE(14 + docs.length, 1);
    sequence.write('documents\0', 5, 'latin1');
    const head = Buffer.alloc(21);
    head.writeInt32LE(21 + body.length + sequence.length + docs.length, 0);
    head.writeInt32LE(1, 4);
    head.writeInt32LE(2013, 12);
    head.writeInt32LE(2, 16);
    client.write(Buffer.concat([head, body, sequence, docs]));
    client.write(message({ count: 'docs', query: {} }, 2));
    expect([...(await all)].map(([id, reply]) => [id, reply['n']])).toEqual([[2, 2]]);
  });
});
