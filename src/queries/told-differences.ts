import type { Told } from '../connector/sandbox/told.ts';
import type { ConnectionId } from '../domain/ids.ts';
import { fulfillmentKey, readFulfillmentKey } from '../domain/fulfillment-key.ts';
import { exact } from '../domain/money.ts';
import { toldParcels } from '../domain/parcels.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { Store } from '../store/open-store.ts';

/** One thing that stands otherwise in a remote's books than in ours. */
export interface ToldDifference {
  readonly connection: ConnectionId;
  readonly what: 'request' | 'confirmation' | 'document' | 'stock';
  readonly key: string;
  readonly says: string;
}

/** What was compared with the remotes' books, and what differs. */
export interface ToldComparison {
  readonly requests: number;
  readonly confirmations: number;
  readonly documents: number;
  readonly levels: number;
  readonly differences: readonly ToldDifference[];
  /** Requests that stand at a provider which is about to be asked, after a restore, what it holds of their orders. */
  readonly toBeRecalled: number;
}

interface OrderRow {
  readonly _id: string;
  readonly connection: ConnectionId;
  readonly fulfillments: readonly FulfillmentPart[];
}

/**
 * Compares what we hold to have done with what the remotes say was done, by key: every request one order at its provider,
 * every parcel one confirmation, every document once and to the cent, every published number as sent.
 */
export async function toldDifferences(
  store: Store,
  remotes: ReadonlyMap<ConnectionId, Told>,
  differing: readonly ConnectionId[] = [...remotes.keys()],
): Promise<ToldComparison> {
  const differences: ToldDifference[] = [];
  const counts = { requests: 0, confirmations: 0, documents: 0, levels: 0 };
  const ours = await oursOf(store);
  const recalls = await recallsOf(store);
  let toBeRecalled = 0;
  for (const connection of differing) {
    const theirs = remotes.get(connection);
    if (theirs === undefined) continue;
    const add = (what: ToldDifference['what'], key: string, says: string): void => {
      differences.push({ connection, what, key, says });
    };
    const mine = ours.get(connection) ?? NOTHING;
    const known = theirs.requests.filter(
      ({ key }) => mine.requests.has(key) || !recalls.has(`${connection}:${readFulfillmentKey(key)?.order ?? ''}`),
    );
    toBeRecalled += theirs.requests.length - known.length;
    counts.requests += compare(
      mine.requests,
      known.map(({ key, state, units }) => [key, `${state}, ${units} units`]),
      (key, says) => add('request', key, says),
    );
    counts.confirmations += compare(
      mine.confirmations,
      theirs.confirmations.map(({ id, tracking, units }) => [id, `${tracking.join(' ')}, ${units} units`]),
      (key, says) => add('confirmation', key, says),
      // The channel's history has fulfillments that others made.
      true,
    );
    counts.documents += compare(
      mine.documents,
      theirs.documents.map(({ key, date, currency, debit, credit, lines }) => [
        key,
        `${date} ${currency} ${debit} = ${credit} on ${lines} lines`,
      ]),
      (key, says) => add('document', key, says),
    );
    counts.levels += compare(
      mine.levels,
      theirs.levels.map(({ listing, location, available }) => [`${listing} at ${location}`, String(available)]),
      (key, says) => add('stock', key, says),
      true,
    );
  }
  return { ...counts, differences, toBeRecalled };
}

/** Of which providers it is about to be asked what they hold of which orders. */
async function recallsOf({ collections }: Store): Promise<ReadonlySet<string>> {
  const standing = collections.jobs.find({ kind: 'recall-requests', state: { $ne: 'parked' } });
  return new Set((await standing.toArray()).map(({ connection, subject }) => `${connection}:${subject}`));
}

interface Ours {
  readonly requests: Map<string, string>;
  readonly confirmations: Map<string, string>;
  readonly documents: Map<string, string>;
  readonly levels: Map<string, string>;
}

const NOTHING: Ours = { requests: new Map(), confirmations: new Map(), documents: new Map(), levels: new Map() };

/** Counts what was compared; what they have twice, or we have and they have not, is a difference. */
function compare(
  mine: ReadonlyMap<string, string>,
  theirs: readonly (readonly [string, string])[],
  add: (key: string, says: string) => void,
  othersToo = false,
): number {
  const seen = new Set<string>();
  for (const [key, there] of theirs) {
    const here = mine.get(key);
    if (here === undefined && othersToo) continue;
    if (seen.has(key)) add(key, 'stands there twice');
    seen.add(key);
    if (here === undefined) add(key, `stands there (${there}) and not here`);
    else if (here !== there) add(key, `is ${there} there and ${here} here`);
  }
  for (const [key, here] of mine) if (!seen.has(key)) add(key, `is ${here} here and not there`);
  return mine.size;
}

async function oursOf(store: Store): Promise<Map<ConnectionId, Ours>> {
  const all = new Map<ConnectionId, Ours>();
  const of = (connection: ConnectionId): Ours => {
    const known = all.get(connection);
    if (known !== undefined) return known;
    const fresh = { requests: new Map(), confirmations: new Map(), documents: new Map(), levels: new Map() };
    all.set(connection, fresh);
    return fresh;
  };
  const { orders, batches, published } = store.collections;
  const rows = orders.find({ fulfillments: { $exists: true } }).project<OrderRow>({ connection: 1, fulfillments: 1 });
  for await (const { _id, connection, fulfillments } of rows) {
    for (const part of fulfillments) {
      if (part.externalId !== null) of(part.provider).requests.set(fulfillmentKey(_id, part.n), standingOf(part));
      for (const { parcel, before } of toldParcels(part.shipments.flatMap(({ parcels }) => parcels))) {
        if (parcel.confirmed === null) continue;
        const units = parcel.units.reduce((sum, { quantity }) => sum + quantity, 0) - (parcel.untold ?? 0);
        const numbers = [...before, parcel].flatMap(({ tracking }) => tracking ?? []);
        of(connection).confirmations.set(parcel.confirmed, `${numbers.join(' ')}, ${units} units`);
      }
    }
  }
  for await (const { _id, ledger, state, batch } of batches.find({})) {
    if (state !== 'posted' && state !== 'agreed' && state !== 'differs') continue;
    const { date, currency, lines } = batch.document;
    const [debit, credit] = lines.reduce(
      ([debits, credits], line) => [exact(debits + line.debit), exact(credits + line.credit)],
      [0, 0],
    );
    of(ledger).documents.set(_id, `${date} ${currency} ${debit} = ${credit} on ${lines.length} lines`);
  }
  for await (const { connection, listing, location, sent, refused, gone } of published.find({})) {
    if (sent !== null && refused === null && gone !== true)
      of(connection).levels.set(`${listing} at ${location}`, String(sent));
  }
  return all;
}

function standingOf({ state, lines, shipments }: FulfillmentPart): string {
  const asked = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const parcels = shipments.flatMap((shipment) => shipment.parcels);
  if (parcels.length > 0) {
    const left = parcels.flatMap(({ items }) => items).reduce((sum, { quantity }) => sum + quantity, 0);
    return `shipped, ${left} units`;
  }
  return `${state === 'cancelled' || state === 'rejected' ? 'cancelled' : 'open'}, ${asked} units`;
}
