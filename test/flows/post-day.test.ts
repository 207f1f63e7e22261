import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LedgerSink } from '../../src/connector/contract.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { accountMap } from '../../src/domain/ledger/account-map.ts';
import { entryOf } from '../../src/domain/ledger/entries.ts';
import { factsOf } from '../../src/domain/ledger/facts.ts';
import { BOOKS, sampleRefund, threePieces } from '../../src/domain/ledger/sample-ledger.ts';
import { NO_EFFECTS, type Flow, type FlowConnection } from '../../src/flows/flow.ts';
import { postBatch } from '../../src/flows/post-batch.ts';
import { KIND, wantPostBatch } from '../../src/flows/wanted.ts';
import type { FactDocument } from '../../src/store/ledger-documents.ts';
import { storedOrder } from '../../src/store/order-records.ts';
import { testOrder } from '../../src/store/test-order.ts';
import { TEST_SCOPE } from './order-text.ts';
import { openRig, type Rig } from './rig.ts';
import { runContext, runOne } from './run-one.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const { connection, company } = TEST_SCOPE;
const RULES = [
  { when: { kind: 'clearing' as const }, account: '1' },
  { when: { kind: 'deposit' as const }, account: '2' },
];

/** The flow with an ERP that refuses every document by `refusal`, and holds the one that this names, or what `find` says. */
function flowTo(refusal: SyncError, rules: typeof RULES, sent: string[], find?: LedgerSink['find']): Flow {
  const [channel] = rig.flow.connections.values();
  if (channel === undefined) throw new Error('there is no channel');
  const ledger: LedgerSink = {
    uniqueness: { by: 'native', forMs: Number.MAX_SAFE_INTEGER },
    send: async (_document, key) => {
      sent.push(key);
      throw refusal;
    },
    find: find ?? (async () => refusal.remoteId ?? 'absent'),
    read: async () => null,
  };
  const erp: FlowConnection = {
    ...channel,
    id: 'erp',
    accounts: accountMap(rules),
    effects: { ...NO_EFFECTS, post: 'on' },
    capabilities: { ledger, check: async () => undefined },
  };
  const books = { ledger: 'erp', side: 'shop', maxLines: 10 } as const;
  return {
    ...rig.flow,
    connections: new Map([
      [connection, { ...channel, books }],
      ['erp', erp],
    ]),
  };
}

/** The capture of an order of its own currency, so that it is a day by itself. */
async function oneFact(currency: string): Promise<string> {
  const order = {
    ...threePieces(),
    id: `ord_${currency}`,
    connection,
    company,
    currency: { shop: currency, buyer: currency },
  };
  const [fact] = factsOf(order, [], [], BOOKS);
  if (fact === undefined) throw new Error('nothing was booked');
  const { date } = fact;
  const document: FactDocument = {
    _id: `${order.id}#1`,
    order: order.id,
    n: 1,
    company,
    connection,
    currency,
    date,
    fact,
    entry: entryOf(fact),
    batch: null,
    open: true,
    at: new Date(0),
  };
  await rig.store.facts.append([document]);
  return date;
}

/** The accounts, put right since something was refused. */
const MENDED = [...RULES, { when: { kind: 'deposit' as const, currency: 'XOF' }, account: '3' }];

async function keysSentFor(currency: string, refusal: SyncError): Promise<string[]> {
  const date = await oneFact(currency);
  const sent: string[] = [];
  const wanted = wantPostBatch('erp', connection, currency, date);
  await runOne(postBatch(flowTo(refusal, RULES, sent)), wanted);
  await runOne(postBatch(flowTo(refusal, MENDED, sent)), wanted);
  await runOne(postBatch(flowTo(refusal, MENDED, sent)), wanted);
  return [...new Set(sent)];
}

it('a document that the ERP has already, but not as it was posted, is never posted again under another key', async () => {
  const taken = new SyncError('data', 'There is one of this key, edited.', {
    code: 'posted-differently',
    remoteId: '77',
    remedy: 'r',
  });
  expect(await keysSentFor('EUR', taken)).toEqual([`post:${company}:${connection}:EUR:day:2026-09-21:1:1`]);
});

it('a document that the ERP has not taken is made anew when its accounts were put right', async () => {
  const refused = new SyncError('data', 'Account 2 is inactive.', { code: 'refused', remedy: 'r' });
  expect(await keysSentFor('USD', refused)).toEqual([
    `post:${company}:${connection}:USD:day:2026-09-21:1:1`,
    `post:${company}:${connection}:USD:day:2026-09-21:1:2`,
  ]);
});

it('a document of which the ERP does not say whether it has it stands with that, and is asked for only while its job may run', async () => {
  const date = await oneFact('CHF');
  const wanted = wantPostBatch('erp', connection, 'CHF', date);
  const refused = new SyncError('data', 'Account 2 is inactive.', { code: 'refused', remedy: 'r' });
  await runOne(postBatch(flowTo(refused, RULES, [])), wanted);
  const away = new SyncError('transient', 'The ERP is away.', { code: 'away', remedy: 'r' });
  const signals: (AbortSignal | undefined)[] = [];
  const flow = flowTo(refused, MENDED, [], async (_key, _document, signal) => {
    signals.push(signal);
    throw away;
  });
  const context = runContext();
  expect(await runOne(postBatch(flow), wanted, context)).toMatchObject({ error: away });
  expect(signals).toEqual([context.signal]);
  const batch = await rig.store.batches.get(`post:${company}:${connection}:CHF:day:${date}:1:1`);
  expect(batch).toMatchObject({ state: 'ready', cause: { code: 'away', fault: 'transient' } });
});

it('a day names every order of which it lacks something: one that was placed earlier and cannot be booked since its refund', async () => {
  const order = threePieces({ connection, company, businessDate: '2026-08-01' });
  const refund = sampleRefund('r1', 700, { at: Date.parse('2026-09-21T12:00:00Z') });
  const earlier = { ...order, refunds: [refund], payments: [] };
  await rig.store.orders.insert([
    testOrder('ord_late', { connection, company, number: '#7', order: storedOrder(earlier) }),
  ]);
  await rig.store.orders.insert([
    testOrder('ord_other', { connection, company, number: '#8', order: storedOrder({ ...order, payments: [] }) }),
  ]);
  const parked = ['ord_late', 'ord_other'].map((subject) => ({
    _id: subject,
    kind: KIND.accountOrder,
    connection,
    subject,
  }));
  const date = await oneFact('GBP');
  const refused = new SyncError('data', 'Account 2 is inactive.', { code: 'refused', remedy: 'r' });
  const flow = flowTo(refused, RULES, []);
  const jobs = {
    ...rig.store.jobs,
    parkedFor: async (faults: readonly string[]) => (faults.includes('bug') ? parked : []),
  };
  await runOne(postBatch({ ...flow, store: { ...rig.store, jobs } }), wantPostBatch('erp', connection, 'GBP', date));
  const batch = await rig.store.batches.get(`post:${company}:${connection}:GBP:day:2026-09-21:1:1`);
  expect(batch?.left).toEqual([{ order: 'ord_late', number: '#7', cause: 'cannot be booked yet' }]);
});
