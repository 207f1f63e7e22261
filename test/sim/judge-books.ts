import type { BatchDocument, FactDocument } from '../../src/store/ledger-documents.ts';
import { businessDate } from '../../src/domain/time.ts';
import type { Left } from './left.ts';

/** I4: every entry of a closed day stands in exactly one document, once in the ERP, balanced, to the cent. */
export function judgeBooks({ surroundings, orders, broken }: Left): void {
  const { store, ledger, shop, world } = surroundings;
  const today = businessDate(world.now, 'UTC');
  const facts = store.rows<FactDocument>('facts');
  const batches = store.rows<BatchDocument>('batches');
  const sums = new Map<string, number>();
  for (const { _id, entry, batch, date } of facts) {
    if (entry === null) continue;
    const debit = sumOf(entry.postings.map((posting) => posting.debit));
    const credit = sumOf(entry.postings.map((posting) => posting.credit));
    if (debit !== credit) broken.push(`I4: the entry of ${_id} does not balance: ${debit} and ${credit}`);
    if (batch !== null) sums.set(batch, (sums.get(batch) ?? 0) + debit);
    else if (date < today) broken.push(`I4: the entry of ${_id} of ${date} is in no document`);
  }
  const places = new Map<string, string>();
  for (const { _id, state, batch } of batches) {
    if (state === 'dissolved') continue;
    if (state !== 'agreed') broken.push(`I4: ${_id} is ${state}`);
    for (const entry of batch.entries) {
      const other = places.get(entry);
      if (other !== undefined) broken.push(`I4: ${entry} stands in ${other} and in ${_id}`);
      places.set(entry, _id);
    }
  }
  const posted = new Map<string, number>();
  for (const { key, item } of ledger.keys.records) {
    const debit = sumOf(item.lines.map((line) => line.debit));
    const credit = sumOf(item.lines.map((line) => line.credit));
    if (debit !== credit) broken.push(`I4: ${key} does not balance in the ERP: ${debit} and ${credit}`);
    if (posted.has(key)) broken.push(`I2: the ERP has ${key} twice`);
    posted.set(key, debit);
  }
  for (const [key, sum] of sums) {
    const there = posted.get(key);
    if (there === undefined) broken.push(`I4: ${key} was never posted`);
    else if (there !== sum) broken.push(`I4: ${key} is ${there} in the ERP, its entries add up to ${sum}`);
    posted.delete(key);
  }
  for (const key of posted.keys()) broken.push(`I4: the ERP has ${key}, and no entry is in it`);
  // What was paid at the shop is what the books say was captured.
  for (const order of orders) {
    const told = shop.orders.get(order.externalId);
    const paid = sumOf((told?.payments ?? []).map(({ amount }) => amount));
    const captured = facts
      .filter((fact) => fact.order === order._id && fact.fact.kind === 'capture')
      .map(({ entry }) => sumOf((entry?.postings ?? []).map((posting) => posting.debit)));
    if (sumOf(captured) !== paid)
      broken.push(`I4: ${paid} was paid for ${order.number}, ${sumOf(captured)} stands in the books`);
  }
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
