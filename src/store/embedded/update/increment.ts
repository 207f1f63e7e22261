/** `$inc` with MongoDB's result types. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber } from '../bson/number.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, float64, int32, int64 } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';

/**
 * Writes `existing + by` under `name`; `by` itself when there is nothing yet. int32 becomes int64 when it overflows;
 * anything with a double is a double.
 * @throws CommandFailure 14 when the field is no number, 2 when an int64 overflows or for Decimal128, which this server
 * compares but does not add: amounts are integers here.
 */
export function increment(w: Writer, name: string, existing: Field | null, by: Slice): void {
  if (existing === null) {
    w.value(name, by);
    return;
  }
  if (!isNumber(existing.type))
    throw new CommandFailure(
      CODE.typeMismatch,
      `Cannot apply $inc to a value of non-numeric type. The field '${name}' has a non-numeric type`,
    );
  addInto(w, name, existing, by, '$inc');
}

/** Writes a + b with the type that MongoDB gives it. @throws CommandFailure 2, see `increment`. */
export function addInto(w: Writer, name: string, a: Slice, b: Slice, operator: string): void {
  if (a.type === T.decimal || b.type === T.decimal)
    throw new CommandFailure(
      CODE.badValue,
      `${operator} with Decimal128 is not supported by the embedded store (field '${name}')`,
    );
  if (a.type === T.double || b.type === T.double) {
    w.double(name, asDouble(a) + asDouble(b));
    return;
  }
  if (a.type === T.int32 && b.type === T.int32) {
    w.integer(name, int32(a.buf, a.at) + int32(b.buf, b.at));
    return;
  }
  const sum = asLong(a) + asLong(b);
  if (BigInt.asIntN(64, sum) !== sum)
    throw new CommandFailure(
      CODE.badValue,
      `Failed to apply ${operator} operations to current value of '${name}': the sum does not fit 64 bits`,
    );
  w.long(name, sum);
}

function asLong(value: Slice): bigint {
  return value.type === T.int64 ? int64(value.buf, value.at) : BigInt(int32(value.buf, value.at));
}

function asDouble(value: Slice): number {
  if (value.type === T.double) return float64(value.buf, value.at);
  return value.type === T.int64 ? Number(int64(value.buf, value.at)) : int32(value.buf, value.at);
}
