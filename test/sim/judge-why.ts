import { isDeepStrictEqual } from 'node:util';
import { factsOf } from '../../src/domain/ledger/facts.ts';
import { NOBODY } from '../../src/domain/order.ts';
import { transfersOf } from '../../src/flows/parts.ts';
import { readOrder } from '../../src/flows/read-order.ts';
import type { RawDocument } from '../../src/store/documents.ts';
import type { BatchDocument, FactDocument } from '../../src/store/ledger-documents.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Left } from './left.ts';
import { LOCATIONS, mapping } from './worker.ts';

/** I7: from a posted line down to what was observed, and from a plan to why each other location was passed over. */
export function judgeWhy({ surroundings, orders, broken }: Left): void {
  const { store, ledger } = surroundings;
  const facts = new Map(store.rows<FactDocument>('facts').map((fact) => [fact._id, fact]));
  const batches = new Map(store.rows<BatchDocument>('batches').map((batch) => [batch._id, batch.batch]));
  const raws = new Map<string, number>();
  for (const { record, kind } of store.rows<RawDocument>('raws', {}, { record: 1, kind: 1 }))
    if (kind === 'order') raws.set(record, (raws.get(record) ?? 0) + 1);
  const held = new Set(orders.map(({ _id }) => _id));
  for (const { key } of ledger.keys.records) {
    const batch = batches.get(key);
    if (batch === undefined) broken.push(`I7: ${key} was posted, and no batch tells of what`);
    for (const entry of batch?.entries ?? []) {
      const fact = facts.get(entry);
      if (fact === undefined) broken.push(`I7: ${key} has ${entry}, of which no fact tells`);
      else if (!held.has(fact.order)) broken.push(`I7: ${fact._id} is of an order that is not there`);
    }
  }
  for (const { _id, number, raw, plan } of orders) {
    if ((raws.get(_id) ?? 0) < raw.n)
      broken.push(`I7: ${raw.n} observations of ${number} were taken over, ${raws.get(_id) ?? 0} are kept`);
    if (plan === null) continue;
    const lines = new Set([...plan.lines, ...plan.waiting].map(({ line }) => line));
    for (const line of lines)
      for (const location of LOCATIONS) {
        const told = plan.why.find((one) => one.line === line && one.location === location);
        if (told === undefined || told.reason === '')
          broken.push(`I7: the plan of ${number} does not say what of line ${line} it decided about ${location}`);
      }
  }
}

/** I8: what was observed, read again, gives the orders that are held, and nothing that is not in the books yet. */
export async function judgeReplay({ surroundings, orders, broken }: Left, store: Store): Promise<void> {
  const source = surroundings.shop.source();
  const known = await store.facts.of(orders.map(({ _id }) => _id));
  for (const document of orders) {
    const observations = await store.raws.history(document._id);
    const taken = observations.find(({ n }) => n === document.raw.n);
    if (taken?.text == null) continue;
    const observed = { id: taken.externalId, version: taken.version, body: taken.text };
    const {
      id,
      connection,
      company,
      externalId,
      number,
      personal: _,
      ...order
    } = await readOrder(source, mapping, observed, []);
    if (!isDeepStrictEqual(order, document.order))
      broken.push(`I8: observation ${taken.n} of ${number} read again gives another order`);
    const more = factsOf(
      { ...order, id, connection, company, externalId, number, personal: NOBODY },
      transfersOf(document),
      (known.get(document._id) ?? []).map(({ fact }) => fact),
      { zone: 'UTC', side: 'shop' },
    );
    for (const fact of more) broken.push(`I8: ${number} read again has a ${fact.kind} that is not in the books`);
  }
}

/** Tokens are drawn for about a second, and lie for two at most; the wire and a busy machine add a little. */
const DRAWN_AHEAD_S = 2.1;

/** I10: in no stretch of time was more asked of a remote than our share of its rate allows. */
export function judgeBudgets({ surroundings, broken }: Left): void {
  // A bucket that is brought back from a backup is as full as it was then.
  if (surroundings.store.life > 0) return;
  for (const [remote, { perSecond, capacity, sent }] of surroundings.limits) {
    for (let first = 0; first < sent.length; first += 1)
      for (let last = first; last < sent.length; last += 1) {
        const seconds = ((sent[last] ?? 0) - (sent[first] ?? 0)) / 1_000;
        const most = capacity + perSecond * (seconds + DRAWN_AHEAD_S);
        if (last - first + 1 <= most) continue;
        broken.push(
          `I10: the ${remote} was asked ${last - first + 1} times in ${seconds} s, ${Math.floor(most)} are ours`,
        );
        return;
      }
  }
}
