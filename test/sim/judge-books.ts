import type { BatchDocument, FactDocument } from '../../src/store/ledger-documents.ts';
import { businessDate } from '../../src/domain/time.ts';
import type { Left } from './left.ts';
import { CLEARING } from './worker.ts';

/** I4: every entry of a closed day stands in exactly one document, once in the ERP, balanced, to the cent. */
export function judgeBooks(left: Left): void {
  const { surroundings, broken } = left;
  const { store, ledger, world } = surroundings;
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
  judgeMoney(left);
}

/** I4: what was paid and given back at the shop is what the books say, and what stands in the ERP, to the cent. */
function judgeMoney({ surroundings, orders, broken }: Left): void {
  const { store, ledger, shop, world } = surroundings;
  const today = businessDate(world.now, 'UTC');
  const facts = store.rows<FactDocument>('facts');
  let kept = 0;
  for (const order of orders) {
    const told = shop.orders.get(order.externalId);
    if (told === undefined) continue;
    const tendered = (kind: string): number =>
      sumOf(
        facts
          .filter(({ order: id, fact }) => id === order._id && fact.kind === kind)
          .map(({ fact }) => fact.tender?.minor ?? 0),
      );
    const paid = sumOf(told.payments.map(({ amount }) => amount));
    const back = sumOf(told.refunds.map(({ amount }) => amount));
    const money = [...told.payments, ...told.refunds.map((refund) => ({ ...refund, amount: -refund.amount }))];
    kept += sumOf(money.filter(({ at }) => businessDate(at, 'UTC') < today).map(({ amount }) => amount));
    if (tendered('capture') !== paid)
      broken.push(`I4: ${paid} was paid for ${order.number}, ${tendered('capture')} stands in the books`);
    if (tendered('refund-paid') !== 0 - back)
      broken.push(`I4: ${back} went back for ${order.number}, ${0 - tendered('refund-paid')} stands in the books`);
  }
  const cleared = ledger.keys.records
    .flatMap(({ item }) => item.lines)
    .filter(({ account }) => account === CLEARING)
    .map(({ debit, credit }) => debit - credit);
  if (sumOf(cleared) !== kept)
    broken.push(`I4: the shop has ${kept} of all that was paid, ${sumOf(cleared)} stands on its account in the ERP`);
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
