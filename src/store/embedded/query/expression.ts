/** Aggregation expressions: field paths, literals, documents of them, and a few operators. */
import { CODE, CommandFailure } from '../failure.ts';
import { compare } from '../bson/compare.ts';
import { pathOf } from '../bson/path.ts';
import type { Field } from '../bson/slice.ts';
import { MISSING, Slice, T, byte, fieldsOf, stringOf } from '../bson/slice.ts';
import { Writer, documentOf } from '../bson/writer.ts';
import { truthy } from './filter.ts';
import { fieldValue } from './value-at.ts';

/** The value of an expression in a document; MISSING where it has none. */
export type Expression = (doc: Uint8Array) => Slice;

/** @throws CommandFailure 168 for an operator, 17276 for a variable that this server does not have. */
export function parseExpression(value: Slice): Expression {
  if (value.type === T.string) return parseText(value);
  if (value.type === T.array) return arrayOf(fieldsOf(value.buf, value.at).map(parseExpression));
  if (value.type !== T.document) return () => value;
  const fields = fieldsOf(value.buf, value.at);
  const [first] = fields;
  if (first !== undefined && byte(first.buf, first.nameAt) === 0x24) {
    if (fields.length > 1) throw new CommandFailure(15983, 'an expression must have exactly one operator');
    return parseOperator(first);
  }
  return documentWith(fields.map((field) => ({ name: field.name, expression: parseExpression(field) })));
}

function parseText(value: Slice): Expression {
  const written = stringOf(value);
  if (!written.startsWith('$')) return () => value;
  if (written === '$$ROOT') return (doc) => new Slice(doc, T.document, 0, doc.length);
  if (written.startsWith('$$'))
    throw new CommandFailure(
      17276,
      `Use of undefined variable: ${written.slice(2)} is not supported by the embedded store`,
    );
  const path = pathOf(written.slice(1));
  return (doc) => fieldValue(doc, path);
}

function arrayOf(parts: readonly Expression[]): Expression {
  return (doc) => {
    const bytes = documentOf((w) => {
      parts.forEach((part, i) => {
        const value = part(doc);
        if (value.type === T.missing) w.head(T.null, String(i));
        else w.value(String(i), value);
      });
    });
    return new Slice(bytes, T.array, 0, bytes.length);
  };
}

function documentWith(parts: readonly { readonly name: string; readonly expression: Expression }[]): Expression {
  return (doc) => {
    const bytes = documentOf((w) => {
      for (const { name, expression } of parts) {
        const value = expression(doc);
        if (value.type !== T.missing) w.value(name, value);
      }
    });
    return new Slice(bytes, T.document, 0, bytes.length);
  };
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  $eq: (order) => order === 0,
  $ne: (order) => order !== 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

function parseOperator(operator: Field): Expression {
  const name = operator.name;
  if (name === '$literal') return () => operator;
  const holds = COMPARISONS[name];
  if (holds !== undefined) {
    const [a, b] = operands(operator, 2);
    return (doc) => boolean(holds(ordered(a?.(doc) ?? MISSING, b?.(doc) ?? MISSING)));
  }
  switch (name) {
    case '$cond':
      return parseCond(operator);
    case '$ifNull': {
      const parts = operands(operator, null);
      return (doc) => {
        let value: Slice = MISSING;
        for (const part of parts) {
          value = part(doc);
          if (value.type !== T.missing && value.type !== T.null && value.type !== T.undefined) return value;
        }
        return value;
      };
    }
    case '$and':
    case '$or': {
      const parts = operands(operator, null);
      return (doc) => boolean(name === '$and' ? parts.every((p) => truthy(p(doc))) : parts.some((p) => truthy(p(doc))));
    }
    case '$not': {
      const [part] = operands(operator, 1);
      return (doc) => boolean(part === undefined || !truthy(part(doc)));
    }
    case '$size': {
      const [part] = operands(operator, 1);
      return (doc) => sizeOf(part?.(doc) ?? MISSING);
    }
    default:
      throw new CommandFailure(168, `Unrecognized expression '${name}': it is not supported by the embedded store`);
  }
}

function operands(operator: Field, count: number | null): Expression[] {
  const parts =
    operator.type === T.array ? fieldsOf(operator.buf, operator.at).map(parseExpression) : [parseExpression(operator)];
  if (count !== null && parts.length !== count)
    throw new CommandFailure(
      16020,
      `Expression ${operator.name} takes exactly ${count} arguments. ${parts.length} were passed in.`,
    );
  return parts;
}

function parseCond(operator: Field): Expression {
  let parts: (Expression | undefined)[];
  if (operator.type === T.document) {
    const fields = fieldsOf(operator.buf, operator.at);
    parts = ['if', 'then', 'else'].map((name) => {
      const field = fields.find((f) => f.name === name);
      return field === undefined ? undefined : parseExpression(field);
    });
  } else parts = operands(operator, 3);
  const [condition, then, otherwise] = parts;
  if (condition === undefined || then === undefined || otherwise === undefined)
    throw new CommandFailure(17080, "Missing 'if', 'then' or 'else' parameter to $cond");
  return (doc) => (truthy(condition(doc)) ? then(doc) : otherwise(doc));
}

/** In expressions a missing value sorts before everything, null included. */
function ordered(a: Slice, b: Slice): number {
  if (a.type === T.missing || b.type === T.missing)
    return (a.type === T.missing ? 0 : 1) - (b.type === T.missing ? 0 : 1);
  return compare(a, b);
}

const YES = new Slice(Uint8Array.of(1), T.bool, 0, 1);
const NO = new Slice(Uint8Array.of(0), T.bool, 0, 1);

function boolean(value: boolean): Slice {
  return value ? YES : NO;
}

function sizeOf(value: Slice): Slice {
  if (value.type !== T.array) throw new CommandFailure(17124, 'The argument to $size must be an array');
  return int32Of(fieldsOf(value.buf, value.at).length);
}

export function int32Of(value: number): Slice {
  const w = new Writer(4);
  w.i32(value);
  return new Slice(w.done(), T.int32, 0, 4);
}

/** The error for a stage or accumulator whose argument is not what it must be. */
export function badStage(name: string, wanted: string): CommandFailure {
  return new CommandFailure(CODE.failedToParse, `the ${name} stage needs ${wanted}`);
}
