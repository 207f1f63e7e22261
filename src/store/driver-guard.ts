import { createRequire } from 'node:module';
import mongoose from 'mongoose';

const { MongoNetworkError } = mongoose.mongo;

/** What is used of the driver's own connection, which it does not export. */
interface DriverConnection {
  readonly socket: { readonly destroyed: boolean };
  readonly error: Error | null;
  onError(error: Error): void;
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

type WriteCommand = (this: DriverConnection, ...command: unknown[]) => Promise<void>;

interface DriverModule {
  readonly Connection: { readonly prototype: { writeCommand: WriteCommand } };
}

let guarded: boolean | null = null;

/**
 * Lets every command on a connection that is closed fail. The driver (mongodb 7.8) waits without end for a socket to drain
 * that was destroyed a moment before its `close` is told: where a server ends all its connections in one moment, its
 * monitor does that, finds the server never again, and every later command waits in vain until the process is restarted.
 *
 * @returns whether this driver could be guarded; the first call does it for the whole process
 */
export function guardDriver(): boolean {
  guarded ??= guard();
  return guarded;
}

function guard(): boolean {
  const driver = driverModule();
  if (driver === null) return false;
  const { prototype } = driver.Connection;
  const write = prototype.writeCommand;
  prototype.writeCommand = function (...command) {
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(this.error ?? new MongoNetworkError('the connection was closed'));
      if (this.socket.destroyed) {
        this.onError(new MongoNetworkError('the connection was closed before the command was written'));
        closed();
        return;
      }
      this.once('close', closed);
      write
        .apply(this, command)
        .then(resolve, reject)
        .finally(() => this.off('close', closed));
    });
  };
  return true;
}

/** The module of the driver that mongoose uses; null where it is another than this was made for. */
function driverModule(): DriverModule | null {
  const ours = createRequire(import.meta.url);
  const mongooses = createRequire(ours.resolve('mongoose'));
  try {
    const loaded: unknown = mongooses('mongodb/lib/cmap/connection.js');
    return isDriverModule(loaded) ? loaded : null;
  } catch {
    return null;
  }
}

function isDriverModule(value: unknown): value is DriverModule {
  if (typeof value !== 'object' || value === null || !('Connection' in value)) return false;
  const { Connection } = value;
  return typeof Connection === 'function' && typeof Reflect.get(Reflect.get(Connection, 'prototype') ?? {}, 'writeCommand') === 'function'; // prettier-ignore
}
