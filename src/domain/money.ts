import { DECIMAL_PLACES } from './currencies.ts';
import { SyncError } from './errors.ts';

/** An amount in the minor unit of its ISO 4217 currency, always a safe integer. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/**
 * Decimal places of a currency's minor unit by ISO 4217: 2 for EUR and HUF, 0 for JPY, 3 for KWD.
 * @throws SyncError `data`, code `unknown-currency`.
 */
export function exponent(currency: string): number {
  const places = DECIMAL_PLACES.get(currency);
  if (places !== undefined) return places;
  throw new SyncError('data', `"${currency}" is not a currency of ISO 4217`, {
    code: 'unknown-currency',
    remedy: 'Use the three capital letters of ISO 4217, for example EUR. If the channel sends another code, map it.',
  });
}

/**
 * Money of whole minor units.
 * @throws SyncError `data` for an unknown currency, `bug` for an amount that is not a safe integer.
 */
export function money(minor: number, currency: string): Money {
  exponent(currency);
  return { minor: exact(minor), currency };
}

/** @throws SyncError `bug` for two currencies or a sum past 2^53 − 1. */
export function add(one: Money, other: Money): Money {
  sameCurrency(one.currency, other.currency);
  return { minor: exact(one.minor + other.minor), currency: one.currency };
}

/** `one − other`. @throws SyncError `bug` for two currencies or a difference past 2^53 − 1. */
export function subtract(one: Money, other: Money): Money {
  sameCurrency(one.currency, other.currency);
  return { minor: exact(one.minor - other.minor), currency: one.currency };
}

/** Negative, zero or positive as `one` is less than, equal to or more than `other`. @throws SyncError `bug` for two currencies. */
export function compare(one: Money, other: Money): number {
  sameCurrency(one.currency, other.currency);
  return one.minor - other.minor;
}

/** The sum of amounts that are all in `currency`; zero for none. @throws SyncError as `add`. */
export function sum(amounts: readonly Money[], currency: string): Money {
  let total = money(0, currency);
  for (const amount of amounts) total = add(total, amount);
  return total;
}

/**
 * Checks that a result of integer arithmetic is still exact.
 * @throws SyncError `bug`, code `amount-not-exact`.
 */
export function exact(minor: number): number {
  // + 0 turns −0 into 0: the two are equal as money and must be equal as bytes.
  if (Number.isSafeInteger(minor)) return minor + 0;
  throw new SyncError('bug', `${minor} is not an exact number of minor units`, {
    code: 'amount-not-exact',
    remedy:
      'This is a fault in Crossdock: an amount left the range of exact integers. Report it with the record at hand.',
  });
}

/**
 * Decimal text, as remotes send it, in exact minor units: "12", "12.3", "12.340" and "-0.5" are 1200, 1230, 1234 and
 * −50 in a currency of two places. Trailing zeros are free; a digit that the currency has no place for is refused, not
 * rounded. No exponent, no thousands separator, no float on the way.
 * `field` names where the text came from, for the person who reads the error.
 * @throws SyncError `data`: `amount-malformed`, `amount-precision`, `amount-too-large` or `unknown-currency`.
 */
export function parseAmount(text: string, currency: string, field?: string): number {
  const places = exponent(currency);
  let at = 0;
  const first = text.charCodeAt(0);
  const negative = first === MINUS;
  if (negative || first === PLUS) at = 1;
  let minor = 0;
  let wholeDigits = 0;
  let fractionDigits = -1;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (fractionDigits < 0) wholeDigits++;
      else if (++fractionDigits > places) {
        if (digit === 0) continue;
        throw unreadable('amount-precision', text, currency, field, `${currency} has ${places} decimal places`);
      }
      minor = minor * 10 + digit;
    } else if (digit === POINT - ZERO && fractionDigits < 0) {
      fractionDigits = 0;
    } else {
      throw unreadable('amount-malformed', text, currency, field, 'expected decimal text such as "12.34"');
    }
  }
  if (wholeDigits === 0 || fractionDigits === 0) {
    throw unreadable('amount-malformed', text, currency, field, 'expected decimal text such as "12.34"');
  }
  for (let place = Math.max(fractionDigits, 0); place < places; place++) minor *= 10;
  // A number that passed 2^53 on the way only grew since, so that one look at the end finds it.
  if (minor > Number.MAX_SAFE_INTEGER) {
    throw unreadable('amount-too-large', text, currency, field, 'it is beyond what can be counted exactly');
  }
  return negative && minor !== 0 ? -minor : minor;
}

/** Minor units as decimal text with all the places of the currency: "-0.50" for −50 EUR. The inverse of `parseAmount`. */
export function formatAmount(minor: number, currency: string): string {
  const places = exponent(currency);
  const digits = String(Math.abs(exact(minor))).padStart(places + 1, '0');
  const sign = minor < 0 ? '-' : '';
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/**
 * Splits whole units over weights (safe integers, not negative) so that the parts sum back exactly: each part is its
 * share rounded down, and what is left goes one by one to the largest remainders, the earlier part first among equals.
 * A weight of zero gets nothing, unless all are zero: then the parts are equal. A negative total splits as its
 * positive does, with the sign turned.
 * @throws SyncError `bug` for a weight or total that is not such an integer, or for no weights to a total that is not 0.
 */
export function split(total: number, weights: readonly number[]): number[] {
  exact(total);
  let whole = 0n;
  for (const weight of weights) {
    if (!Number.isSafeInteger(weight) || weight < 0) throw unsplittable(`${weight} is no weight`);
    whole += BigInt(weight);
  }
  if (weights.length === 0) {
    if (total === 0) return [];
    throw unsplittable(`there is nothing to split ${total} over`);
  }
  if (whole === 0n)
    return split(
      total,
      weights.map(() => 1),
    );
  const amount = BigInt(Math.abs(total));
  const parts: number[] = [];
  const remainders: bigint[] = [];
  let left = amount;
  for (const weight of weights) {
    const share = amount * BigInt(weight);
    const part = share / whole;
    parts.push(Number(part));
    remainders.push(share % whole);
    left -= part;
  }
  if (left > 0n) {
    const order = remainders.map((_, index) => index);
    order.sort((a, b) => largerFirst(remainders[a] ?? 0n, remainders[b] ?? 0n) || a - b);
    for (const index of order.slice(0, Number(left))) parts[index] = (parts[index] ?? 0) + 1;
  }
  return total < 0 ? parts.map((part) => 0 - part) : parts;
}

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;

function largerFirst(one: bigint, other: bigint): number {
  return one > other ? -1 : one < other ? 1 : 0;
}

function sameCurrency(one: string, other: string): void {
  if (one === other) return;
  throw new SyncError('bug', `${one} and ${other} cannot be put together`, {
    code: 'two-currencies',
    remedy:
      'This is a fault in Crossdock: amounts of two currencies met without a rate. Report it with the record at hand.',
  });
}

function unsplittable(what: string): SyncError {
  return new SyncError('bug', `Cannot split an amount: ${what}`, {
    code: 'split-weights',
    remedy: 'This is a fault in Crossdock. Report it with the record at hand.',
  });
}

function unreadable(code: string, text: string, currency: string, field: string | undefined, why: string): SyncError {
  const where = field === undefined ? '' : ` in ${field}`;
  return new SyncError('data', `"${text.slice(0, 40)}"${where} is no amount of ${currency}: ${why}`, {
    code,
    remedy: 'Look at the record in the channel. If it shows the same, map the field or its currency, then replay.',
    ...(field === undefined ? {} : { field }),
  });
}
