import type { LedgerDocument, LedgerLine } from '../fulfillment.ts';
import type { Key } from '../ids.ts';
import { formatAmount } from '../money.ts';
import { sidesOf } from './entries.ts';

/** What is not the same between a document as posted and as the ERP holds it. */
export type LedgerDifferenceKind =
  | 'missing'
  | 'key'
  | 'company'
  | 'date'
  | 'currency'
  | 'unbalanced'
  | 'account-missing'
  | 'account-extra'
  | 'amount'
  | 'dimensions';

export interface LedgerDifference {
  readonly key: Key;
  readonly kind: LedgerDifferenceKind;
  /** The ERP's account; null where the whole document differs. */
  readonly account: string | null;
  /** As posted, and as read back: amounts in minor units, or text. */
  readonly posted: number | string | null;
  readonly found: number | string | null;
  /** For a person: what differs, and what may have caused it. */
  readonly text: string;
}

/**
 * Every difference between what was posted and what was read back, each with its name; none = they are the same. Lines
 * are compared by account, dimensions and side in sums, since an ERP may merge, split or reorder lines, which changes no
 * balance. Memos are not compared.
 */
export function compareDocuments(posted: LedgerDocument, found: LedgerDocument | null): LedgerDifference[] {
  const { key } = posted;
  if (found === null) {
    const text = 'The ERP does not hold this document: it was deleted there, or never arrived.';
    return [{ key, kind: 'missing', account: null, posted: key, found: null, text }];
  }
  const differences: LedgerDifference[] = [];
  for (const field of ['key', 'company', 'date', 'currency'] as const) {
    if (posted[field] === found[field]) continue;
    const text = `The document’s ${field} is ${found[field]} in the ERP, posted was ${posted[field]}: changed in the ERP.`;
    differences.push({ key, kind: field, account: null, posted: posted[field], found: found[field], text });
  }
  const { debit, credit } = sidesOf(found.lines);
  if (debit !== credit) {
    const [left, right] = [spoken(debit, found.currency), spoken(credit, found.currency)];
    const text = `The document does not balance in the ERP: debit ${left}, credit ${right}.`;
    differences.push({ key, kind: 'unbalanced', account: null, posted: debit, found: credit, text });
  }
  return [...differences, ...compareLines(posted, found)];
}

/** An amount as a person finds it in the ERP. */
function spoken(minor: number, currency: string): string {
  return `${formatAmount(minor, currency)} ${currency}`;
}

/** The sums of an account's lines, a side without amount left out. */
function spokenSides({ debit, credit }: { readonly debit: number; readonly credit: number }, currency: string): string {
  const sides = [
    ...(debit === 0 ? [] : [`debit ${spoken(debit, currency)}`]),
    ...(credit === 0 ? [] : [`credit ${spoken(credit, currency)}`]),
  ];
  return sides.length === 0 ? 'nothing' : sides.join(' and ');
}

function compareLines(posted: LedgerDocument, found: LedgerDocument): LedgerDifference[] {
  const { key } = posted;
  const differences: LedgerDifference[] = [];
  const accounts = new Set([...posted.lines, ...found.lines].map(({ account }) => account));
  for (const account of [...accounts].sort()) {
    const ours = posted.lines.filter((line) => line.account === account);
    const theirs = found.lines.filter((line) => line.account === account);
    const [here, there] = [sidesOf(ours), sidesOf(theirs)];
    if (theirs.length === 0) {
      const was = spokenSides(here, posted.currency);
      const text = `Account ${account} has no line in the ERP, posted was ${was}: it was taken out or moved to another account there.`;
      const amount = here.debit - here.credit;
      differences.push({ key, kind: 'account-missing', account, posted: amount, found: null, text });
    } else if (ours.length === 0) {
      const is = spokenSides(there, found.currency);
      const text = `Account ${account} has a line of ${is} in the ERP that was not posted: it was added there.`;
      const amount = there.debit - there.credit;
      differences.push({ key, kind: 'account-extra', account, posted: null, found: amount, text });
    } else {
      let same = true;
      for (const side of ['debit', 'credit'] as const) {
        if (here[side] === there[side]) continue;
        same = false;
        const [is, was] = [spoken(there[side], found.currency), spoken(here[side], posted.currency)];
        const text = `Account ${account}: the ${side} is ${is} in the ERP, posted was ${was}.`;
        differences.push({ key, kind: 'amount', account, posted: here[side], found: there[side], text });
      }
      const [one, other] = [byDimensions(ours, posted.currency), byDimensions(theirs, found.currency)];
      if (same && posted.currency === found.currency && one !== other) {
        const text = `Account ${account}: the amounts are the same, but stand under other dimensions in the ERP.`;
        differences.push({ key, kind: 'dimensions', account, posted: one, found: other, text });
      }
    }
  }
  return differences;
}

/** The sums of an account's lines by dimensions and side, as text that is the same for the same sums. */
function byDimensions(lines: readonly LedgerLine[], currency: string): string {
  const sums = new Map<string, { debit: number; credit: number }>();
  for (const { dimensions, debit, credit } of lines) {
    const named = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = named.map(([name, value]) => `${name} ${value}`).join(', ');
    sums.set(text, sidesOf([sums.get(text) ?? { debit: 0, credit: 0 }, { debit, credit }]));
  }
  return [...sums]
    .filter(([, { debit, credit }]) => debit !== 0 || credit !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, sides]) => `${text === '' ? 'none' : text}: ${spokenSides(sides, currency)}`)
    .join('; ');
}
