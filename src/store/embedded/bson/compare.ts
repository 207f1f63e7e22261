/** The one order of BSON values: MongoDB's, by type first, then by value. */
import { compareNumbers, isNumber, numberOf } from './number.ts';
import type { Slice } from './slice.ts';
import { T, byte, fieldsOf, int32, int64, nameEnd } from './slice.ts';
import { tagOf } from './key.ts';

/** Negative, zero or positive. A missing value compares as null. */
export function compare(a: Slice, b: Slice): number {
  const byType = tagOf(a.type) - tagOf(b.type);
  if (byType !== 0) return byType;
  if (isNumber(a.type)) return compareNumbers(numberOf(a), numberOf(b));
  switch (a.type) {
    case T.string:
    case T.symbol:
    case T.code:
      return compareBytes(a.buf, a.at + 4, a.end - 1, b.buf, b.at + 4, b.end - 1);
    case T.document:
      return compareDocuments(a.buf, a.at, b.buf, b.at, true);
    case T.array:
      return compareDocuments(a.buf, a.at, b.buf, b.at, false);
    case T.binary: {
      const byLength = int32(a.buf, a.at) - int32(b.buf, b.at);
      return byLength !== 0 ? byLength : compareBytes(a.buf, a.at + 4, a.end, b.buf, b.at + 4, b.end);
    }
    case T.objectId:
      return compareBytes(a.buf, a.at, a.end, b.buf, b.at, b.end);
    case T.bool:
      return (byte(a.buf, a.at) === 0 ? 0 : 1) - (byte(b.buf, b.at) === 0 ? 0 : 1);
    case T.date:
      return order(int64(a.buf, a.at), int64(b.buf, b.at));
    case T.timestamp:
      return order(BigInt.asUintN(64, int64(a.buf, a.at)), BigInt.asUintN(64, int64(b.buf, b.at)));
    case T.regex:
      return compareRegexes(a, b);
    case T.dbPointer: {
      const byLength = a.end - a.at - (b.end - b.at);
      return byLength !== 0 ? byLength : compareBytes(a.buf, a.at + 4, a.end, b.buf, b.at + 4, b.end);
    }
    case T.codeWithScope:
      return compareScopedCode(a, b);
    default:
      return 0;
  }
}

/** Whether two values compare equal; byte for byte where that decides. */
export function equal(a: Slice, b: Slice): boolean {
  if (a.type === b.type) {
    const length = a.end - a.at;
    if (length === b.end - b.at) {
      let i = 0;
      while (i < length && a.buf[a.at + i] === b.buf[b.at + i]) i++;
      if (i === length) return true;
    }
    if (a.type === T.string || a.type === T.objectId || a.type === T.int32 || a.type === T.date || a.type === T.int64)
      return false;
  }
  return compare(a, b) === 0;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBytes(a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const by = byte(a, aFrom + i) - byte(b, bFrom + i);
    if (by !== 0) return by;
  }
  return aTo - aFrom - (bTo - bFrom);
}

function compareDocuments(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, named: boolean): number {
  const left = fieldsOf(a, aAt);
  const right = fieldsOf(b, bAt);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const l = left[i];
    const r = right[i];
    if (l === undefined || r === undefined) break;
    const byType = tagOf(l.type) - tagOf(r.type);
    if (byType !== 0) return byType;
    if (named) {
      const byName = compareBytes(a, l.nameAt, l.at - 1, b, r.nameAt, r.at - 1);
      if (byName !== 0) return byName;
    }
    const by = compare(l, r);
    if (by !== 0) return by;
  }
  return left.length - right.length;
}

function compareRegexes(a: Slice, b: Slice): number {
  const aFlags = nameEnd(a.buf, a.at) + 1;
  const bFlags = nameEnd(b.buf, b.at) + 1;
  const byPattern = compareBytes(a.buf, a.at, aFlags - 1, b.buf, b.at, bFlags - 1);
  return byPattern !== 0 ? byPattern : compareBytes(a.buf, aFlags, a.end - 1, b.buf, bFlags, b.end - 1);
}

function compareScopedCode(a: Slice, b: Slice): number {
  const aScope = a.at + 8 + int32(a.buf, a.at + 4);
  const bScope = b.at + 8 + int32(b.buf, b.at + 4);
  const byCode = compareBytes(a.buf, a.at + 8, aScope - 1, b.buf, b.at + 8, bScope - 1);
  return byCode !== 0 ? byCode : compareDocuments(a.buf, aScope, b.buf, bScope, true);
}
