/** `$group` and its accumulators. */
import { CODE, CommandFailure } from '../failure.ts';
import { compare } from '../bson/compare.ts';
import { keyText } from '../bson/key.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import type { Field, Slice } from '../bson/slice.ts';
import { T, copied, fieldsOf, float64, int32 } from '../bson/slice.ts';
import type { Writer } from '../bson/writer.ts';
import { documentOf } from '../bson/writer.ts';
import type { Expression } from './expression.ts';
import { badStage, int32Of, parseExpression } from './expression.ts';

interface Accumulator {
  add(value: Slice): void;
  write(w: Writer, name: string): void;
}

/** Adds numbers with MongoDB's result types; doubles with Neumaier's compensation, so that order hardly matters. */
class Sum implements Accumulator {
  #whole: number | bigint = 0;
  #long = false;
  #double: number | null = null;
  #lost = 0;

  add(value: Slice): void {
    if (value.type === T.int32) this.#addWhole(int32(value.buf, value.at));
    else if (value.type === T.int64) {
      this.#long = true;
      const n = numberOf(value);
      if (typeof n !== 'object') this.#addWhole(n);
    } else if (value.type === T.double) this.#addDouble(float64(value.buf, value.at));
    else if (value.type === T.decimal)
      throw new CommandFailure(CODE.badValue, '$sum and $avg of Decimal128 are not supported by the embedded store');
  }

  #addWhole(n: number | bigint): void {
    if (typeof n === 'number' && typeof this.#whole === 'number') {
      const sum = this.#whole + n;
      this.#whole = Number.isSafeInteger(sum) ? sum : BigInt(this.#whole) + BigInt(n);
    } else this.#whole = BigInt(this.#whole) + BigInt(n);
  }

  #addDouble(x: number): void {
    const before = this.#double ?? 0;
    const sum = before + x;
    this.#lost += Math.abs(before) >= Math.abs(x) ? before - sum + x : x - sum + before;
    this.#double = sum;
  }

  total(): number {
    return Number(this.#whole) + ((this.#double ?? 0) + (Number.isFinite(this.#lost) ? this.#lost : 0));
  }

  write(w: Writer, name: string): void {
    if (this.#double !== null) w.double(name, this.total());
    else if (!this.#long && typeof this.#whole === 'number') w.integer(name, this.#whole);
    else {
      const whole = BigInt(this.#whole);
      if (BigInt.asIntN(64, whole) === whole) w.long(name, whole);
      else w.double(name, Number(whole));
    }
  }
}

class Average implements Accumulator {
  readonly #sum = new Sum();
  #count = 0;

  add(value: Slice): void {
    if (!isNumber(value.type)) return;
    this.#count++;
    this.#sum.add(value);
  }

  write(w: Writer, name: string): void {
    if (this.#count === 0) w.head(T.null, name);
    else w.double(name, this.#sum.total() / this.#count);
  }
}

/** Keeps one of the values that it is shown. */
class Chosen implements Accumulator {
  #value: Slice | null = null;
  readonly #better: (value: Slice, kept: Slice | null) => boolean;

  constructor(better: (value: Slice, kept: Slice | null) => boolean) {
    this.#better = better;
  }

  add(value: Slice): void {
    if (this.#better(value, this.#value)) this.#value = copied(value);
  }

  write(w: Writer, name: string): void {
    if (this.#value === null || this.#value.type === T.missing) w.head(T.null, name);
    else w.value(name, this.#value);
  }
}

class Gathered implements Accumulator {
  readonly #values: Slice[] = [];
  readonly #seen: Set<string> | null;

  constructor(distinct: boolean) {
    this.#seen = distinct ? new Set() : null;
  }

  add(value: Slice): void {
    if (value.type === T.missing) return;
    if (this.#seen !== null) {
      const key = keyText(value);
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    this.#values.push(copied(value));
  }

  write(w: Writer, name: string): void {
    const start = w.begin(T.array, name);
    this.#values.forEach((value, i) => {
      w.value(String(i), value);
    });
    w.finish(start);
  }
}

const there = (value: Slice): boolean =>
  value.type !== T.missing && value.type !== T.null && value.type !== T.undefined;

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $count: () => new Sum(),
  $avg: () => new Average(),
  $min: () => new Chosen((value, kept) => there(value) && (kept === null || compare(value, kept) < 0)),
  $max: () => new Chosen((value, kept) => there(value) && (kept === null || compare(value, kept) > 0)),
  $first: () => new Chosen((_, kept) => kept === null),
  $last: () => new Chosen(() => true),
  $push: () => new Gathered(false),
  $addToSet: () => new Gathered(true),
};

interface Output {
  readonly name: string;
  readonly expression: Expression;
  readonly make: () => Accumulator;
}

const ONE = int32Of(1);

/** Reads a `$group`. @returns a function from all documents to the groups. */
export function parseGroup(stage: Field): (next: () => Uint8Array | null) => Uint8Array[] {
  if (stage.type !== T.document) throw badStage('$group', 'an object');
  let id: Expression | null = null;
  const outputs: Output[] = [];
  for (const field of fieldsOf(stage.buf, stage.at)) {
    if (field.name === '_id') id = parseExpression(field);
    else outputs.push(outputOf(field));
  }
  if (id === null) throw new CommandFailure(15955, 'a group specification must include an _id');
  const idOf = id;
  return (next) => grouped(next, idOf, outputs);
}

function outputOf(field: Field): Output {
  const name = field.name;
  if (name.includes('.')) throw new CommandFailure(40235, `The field name '${name}' cannot contain '.'`);
  const [operator] = field.type === T.document ? fieldsOf(field.buf, field.at) : [];
  if (operator === undefined) throw new CommandFailure(40234, `The field '${name}' must be an accumulator object`);
  const make = ACCUMULATORS[operator.name];
  if (make === undefined)
    throw new CommandFailure(
      CODE.unknownGroupOperator,
      `unknown group operator '${operator.name}': it is not supported by the embedded store`,
    );
  return { name, make, expression: operator.name === '$count' ? () => ONE : parseExpression(operator) };
}

function grouped(next: () => Uint8Array | null, idOf: Expression, outputs: readonly Output[]): Uint8Array[] {
  const groups = new Map<string, { readonly id: Slice; readonly accumulators: readonly Accumulator[] }>();
  for (let doc = next(); doc !== null; doc = next()) {
    const id = idOf(doc);
    const key = keyText(id);
    let group = groups.get(key);
    if (group === undefined) {
      group = { id: copied(id), accumulators: outputs.map((o) => o.make()) };
      groups.set(key, group);
    }
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output !== undefined) group.accumulators[i]?.add(output.expression(doc));
    }
  }
  return [...groups.values()].map(({ id, accumulators }) =>
    documentOf((w) => {
      if (id.type === T.missing) w.head(T.null, '_id');
      else w.value('_id', id);
      outputs.forEach((output, i) => accumulators[i]?.write(w, output.name));
    }),
  );
}
