/** The stages of an aggregation after its first query, each a function over a run of documents. */
import { CODE, CommandFailure } from '../failure.ts';
import { isNumber, numberOf } from '../bson/number.ts';
import { pathOf } from '../bson/path.ts';
import type { Field } from '../bson/slice.ts';
import { MISSING, Slice, T, fieldsOf, findField, stringOf } from '../bson/slice.ts';
import { Writer, documentOf } from '../bson/writer.ts';
import { applyOperators } from '../update/apply.ts';
import { setting } from '../update/parse.ts';
import type { Expression } from './expression.ts';
import { badStage, parseExpression } from './expression.ts';
import { parseFilter, truthy } from './filter.ts';
import { parseGroup } from './group.ts';
import { matches } from './match.ts';
import { parseProjection, projected } from './projection.ts';
import { parseSort, sorted } from './sort.ts';

export type Run = () => Uint8Array | null;
export type Stage = (input: Run) => Run;

/** The one field of a stage document, e.g. `$match`. */
export function stageField(value: Slice): Field {
  const fields = value.type === T.document ? fieldsOf(value.buf, value.at) : [];
  const [only] = fields;
  if (only === undefined || fields.length !== 1)
    throw new CommandFailure(40323, 'A pipeline stage specification object must contain exactly one field.');
  return only;
}

/** @throws CommandFailure 40324 for a stage that this server does not have. */
export function parseStage(stage: Field): Stage {
  switch (stage.name) {
    case '$match': {
      if (stage.type !== T.document) throw badStage('$match', 'an object');
      const filter = parseFilter(stage.buf, stage.at);
      return (input) => kept(input, (doc) => matches(filter, doc));
    }
    case '$sort': {
      const sort = parseSort(stage);
      return (input) => lazily(() => sorted(input, sort, Infinity));
    }
    case '$limit': {
      const limit = wholeOf(stage, 1);
      return (input) => {
        let given = 0;
        return () => (given++ < limit ? input() : null);
      };
    }
    case '$skip': {
      const skip = wholeOf(stage, 0);
      return (input) => {
        let skipped = 0;
        return () => {
          for (; skipped < skip; skipped++) if (input() === null) return null;
          return input();
        };
      };
    }
    case '$count':
      return countInto(stage);
    case '$group': {
      const group = parseGroup(stage);
      return (input) => lazily(() => group(input));
    }
    case '$project':
      return parseProject(stage);
    case '$unwind':
      return parseUnwind(stage);
    default:
      throw new CommandFailure(
        CODE.unknownStage,
        `Unrecognized pipeline stage name: '${stage.name}' is not supported by the embedded store`,
      );
  }
}

function kept(input: Run, keep: (doc: Uint8Array) => boolean): Run {
  return () => {
    for (let doc = input(); doc !== null; doc = input()) if (keep(doc)) return doc;
    return null;
  };
}

function lazily(all: () => readonly Uint8Array[]): Run {
  let docs: readonly Uint8Array[] | null = null;
  let at = 0;
  return () => {
    docs ??= all();
    return docs[at++] ?? null;
  };
}

/** A whole number that is not less than `least`. */
export function wholeOf(stage: Field, least: number): number {
  const n = isNumber(stage.type) ? numberOf(stage) : NaN;
  if (typeof n !== 'number' || !Number.isInteger(n) || n < least)
    throw new CommandFailure(
      5107201,
      `invalid argument to ${stage.name} stage: expected a whole number from ${least} on`,
    );
  return n;
}

function countInto(stage: Field): Stage {
  const name = stage.type === T.string ? stringOf(stage) : '';
  if (name === '' || name.startsWith('$') || name.includes('.'))
    throw new CommandFailure(40156, 'the count field must be a non-empty string without $ and .');
  return (input) =>
    lazily(() => {
      let n = 0;
      while (input() !== null) n++;
      if (n === 0) return [];
      return [
        documentOf((w) => {
          w.integer(name, n);
        }),
      ];
    });
}

function parseProject(stage: Field): Stage {
  if (stage.type !== T.document) throw badStage('$project', 'an object');
  const computed: { readonly name: string; readonly expression: Expression }[] = [];
  const plain = new Writer(128);
  const start = plain.open();
  let plainFields = 0;
  for (const field of fieldsOf(stage.buf, stage.at)) {
    if (field.type === T.bool || isNumber(field.type) || isPlainBranch(field)) {
      plain.field(field);
      if (field.name !== '_id' || truthy(field)) plainFields++;
    } else {
      if (field.name.includes('.'))
        throw new CommandFailure(
          CODE.badValue,
          `$project: the computed field '${field.name}' must be a top-level field here`,
        );
      computed.push({ name: field.name, expression: parseExpression(field) });
    }
  }
  if (computed.length > 0 && plainFields === 0) {
    // Computed fields make it an inclusion; a name that no document has keeps nothing else.
    plain.integer('\u0001', 1);
  }
  plain.finish(start);
  const bytes = plain.done();
  const projection = parseProjection(new Slice(bytes, T.document, 0, bytes.length));
  if (projection === null) throw badStage('$project', 'at least one field');
  if (computed.length > 0 && !projection.include)
    throw new CommandFailure(31310, '$project cannot mix computed fields with exclusion');
  return (input) => () => {
    const doc = input();
    if (doc === null) return null;
    const base = projected(doc, projection);
    return computed.length === 0 ? base : withComputed(doc, base, computed);
  };
}

function isPlainBranch(field: Field): boolean {
  if (field.type !== T.document) return false;
  const inner = fieldsOf(field.buf, field.at);
  return (
    inner.length > 0 &&
    inner.every((f) => !f.name.startsWith('$') && (f.type === T.bool || isNumber(f.type) || isPlainBranch(f)))
  );
}

function withComputed(
  doc: Uint8Array,
  base: Uint8Array,
  computed: readonly { name: string; expression: Expression }[],
): Uint8Array {
  const names = new Set(computed.map((c) => c.name));
  return documentOf((w) => {
    for (const field of fieldsOf(base, 0)) if (!names.has(field.name)) w.field(field);
    for (const { name, expression } of computed) {
      const value = expression(doc);
      if (value.type !== T.missing) w.value(name, value);
    }
  });
}

function parseUnwind(stage: Field): Stage {
  const fields = stage.type === T.document ? fieldsOf(stage.buf, stage.at) : [];
  const named = stage.type === T.string ? stage : fields.find((f) => f.name === 'path');
  const text = named?.type === T.string ? stringOf(named) : '';
  if (!text.startsWith('$') || text.length < 2)
    throw new CommandFailure(28818, "path option to $unwind stage should be prefixed with a '$'");
  const keep = fields.some((f) => f.name === 'preserveNullAndEmptyArrays' && truthy(f));
  const unknown = fields.find((f) => f.name !== 'path' && f.name !== 'preserveNullAndEmptyArrays');
  if (unknown !== undefined)
    throw new CommandFailure(
      28811,
      `unrecognized option to $unwind stage: ${unknown.name} is not supported by the embedded store`,
    );
  const path = text.slice(1);
  return (input) => {
    let waiting: Uint8Array[] = [];
    return () => {
      for (;;) {
        const ready = waiting.shift();
        if (ready !== undefined) return ready;
        const doc = input();
        if (doc === null) return null;
        waiting = unwound(doc, path, keep);
      }
    };
  };
}

function unwound(doc: Uint8Array, path: string, keep: boolean): Uint8Array[] {
  const value = direct(doc, path);
  if (value.type === T.missing || value.type === T.null || value.type === T.undefined) return keep ? [doc] : [];
  if (value.type !== T.array) return [doc];
  const elements = fieldsOf(value.buf, value.at);
  if (elements.length === 0) return keep ? [applyOperators(doc, without(path), { inserting: false, now: 0 })] : [];
  return elements.map((element) =>
    applyOperators(doc, setting([{ path, value: element }]), { inserting: false, now: 0 }),
  );
}

function without(path: string): ReturnType<typeof setting> {
  return setting([{ path, value: MISSING }], 'unset');
}

function direct(doc: Uint8Array, path: string): Slice {
  let at: Slice = new Slice(doc, T.document, 0, doc.length);
  for (const part of pathOf(path).parts) {
    if (at.type !== T.document) return MISSING;
    at = findField(at.buf, at.at, part) ?? MISSING;
  }
  return at;
}
