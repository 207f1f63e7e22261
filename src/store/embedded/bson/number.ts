/** BSON's four number types, compared and added exactly. */
import { Decimal128 } from 'bson';
import type { Slice } from './slice.ts';
import { T, float64, int32, int64 } from './slice.ts';

/** A finite decimal: digits · 10^exponent. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Any BSON number: a JS number (NaN and infinities included), a bigint past 2^53, or a decimal that is neither. */
export type Num = number | bigint | Decimal;

export function isNumber(type: number): boolean {
  return type === T.int32 || type === T.double || type === T.int64 || type === T.decimal;
}

/** The exact value. A long within ±2^53 comes as a JS number; −0 as 0. */
export function numberOf(value: Slice): Num {
  switch (value.type) {
    case T.int32:
      return int32(value.buf, value.at);
    case T.double:
      return float64(value.buf, value.at) + 0;
    case T.int64: {
      const long = int64(value.buf, value.at);
      const near = Number(long);
      return Number.isSafeInteger(near) ? near : long;
    }
    default:
      return decimalOf(value);
  }
}

function decimalOf(value: Slice): Num {
  const written = new Decimal128(value.buf.slice(value.at, value.end)).toString();
  if (written === 'NaN') return NaN;
  if (written === 'Infinity') return Infinity;
  if (written === '-Infinity') return -Infinity;
  const [mantissa = '0', power = '0'] = written.split('E');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  let digits = BigInt(whole + fraction);
  if (mantissa.startsWith('-') && digits > 0n) digits = -digits;
  if (digits === 0n) return 0;
  let exponent = Number(power) - fraction.length;
  while (digits % 10n === 0n) {
    digits /= 10n;
    exponent++;
  }
  return { digits, exponent };
}

/** The exact value of a finite number as digits · 10^exponent. */
export function exactly(n: Num): Decimal {
  if (typeof n === 'bigint') return { digits: n, exponent: 0 };
  if (typeof n !== 'number') return n;
  if (Number.isInteger(n)) return { digits: BigInt(n), exponent: 0 };
  // A double is m · 2^-k, which is m · 5^k · 10^-k.
  let k = 0;
  let m = n;
  while (!Number.isInteger(m)) {
    m *= 2;
    k++;
  }
  return { digits: BigInt(m) * 5n ** BigInt(k), exponent: -k };
}

/** Negative, zero or positive. NaN equals itself and is less than every other number (MongoDB's sort order). */
export function compareNumbers(a: Num, b: Num): number {
  if (typeof a !== 'object' && typeof b !== 'object') {
    if (a < b) return -1;
    if (a > b) return 1;
    const aNaN = a !== a;
    const bNaN = b !== b;
    return aNaN === bNaN ? 0 : aNaN ? -1 : 1;
  }
  if (typeof a === 'number' && !Number.isFinite(a)) return a === Infinity ? 1 : -1;
  if (typeof b === 'number' && !Number.isFinite(b)) return b === Infinity ? -1 : 1;
  return compareDecimals(exactly(a), exactly(b));
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const low = Math.min(a.exponent, b.exponent);
  const left = a.digits * 10n ** BigInt(a.exponent - low);
  const right = b.digits * 10n ** BigInt(b.exponent - low);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The largest double that is not greater than `n`, and whether it is `n` itself. */
export function floorDouble(n: Num): { readonly double: number; readonly exact: boolean } {
  if (typeof n === 'number') return { double: n, exact: true };
  const near = typeof n === 'bigint' ? Number(n) : Number(`${n.digits}e${n.exponent}`);
  const order = compareNumbers(near, n);
  if (order === 0) return { double: near, exact: true };
  return { double: order < 0 ? near : nextBelow(near), exact: false };
}

const view = new DataView(new ArrayBuffer(8));

function nextBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  view.setFloat64(0, value);
  const bits = view.getBigInt64(0);
  view.setBigInt64(0, value > 0 ? bits - 1n : bits + 1n);
  return view.getFloat64(0);
}
