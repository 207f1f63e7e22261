import mongoose, { type Connection } from 'mongoose';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { Clock, Log, Random } from '../domain/ports.ts';
import { openBatchRecords, type BatchRecords } from './batch-records.ts';
import { openBudgetRecords, type BudgetRecords } from './budget-records.ts';
import { prepareCollections, type Collections } from './collections.ts';
import { openConnectionRecords, type ConnectionRecords } from './connection-records.ts';
import { openEffectRecords, type EffectRecords } from './effect-records.ts';
import { openFactRecords, type FactRecords } from './fact-records.ts';
import { guardDriver } from './driver-guard.ts';
import { asStoreError, isStoreAway } from './faults.ts';
import { openInboxRecords, type InboxRecords } from './inbox-records.ts';
import { openJobRecords, type JobRecords } from './job-records.ts';
import { openLevelRecords, type LevelRecords } from './level-records.ts';
import { openLogRecords, type LogRecords } from './log-records.ts';
import { openOrderRecords, type OrderRecords } from './order-records.ts';
import { openPublishedRecords, type PublishedRecords } from './published-records.ts';
import { openRawRecords, type RawRecords } from './raw-records.ts';
import { openVault, type Vault } from './vault.ts';
import { openWorkerRecords, type WorkerRecords } from './worker-records.ts';

/** Everything that is kept, behind repositories. Nothing outside this folder knows which database it is. */
export interface Store {
  readonly vault: Vault;
  readonly raws: RawRecords;
  readonly orders: OrderRecords;
  readonly levels: LevelRecords;
  readonly jobs: JobRecords;
  readonly workers: WorkerRecords;
  readonly budgets: BudgetRecords;
  readonly connections: ConnectionRecords;
  readonly inbox: InboxRecords;
  readonly effects: EffectRecords;
  readonly facts: FactRecords;
  readonly batches: BatchRecords;
  readonly published: PublishedRecords;
  readonly log: LogRecords;
  /** For read models only. */
  readonly collections: Collections;
  /** The database server's time: what all workers agree on, however far their own clocks are apart. */
  readonly clock: Clock;
  /** Measures the difference to the server's clock again. @throws SyncError `transient` when the server does not answer. */
  measureClock(): Promise<void>;
  /** Commands sent to the server since the start: the round trips. */
  roundTrips(): number;
  close(): Promise<void>;
}

export interface StoreSettings {
  readonly uri: string;
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How long a command waits for a server to be there, in milliseconds. Default 8 s. */
  readonly patienceMs?: number;
}

/**
 * Connects, creates collections and builds the indexes. Writes are acknowledged by a majority and journaled, reads come
 * from the primary.
 *
 * @throws SyncError `transient` when the database cannot be reached, with the reason.
 */
export async function openStore({
  uri,
  masterKey,
  clock,
  random,
  log,
  patienceMs = 8_000,
}: StoreSettings): Promise<Store> {
  if (!guardDriver())
    log.warn('The MongoDB driver is another than this version knows: a store that restarts may not be found again.');
  const { connection, collections } = await connected(uri, patienceMs, clock);
  let sent = 0;
  // Every command takes a connection out of the pool. Its own events would cost more: the driver then reads each answer twice.
  connection.getClient().on('connectionCheckedOut', () => {
    sent += 1;
  });
  let offset = 0;
  let measured = false;
  const admin = connection.db?.admin();

  /** @param most so many questions, until an answer comes soon enough */
  async function measure(most: number): Promise<void> {
    let best = { took: Infinity, offset };
    try {
      // An answer that took long says little: this machine may have stood still between the question and it.
      for (let asked = 0; asked < most && best.took > SURE_MS; asked += 1) {
        const before = clock.now();
        const answer: unknown = await admin?.command({ hello: 1 });
        const took = clock.now() - before;
        if (took >= best.took) continue;
        if (typeof answer !== 'object' || answer === null || !('localTime' in answer)) return;
        if (!(answer.localTime instanceof Date)) return;
        best = { took, offset: Math.round(answer.localTime.getTime() - (before + took / 2)) };
      }
      // One that took long says only within what bounds it lies: what is known already is better where it lies there.
      const bearsKnown = measured && Math.abs(best.offset - offset) <= best.took / 2;
      if (best.took <= SURE_MS || !bearsKnown) offset = best.offset;
      measured = true;
    } catch (thrown) {
      throw asStoreError(thrown);
    }
    if (Math.abs(offset) > 5_000) {
      log.warn('This machine and the database disagree about the time.', { differenceMs: offset });
    }
  }
  await measure(MEASUREMENTS);

  const prefix = Buffer.from(random.bytes(9)).toString('base64url');
  let tokens = 0;
  const newToken = (): string => `${prefix}.${(tokens += 1)}`;
  const vault = openVault(collections, masterKey, clock, random);
  return {
    vault,
    raws: openRawRecords(collections, vault),
    orders: openOrderRecords(collections, vault, newToken),
    levels: openLevelRecords(collections, newToken),
    jobs: openJobRecords(collections, newToken),
    workers: openWorkerRecords(collections),
    budgets: openBudgetRecords(collections),
    connections: openConnectionRecords(collections),
    inbox: openInboxRecords(collections, vault),
    effects: openEffectRecords(collections, vault, newToken),
    facts: openFactRecords(collections),
    batches: openBatchRecords(collections),
    published: openPublishedRecords(collections),
    log: openLogRecords(collections, prefix),
    collections,
    clock: { now: () => clock.now() + offset, sleep: (ms, signal) => clock.sleep(ms, signal) },
    // A heartbeat waits for it: one question, which moves the clock only where it proves that it is off.
    measureClock: () => measure(1),
    roundTrips: () => sent,
    close: () => connection.close(true),
  };
}

/** So often the server's clock is asked for, until an answer comes soon enough to be sure of it, in milliseconds. */
const MEASUREMENTS = 4;
const SURE_MS = 500;
const OPENINGS = 3;
const AGAIN_MS = 200;

/** Connects and prepares, again where the server went away in the middle: the embedded one may just be handed over. */
async function connected(
  uri: string,
  patienceMs: number,
  clock: Clock,
): Promise<{ connection: Connection; collections: Collections }> {
  for (let opening = 1; ; opening += 1) {
    const connection = mongoose.createConnection(uri, {
      writeConcern: { w: 'majority', j: true },
      readPreference: 'primary',
      serverSelectionTimeoutMS: patienceMs,
      maxPoolSize: 16,
      autoIndex: false,
      autoCreate: false,
    });
    try {
      await connection.asPromise();
      return { connection, collections: await prepareCollections(connection) };
    } catch (thrown) {
      await connection.close().catch(() => undefined);
      if (opening < OPENINGS && isStoreAway(thrown)) {
        await clock.sleep(AGAIN_MS);
        continue;
      }
      throw new SyncError('transient', `The store could not be opened: ${asSyncError(thrown).message}`, {
        code: 'store-away',
        remedy: 'Check MONGODB_URI and that the database is running and may be reached from here.',
        cause: thrown,
      });
    }
  }
}
