import type { Amount } from '../../../domain/order.ts';
import { minus, part } from './amounts.ts';
import type { Chance } from './chance.ts';
import { totalsOf, type Sale, type Tender } from './sale.ts';

/** How the buyer pays what the order comes to: one gateway, two, one that fails first, or one that nobody has mapped. */
export function pay(chance: Chance, sale: Sale): Tender[] {
  const owed = totalsOf(sale).total;
  const tenders: Tender[] = [];
  const add = (
    kind: Tender['kind'],
    status: Tender['status'],
    gateway: string,
    amount: Amount,
    afterMs: number,
    parent: number | null = null,
  ): number =>
    tenders.push({ number: tenders.length + 1, kind, status, gateway, amount, at: sale.placedAt + afterMs, parent });
  const card = (amount: Amount): void => {
    if (sale.story === 'voided' || chance.percent(25)) {
      const authorized = add('authorization', 'success', 'shopify_payments', amount, 1_000);
      // An order that is going to be voided is never captured.
      if (sale.story !== 'voided') add('capture', 'success', 'shopify_payments', amount, 4_000, authorized);
    } else add('sale', 'success', 'shopify_payments', amount, 1_000);
  };
  switch (sale.story) {
    case 'unmapped-payment':
      add('sale', 'success', 'klarna', owed, 2_000);
      break;
    case 'pending':
      add('sale', 'pending', 'manual', owed, 1_000);
      break;
    case 'failed-payment':
      add('sale', 'failure', 'shopify_payments', owed, 1_000);
      add('sale', 'success', 'paypal', owed, 95_000);
      break;
    case 'gift-card-used':
      add('sale', 'success', 'gift_card', owed, 1_000);
      break;
    case 'split-tender': {
      const first = part(owed, 2, 5);
      add('sale', 'success', 'gift_card', first, 1_000);
      card(minus(owed, first));
      break;
    }
    default:
      if (chance.percent(21) && sale.story !== 'voided') add('sale', 'success', 'paypal', owed, 2_000);
      else if (chance.percent(3) && sale.story === 'plain') {
        const first = part(owed, 1, 4);
        add('sale', 'success', 'gift_card', first, 1_000);
        card(minus(owed, first));
      } else card(owed);
  }
  return tenders;
}
