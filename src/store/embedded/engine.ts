/**
 * The synchronous core: a command's bytes in, a reply's bytes out. No sockets, no threads, no timers; the clock is given.
 * Writes gather in one transaction that `commit` puts on the disk: whoever calls decides how many commands share it, and
 * must not show a reply before that when `dirty` was true after the command.
 */
import { ObjectId, deserialize, serialize } from 'bson';
import type { Document } from 'bson';
import { CODE, CommandFailure, reasonOf } from './failure.ts';
import { documentOf } from './bson/writer.ts';
import type { Context } from './command/context.ts';
import { TooLong } from './command/too-long.ts';
import { Cursors } from './command/cursors.ts';
import type { Sequences } from './command/request.ts';
import { NO_SEQUENCES, Request } from './command/request.ts';
import { COMMANDS } from './command/table.ts';
import { purgeExpired } from './command/expire.ts';
import { Catalog } from './storage/catalog.ts';
import { Documents } from './storage/documents.ts';
import { Storage, sqliteCode, storageFailure } from './storage/storage.ts';
import { backupTo } from './storage/backup.ts';

export interface EngineOptions {
  /** Path of the SQLite file, or `:memory:`. */
  readonly file: string;
  /** UTC epoch milliseconds. */
  readonly now: () => number;
  /** Twelve bytes for an ObjectId where a document comes without `_id`; by default bson's generator. */
  readonly newObjectId?: () => Uint8Array;
  /** An upper bound of the file in pages of 4096 bytes. */
  readonly maxPages?: number;
  /** For the reading thread: sees what is committed, writes nothing. */
  readonly readOnly?: boolean;
  /** How many documents a read may look at before `run` answers `too long`; by default no bound. */
  readonly readBudget?: number;
}

export class Engine {
  readonly #storage: Storage;
  readonly #catalog: Catalog;
  readonly #context: Context;
  readonly #readOnly: boolean;

  /** @throws EmbeddedStoreError when the file cannot be opened, is damaged or is no store of ours. */
  constructor(options: EngineOptions) {
    this.#storage = new Storage(options);
    this.#readOnly = options.readOnly ?? false;
    this.#catalog = new Catalog(this.#storage);
    const newObjectId = options.newObjectId ?? (() => new ObjectId().id);
    this.#context = {
      storage: this.#storage,
      catalog: this.#catalog,
      documents: new Documents(this.#storage, this.#catalog, newObjectId),
      cursors: this.#readOnly ? new Cursors(1n, 2n) : new Cursors(2n, 2n),
      now: options.now,
      newObjectId,
      readBudget: options.readBudget ?? null,
      backup: (to) => {
        backupTo(this.#storage, options.file, to);
      },
    };
  }

  /** Whether a commit is owed. */
  get dirty(): boolean {
    return this.#storage.dirty;
  }

  /**
   * Runs one command. Errors are answered, not thrown; an error of the disk undoes the whole open transaction and is
   * told by `onLost`, since the replies that waited for that commit are now untrue.
   * @returns the reply, or null when a read is longer than the budget: then a reader must run it.
   */
  run(
    body: Uint8Array,
    sequences: Sequences,
    onLost: (failure: CommandFailure) => void,
    db?: string,
  ): Uint8Array | null {
    try {
      const request = new Request(body, sequences, db);
      const command = COMMANDS.get(request.name);
      if (command === undefined) throw new CommandFailure(CODE.commandNotFound, `no such command: '${request.name}'`);
      // A backup reads its own snapshot and cannot run inside another.
      if (!this.#readOnly || request.name === 'crossdockBackup') return command(this.#context, request);
      return this.#storage.snapshot(() => {
        if (this.#catalog.refresh())
          this.#context.cursors.killWhere((namespace) => {
            const dot = namespace.indexOf('.');
            return this.#catalog.find(namespace.slice(0, dot), namespace.slice(dot + 1)) === null;
          });
        return command(this.#context, request);
      });
    } catch (error) {
      if (error instanceof TooLong) return null;
      if (error instanceof CommandFailure) return failureReply(error);
      return failureReply(this.#lost(error, onLost));
    }
  }

  #lost(error: unknown, onLost: (failure: CommandFailure) => void): CommandFailure {
    const failure =
      sqliteCode(error) === null
        ? new CommandFailure(CODE.internal, `the embedded store failed: ${reasonOf(error)}`)
        : storageFailure(this.#storage.file, error);
    if (!this.#readOnly && this.#storage.dirty) {
      this.#storage.rollback();
      this.#catalog.reload();
      onLost(failure);
    }
    return failure;
  }

  /** Runs one command on its own and commits it. For callers inside this program. */
  runDocument(db: string, command: Document): Document {
    const reply = this.run(serialize(command), NO_SEQUENCES, () => undefined, db);
    if (reply === null) throw new Error('a core with a read budget cannot run documents on its own');
    const failure = this.commit();
    return deserialize(failure === null ? reply : failureReply(failure), { promoteLongs: true });
  }

  /** Puts the open transaction on the disk. @returns the failure for every reply that waited, or null when all are safe. */
  commit(): CommandFailure | null {
    try {
      this.#storage.commit();
      return null;
    } catch (error) {
      this.#catalog.reload();
      return storageFailure(this.#storage.file, error);
    }
  }

  /** Deletes some of what TTL indexes have expired and ends idle cursors; nothing may be uncommitted. @returns how many documents went. */
  purge(): number {
    const now = this.#context.now();
    this.#context.cursors.expire(now);
    if (this.#readOnly) return 0;
    try {
      return purgeExpired(this.#context, now);
    } catch (error) {
      // What has expired stays for the next time; nobody waits for it.
      this.#lost(error, () => undefined);
      return 0;
    }
  }

  /** Undoes what was not committed and closes the file. */
  close(): void {
    this.#storage.close();
  }
}

/** A failure as a server answers it. */
export function failureReply(failure: CommandFailure): Uint8Array {
  const fields = Object.keys(failure.fields).length === 0 ? null : serialize(failure.fields);
  return documentOf((w) => {
    w.double('ok', 0);
    w.string('errmsg', failure.message);
    w.integer('code', failure.code);
    w.string('codeName', failure.codeName);
    if (fields !== null) w.raw(fields, 4, fields.length - 1);
  });
}
