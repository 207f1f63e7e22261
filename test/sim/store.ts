import type { Document } from 'bson';
import mongoose from 'mongoose';
import type { Clock, Random } from '../../src/domain/ports.ts';
import { findField, int64, stringOf, T, utf8 } from '../../src/store/embedded/bson/slice.ts';
import { noteRestore } from '../../src/store/note-restore.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { silentLog } from '../../src/system/log.ts';
import { Chance } from './chance.ts';
import { linkStore, type Link } from './driver.ts';
import type { FaultLine } from './faults.ts';
import { fromBytes } from './from-bytes.ts';
import { MemoryEngine } from './memory-engine.ts';
import type { Snapshot } from './memory-storage.ts';
import { toBytes } from './to-bytes.ts';
import type { Actor, World } from './world.ts';

/** What every store of these runs is sealed with. */
export const MASTER_KEY = new Uint8Array(32).fill(7);

const { MongoNetworkError } = mongoose.mongo;

const WRITES: Readonly<Record<string, 'documents' | 'updates' | 'deletes'>> = {
  insert: 'documents',
  update: 'updates',
  delete: 'deletes',
};
/** A heartbeat is no step of the work: counted among the writes it would thin out what is worth breaking. */
const UNCOUNTED: ReadonlySet<unknown> = new Set(['workers']);

interface Look {
  readonly kind: string;
  readonly due: number;
  readonly state: string;
}

/** The embedded store's core in this process. What was committed outlives every worker. */
export class SimStore {
  readonly #engine: MemoryEngine;
  readonly #due = new Map<string, number>();
  readonly #looks = new WeakMap<Uint8Array, Look>();
  #open = 0;
  #seen = -1;
  #jobsVersion = 0;
  readonly #onJobs: (() => void)[] = [];
  commands = 0;
  /** How often it was brought back from a backup: what was sent before reaches it no more. */
  life = 0;
  /** Shown every command and its reply, as bytes. */
  onCommand: ((bytes: Uint8Array, reply: Uint8Array) => void) | null = null;

  /** @param prepared the collections and their indexes, which stand there from the start */
  constructor(world: World, seed: string, prepared: Snapshot) {
    const ids = new Chance(`${seed}/ids`);
    this.#engine = new MemoryEngine({ now: () => world.now, newObjectId: () => ids.bytes(12) }, prepared);
  }

  /** Runs one command at once; bytes go in and out, so that nobody shares an object with the store. */
  run(bytes: Uint8Array): Document {
    this.commands += 1;
    const reply = this.#engine.run(bytes);
    this.onCommand?.(bytes, reply);
    return fromBytes(reply);
  }

  /** Told of every write to the jobs. */
  onJobs(listener: () => void): void {
    this.#onJobs.push(listener);
  }

  jobsChanged(): void {
    this.#jobsVersion += 1;
    for (const listener of this.#onJobs) listener();
  }

  /** The product's own store over it, for whoever looks from outside of the world. */
  open(): Promise<Store> {
    const uri = 'sim://outside';
    linkStore(uri, {
      send: async (command) => this.#engine.runDocument(command),
      onCommand: () => undefined,
      prepared: true,
    });
    const clock: Clock = { now: () => 0, sleep: async () => undefined };
    const random: Random = { next: () => 0, bytes: (length) => new Uint8Array(length) };
    return openStore({ uri, masterKey: MASTER_KEY, clock, random, log: silentLog });
  }

  /** All that stands in it, as bytes. */
  contents(): Iterable<Uint8Array> {
    return this.#engine.everyDocument();
  }

  backup(): Snapshot {
    return this.#engine.snapshot();
  }

  /** Brings a backup back, and notes that as `crossdock restore` does. No worker may be up. */
  async restore(backup: Snapshot, now: number): Promise<void> {
    this.life += 1;
    this.#engine.restore(backup);
    const uri = 'sim://restore';
    linkStore(uri, { send: async (command) => this.#engine.runDocument(command), onCommand: () => undefined });
    await noteRestore(uri, now);
    this.jobsChanged();
  }

  /** When the first job of a kind that is ready is due; infinity where none is. For whoever looks from outside of the world. */
  nextDue(kind: string): number {
    this.#lookAtJobs();
    return this.#due.get(kind) ?? Infinity;
  }

  /** Kinds that have a job that is ready, with when the first of each is due. */
  dueKinds(): ReadonlyMap<string, number> {
    this.#lookAtJobs();
    return this.#due;
  }

  /** Jobs that are ready or under way. */
  get openJobs(): number {
    this.#lookAtJobs();
    return this.#open;
  }

  #lookAtJobs(): void {
    if (this.#seen === this.#jobsVersion) return;
    this.#seen = this.#jobsVersion;
    this.#due.clear();
    this.#open = 0;
    for (const bytes of this.#engine.documentsOf('jobs')) {
      const { kind, due, state } = this.#lookAt(bytes);
      if (state !== 'parked') this.#open += 1;
      if (state === 'ready') this.#due.set(kind, Math.min(due, this.#due.get(kind) ?? Infinity));
    }
  }

  #lookAt(bytes: Uint8Array): Look {
    const known = this.#looks.get(bytes);
    if (known !== undefined) return known;
    const look = { kind: textOf(bytes, KIND), due: dateOf(bytes, DUE), state: textOf(bytes, STATE) };
    this.#looks.set(bytes, look);
    return look;
  }

  /** What stands in a collection now, read from outside of the world: no worker hears of it, nothing happens by it. */
  rows<Row = Document>(collection: string, filter: Document = {}, projection: Document = {}): Row[] {
    const { cursor }: Document = this.#engine.runDocument({
      find: collection,
      filter,
      projection,
      batchSize: 2_147_483_647,
    });
    const rows: Row[] = cursor.firstBatch;
    return rows;
  }
}

export interface LinkSettings {
  readonly world: World;
  readonly store: SimStore;
  readonly actor: Actor;
  readonly slot: number;
  readonly faults: FaultLine;
  readonly chance: Chance;
  /** The longest that a command or its reply is under way, in milliseconds. */
  readonly wireMs: number;
  /** The worker is killed: it never hears of anything any more. */
  readonly onCrash: (restartMs: number) => void;
}

/**
 * One worker's connection to the store. A command reaches the store after a while and its reply comes after another; in
 * between anything may happen, to the worker too.
 */
export function openLink({ world, store, actor, slot, faults, chance, wireMs, onCrash }: LinkSettings): Link {
  const listeners: (() => void)[] = [];

  function send(command: Document): Promise<Document> {
    for (const listener of listeners) listener();
    const [name = ''] = Object.keys(command);
    const target: unknown = command[name];
    const field = WRITES[name];
    const counted = field !== undefined && !UNCOUNTED.has(target);
    const fault = counted ? faults.ofWorker(slot, target === 'effects' ? 'effect' : 'write') : null;
    const parts = partsOf(command, field, counted && (chance.percent(8) || fault?.is === 'crash'));
    const label = `${actor.name} ${name} ${String(target)}`;
    const { life } = store;
    return new Promise((resolve, reject) => {
      if (!actor.alive) return;
      const replies: Document[] = [];
      let there = actor.standsUntil > world.now ? actor.standsUntil - world.now : 0;
      if (fault?.is === 'stall') {
        actor.standsUntil = world.now + fault.ms;
        if (fault.held) there = fault.ms;
        world.trace(`${label}: ${actor.name} stands still for ${fault.ms} ms`);
      }
      const crash = fault?.is === 'crash' ? fault : null;
      if (crash !== null) world.trace(`${actor.name} is killed ${crash.point} ${name} ${String(target)}`);
      const applied =
        crash === null ? parts.length : crash.point === 'before' ? 0 : crash.point === 'inside' ? 1 : parts.length;
      const back = (): void => {
        world.in(chance.between(0, wireMs), actor, () => {
          resolve(combined(replies, parts));
        });
      };
      const apply = (index: number): void => {
        const part = parts[index];
        if (part === undefined || life !== store.life) return;
        // A worker that died meanwhile had this on the wire, or not.
        if (!actor.alive && crash === null && chance.percent(50)) return;
        if (fault?.is === 'cut' || faults.storeIsAway(world.now)) {
          const done = fault?.is === 'cut' && fault.applied;
          world.trace(`${label}: cut ${done ? 'after' : 'before'} it was applied`);
          if (done) run(part);
          world.in(chance.between(0, wireMs), actor, () => {
            reject(new MongoNetworkError('connection closed'));
          });
          return;
        }
        replies.push(run(part));
        if (index + 1 < applied) world.in(chance.between(0, 40), null, () => apply(index + 1));
        else if (index + 1 === parts.length) back();
      };
      const run = (part: Part): Document => {
        const reply = store.run(part.bytes);
        if (target === 'jobs' && field !== undefined) store.jobsChanged();
        world.trace(`${label} ${part.bytes.length} ${String(reply['n'] ?? '')} ${String(reply['nModified'] ?? '')}`);
        return reply;
      };
      if (applied > 0) world.in(there + chance.between(0, wireMs), null, () => apply(0));
      if (crash !== null) onCrash(crash.restartMs);
    });
  }

  return { send, onCommand: (listener) => listeners.push(listener), prepared: true };
}

interface Part {
  readonly bytes: Uint8Array;
  /** Where its statements begin in the whole. */
  readonly from: number;
}

/** The command as it goes out: whole, or an unordered write in two parts with a while in between, as a cluster may do it. */
function partsOf(command: Document, field: 'documents' | 'updates' | 'deletes' | undefined, split: boolean): Part[] {
  const statements: unknown = field === undefined ? undefined : command[field];
  if (!split || field === undefined || !Array.isArray(statements) || statements.length < 2)
    return [{ bytes: toBytes(command), from: 0 }];
  const list: unknown[] = statements;
  const half = list.length >> 1;
  return [
    { bytes: toBytes({ ...command, [field]: list.slice(0, half) }), from: 0 },
    { bytes: toBytes({ ...command, [field]: list.slice(half) }), from: half },
  ];
}

function combined(replies: readonly Document[], parts: readonly Part[]): Document {
  const [first] = replies;
  if (first === undefined) throw new Error('a command without a reply');
  if (replies.length === 1) return first;
  let n = 0;
  let nModified = 0;
  const upserted: Document[] = [];
  const writeErrors: Document[] = [];
  for (const [index, reply] of replies.entries()) {
    if (reply['ok'] !== 1) return reply;
    const from = parts[index]?.from ?? 0;
    n += numberOf(reply['n']);
    nModified += numberOf(reply['nModified']);
    for (const one of listOf(reply['upserted'])) upserted.push({ ...one, index: numberOf(one['index']) + from });
    for (const one of listOf(reply['writeErrors'])) writeErrors.push({ ...one, index: numberOf(one['index']) + from });
  }
  return {
    ok: 1,
    n,
    nModified,
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
  };
}

const [KIND, DUE, STATE] = [utf8('kind'), utf8('due'), utf8('state')] as const;

function textOf(document: Uint8Array, name: Uint8Array): string {
  const field = findField(document, 0, name);
  return field === null ? '' : stringOf(field);
}

function dateOf(document: Uint8Array, name: Uint8Array): number {
  const field = findField(document, 0, name);
  return field?.type === T.date ? Number(int64(document, field.at)) : 0;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function listOf(value: unknown): Document[] {
  return Array.isArray(value) ? value : [];
}
