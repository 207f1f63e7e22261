import { afterAll, beforeAll, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { LedgerSink } from '../../src/connector/contract.ts';
import { accountMap } from '../../src/domain/ledger/account-map.ts';
import { NO_EFFECTS, type Flow, type FlowConnection } from '../../src/flows/flow.ts';
import { postBatch } from '../../src/flows/post-batch.ts';
import { wantPostBatch } from '../../src/flows/wanted.ts';
import type { BatchDocument } from '../../src/store/ledger-documents.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';
import { claimed, runContext } from './run-one.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

async function never(): Promise<never> {
  throw new Error('nothing is to be asked');
}

it('a store that is cut off while a day is posted is no fault of the day: the job is not parked for it', async () => {
  const { connection, company } = TEST_SCOPE;
  const document = {
    key: 'k',
    company,
    kind: 'journal',
    date: '2026-01-01',
    currency: 'USD',
    memo: '',
    lines: [],
  } as const;
  const standing: BatchDocument = {
    _id: 'k',
    v: 1,
    scope: '',
    company,
    connection,
    ledger: 'erp',
    currency: 'USD',
    date: '2026-01-01',
    version: 1,
    state: 'claiming',
    batch: {
      scope: { company, connection, currency: 'USD', mode: 'day', of: '2026-01-01', date: '2026-01-01', version: 1 },
      part: 1,
      document,
      entries: [],
      evidence: [],
      accounts: '',
    },
    externalId: null,
    at: new Date(0),
    postedAt: null,
    readAt: null,
    differences: [],
    left: [],
    unmapped: [],
    cause: null,
  };
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const ledger: LedgerSink = { uniqueness: { by: 'none' }, send: never, find: never, read: never };
  const erp = {
    ...channel,
    id: 'erp',
    accounts: accountMap([]),
    effects: { ...NO_EFFECTS, post: 'on' as const },
    capabilities: { ledger, check: async () => undefined },
  };
  const books = { ledger: 'erp', side: 'shop', maxLines: 10 } as const;
  const cut = new mongoose.mongo.MongoNetworkError('connection closed');
  const { store } = rig;
  const flow: Flow = {
    ...rig.flow,
    connections: new Map<string, FlowConnection>([
      [connection, { ...channel, books }],
      ['erp', erp],
    ]),
    store: {
      ...store,
      batches: { ...store.batches, ofScope: async () => [standing] },
      facts: { ...store.facts, claim: () => Promise.reject(cut) },
    },
  };
  const job = claimed(wantPostBatch('erp', connection, 'USD', '2026-01-01'));
  await expect(postBatch(flow).run([job], runContext())).rejects.toBe(cut);
});
