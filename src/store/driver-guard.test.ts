import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { guardDriver } from './driver-guard.ts';

interface Connected {
  readonly closed: boolean;
  command(...given: unknown[]): Promise<unknown>;
}

const load = createRequire(createRequire(import.meta.url).resolve('mongoose'));

it('a command on a connection that was closed a moment ago fails, and is not waited for without end', async () => {
  expect(guardDriver()).toBe(true);
  const server = createServer((client) => client.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  await once(socket, 'connect');
  const { Connection } = load('mongodb/lib/cmap/connection.js') as {
    Connection: new (...given: unknown[]) => Connected;
  };
  const connection = new Connection(socket, { id: 1, generation: 0, hostAddress: 'nobody' });
  socket.destroy();
  expect(connection.closed).toBe(false);
  const command = connection.command(
    { db: 'admin', toString: () => 'admin.$cmd' },
    { hello: 1 },
    {
      readPreference: mongoose.mongo.ReadPreference.primary,
    },
  );
  const outcome = await Promise.race([
    command.catch((error: unknown) => error),
    wait(5_000, 'still waited for', { ref: false }),
  ]);
  expect(outcome).toBeInstanceOf(mongoose.mongo.MongoNetworkError);
  expect(connection.closed).toBe(true);
  server.close();
});
