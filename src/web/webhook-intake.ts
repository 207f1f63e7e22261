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

/** A genuine webhook as it is kept. */
export interface Delivery {
  readonly connection: ConnectionId;
  readonly delivery: string;
  readonly topic: string;
  readonly kind: string;
  readonly externalId: ExternalId | null;
  readonly body: string;
}

/** What the intake needs of the rest. */
export interface IntakePorts {
  /** Null for a connection that takes no webhooks. Itself gives null for a delivery that is not genuine. */
  verifier(
    connection: ConnectionId,
  ): ((headers: Readonly<Record<string, string | undefined>>, bytes: Uint8Array) => Promise<Hint | null>) | null;
  /** Keeps deliveries durably, in one write. For each, in its place: false where the same one is kept already. */
  keep(deliveries: readonly Delivery[]): Promise<readonly boolean[]>;
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

  const keep = keepTogether(ports);

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
      const fresh = await keep({ connection, delivery, topic, kind, externalId: id, body });
      if (!fresh) return 'repeated';
      void readUnread();
      return 'kept';
    },
    readUnread,
  };
}

interface Waiting {
  readonly delivery: Delivery;
  readonly kept: (fresh: boolean) => void;
  readonly failed: (thrown: unknown) => void;
}

/**
 * What comes while a write is under way is kept together by the next: one costs the store little more than many, so the
 * busier it is, the less each costs.
 */
function keepTogether(ports: IntakePorts): (delivery: Delivery) => Promise<boolean> {
  let waiting: Waiting[] = [];
  let keeping = false;

  async function keepAll(): Promise<void> {
    keeping = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, TOGETHER);
      waiting = waiting.slice(TOGETHER);
      try {
        const fresh = await ports.keep(group.map(({ delivery }) => delivery));
        group.forEach(({ kept }, index) => kept(fresh[index] === true));
      } catch (thrown) {
        for (const { failed } of group) failed(thrown);
      }
    }
    keeping = false;
  }

  return (delivery) =>
    new Promise((kept, failed) => {
      waiting.push({ delivery, kept, failed });
      if (!keeping) void keepAll();
    });
}
