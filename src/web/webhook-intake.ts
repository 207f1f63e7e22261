import { asSyncError } from '../domain/errors.ts';
import type { ConnectionId, ExternalId } from '../domain/ids.ts';
import type { Log } from '../domain/ports.ts';

/** What a genuine webhook tells: only a hint. */
export interface Hint {
  readonly delivery: string;
  readonly topic: string;
  readonly kind: string;
  readonly id: ExternalId | null;
}

/** A kept delivery whose hint has not become a job yet. */
export interface UnreadDelivery {
  readonly id: string;
  readonly connection: ConnectionId;
  readonly kind: string;
  readonly externalId: ExternalId | null;
}

/** What the intake needs of the rest. */
export interface IntakePorts {
  /** Null for a connection that takes no webhooks. Itself gives null for a delivery that is not genuine. */
  verifier(
    connection: ConnectionId,
  ): ((headers: Readonly<Record<string, string | undefined>>, bytes: Uint8Array) => Promise<Hint | null>) | null;
  /** Keeps a delivery durably. False where the same one is kept already. */
  keep(delivery: {
    connection: ConnectionId;
    delivery: string;
    topic: string;
    kind: string;
    externalId: ExternalId | null;
    body: string;
  }): Promise<boolean>;
  /** Kept and unread, oldest first. */
  unread(limit: number): Promise<readonly UnreadDelivery[]>;
  /** Turns hints into durable jobs. The same hint again changes nothing. */
  enqueue(hints: readonly UnreadDelivery[]): Promise<void>;
  markRead(ids: readonly string[]): Promise<void>;
  readonly log: Log;
}

export type Answer = 'kept' | 'repeated' | 'forged' | 'unknown';

export interface Intake {
  /** Verifies, then keeps, then answers; the hint becomes a job right after. @throws when the delivery could not be kept */
  receive(
    connection: ConnectionId,
    headers: Readonly<Record<string, string | undefined>>,
    bytes: Uint8Array,
  ): Promise<Answer>;
  /** Reads what is kept and unread, also what a process that died left behind. Never throws. */
  readUnread(): Promise<void>;
}

const TOGETHER = 200;

/** The way of a pushed hint: kept before it is answered, then read into a job. Many that come at once are read together. */
export function openIntake(ports: IntakePorts): Intake {
  let reading: Promise<void> | null = null;
  let more = false;

  async function readAll(): Promise<void> {
    do {
      more = false;
      const unread = await ports.unread(TOGETHER);
      if (unread.length === 0) continue;
      await ports.enqueue(unread);
      // After the jobs are there: a crash in between only enqueues them again.
      await ports.markRead(unread.map(({ id }) => id));
      if (unread.length === TOGETHER) more = true;
    } while (more);
  }

  function readUnread(): Promise<void> {
    more = true;
    reading ??= readAll()
      .catch((thrown: unknown) => {
        ports.log.error('Webhooks that were kept could not be read. They are read again.', {
          reason: asSyncError(thrown).message,
        });
      })
      .finally(() => {
        reading = null;
      });
    return reading;
  }

  return {
    async receive(connection, headers, bytes) {
      const verify = ports.verifier(connection);
      if (verify === null) return 'unknown';
      const hint = await verify(headers, bytes);
      if (hint === null) return 'forged';
      const { delivery, topic, kind, id } = hint;
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
      const fresh = await ports.keep({ connection, delivery, topic, kind, externalId: id, body });
      if (!fresh) return 'repeated';
      void readUnread();
      return 'kept';
    },
    readUnread,
  };
}
