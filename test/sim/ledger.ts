import type { LedgerSink, Uniqueness } from '../../src/connector/contract.ts';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import type { KeyBook } from './key-book.ts';
import type { Caller } from './remote.ts';

/** The ERP: it keeps what is posted to it. */
export class Ledger {
  readonly keys: KeyBook<LedgerDocument>;
  readonly uniqueness: Uniqueness;

  constructor(keys: KeyBook<LedgerDocument>) {
    this.keys = keys;
    this.uniqueness = keys.uniqueness;
  }

  open(caller: Caller): LedgerSink {
    return {
      uniqueness: this.uniqueness,
      send: async (document, key, signal) => ({
        id: await caller.call('write', `post ${key}`, () => this.keys.take(key, structuredClone(document)), signal),
        state: 'done',
      }),
      find: (key) => caller.call('read', `find ${key}`, () => this.keys.find(key)),
      read: (id) =>
        caller.call('read', `read ${id}`, () =>
          structuredClone(this.keys.records.find((one) => one.id === id)?.item ?? null),
        ),
    };
  }
}
