import { serialize, type Document } from 'bson';
import { failureReply } from '../../src/store/embedded/engine.ts';
import { CommandFailure } from '../../src/store/embedded/failure.ts';
import type { Context } from '../../src/store/embedded/command/context.ts';
import { Cursors } from '../../src/store/embedded/command/cursors.ts';
import { NO_SEQUENCES, Request } from '../../src/store/embedded/command/request.ts';
import { COMMANDS } from '../../src/store/embedded/command/table.ts';
import { Catalog } from '../../src/store/embedded/storage/catalog.ts';
import { Documents } from '../../src/store/embedded/storage/documents.ts';
import { fromBytes } from './from-bytes.ts';
import { MemoryStorage, type Snapshot } from './memory-storage.ts';

const DATABASE = 'crossdock';

export interface EngineSettings {
  /** UTC epoch milliseconds. */
  readonly now: () => number;
  readonly newObjectId: () => Uint8Array;
}

/** The embedded store's own commands, planner, matcher and updater over tables in this process instead of a SQLite file. */
export class MemoryEngine {
  readonly #storage = new MemoryStorage();
  readonly #catalog: Catalog;
  readonly #context: Context;

  /** @param snapshot what stands in it from the start; absent = nothing */
  constructor({ now, newObjectId }: EngineSettings, snapshot?: Snapshot) {
    if (snapshot !== undefined) this.#storage.restore(snapshot);
    this.#catalog = new Catalog(this.#storage);
    this.#context = {
      storage: this.#storage,
      catalog: this.#catalog,
      documents: new Documents(this.#storage, this.#catalog, newObjectId),
      cursors: new Cursors(2n, 2n),
      now,
      newObjectId,
      readBudget: null,
      backup: () => {
        throw new Error('a store in memory is copied as a snapshot');
      },
    };
  }

  /** Runs one command as the embedded engine does: errors of the command are answered. @throws what is no such error */
  run(body: Uint8Array): Uint8Array {
    try {
      const request = new Request(body, NO_SEQUENCES, DATABASE);
      const command = COMMANDS.get(request.name);
      if (command === undefined) throw new Error(`the embedded store has no command '${request.name}'`);
      return command(this.#context, request);
    } catch (error) {
      if (error instanceof CommandFailure) return failureReply(error);
      throw error;
    }
  }

  runDocument(command: Document): Document {
    return fromBytes(this.run(serialize(command)));
  }

  /** The documents of a collection as they stand, in the order of insertion. Nobody may change them. */
  documentsOf(collection: string): readonly Uint8Array[] {
    const found = this.#catalog.find(DATABASE, collection);
    return found === null ? [] : this.#storage.documentsOf(found.id);
  }

  /** Every document of every collection, in an order that is always the same. */
  *everyDocument(): Iterable<Uint8Array> {
    for (const { id } of this.#catalog.ofDatabase(DATABASE)) yield* this.#storage.documentsOf(id);
  }

  snapshot(): Snapshot {
    return this.#storage.snapshotOf();
  }

  /** Brings back what stood here when the snapshot was taken. */
  restore(snapshot: Snapshot): void {
    this.#storage.restore(snapshot);
    this.#catalog.reload();
  }
}
