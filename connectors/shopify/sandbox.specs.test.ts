import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, it, expect } from '@jest/globals';
import {
  buildClientSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  parse,
  validate,
  type GraphQLSchema,
} from 'graphql';
import { priceOf } from './sandbox-cost.ts';
import { sandboxSchema } from './sandbox-schema.ts';

const SPECS = process.env['SPECS_DIR'] ?? join(import.meta.dirname, '../../../shared/specs');
const FOLDER = join(SPECS, 'shopify/admin-graphql');

function official(version: string): GraphQLSchema {
  const read: { data?: unknown } = JSON.parse(
    gunzipSync(readFileSync(join(FOLDER, `admin_${version}.json.gz`))).toString(),
  );
  return buildClientSchema((read.data ?? read) as Parameters<typeof buildClientSchema>[0]);
}

/** Where the stand-in's schema is not a part of the official one. */
function strays(ours: GraphQLSchema, theirs: GraphQLSchema): string[] {
  const found: string[] = [];
  for (const type of Object.values(ours.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    const real = theirs.getType(type.name);
    if (!real || real.constructor.name !== type.constructor.name) {
      found.push(`type ${type.name}`);
      continue;
    }
    if (isEnumType(type) && isEnumType(real))
      for (const value of type.getValues()) if (!real.getValue(value.name)) found.push(`${type.name}.${value.name}`);
    if (isUnionType(type) && isUnionType(real))
      for (const member of type.getTypes())
        if (!real.getTypes().some((each) => each.name === member.name)) found.push(`${type.name} | ${member.name}`);
    if (isInputObjectType(type) && isInputObjectType(real)) {
      for (const field of Object.values(type.getFields()))
        if (String(real.getFields()[field.name]?.type) !== String(field.type))
          found.push(`${type.name}.${field.name}: ${String(field.type)}`);
    }
    if ((isObjectType(type) || isInterfaceType(type)) && (isObjectType(real) || isInterfaceType(real))) {
      for (const face of type.getInterfaces())
        if (!real.getInterfaces().some((each) => each.name === face.name))
          found.push(`${type.name} implements ${face.name}`);
      for (const field of Object.values(type.getFields())) {
        const same = real.getFields()[field.name];
        if (String(same?.type) !== String(field.type)) found.push(`${type.name}.${field.name}: ${String(field.type)}`);
        if (same?.deprecationReason) found.push(`${type.name}.${field.name} is deprecated`);
        for (const argument of field.args) {
          const known = same?.args.find((each) => each.name === argument.name);
          if (String(known?.type) !== String(argument.type) || known?.defaultValue !== argument.defaultValue)
            found.push(`${type.name}.${field.name}(${argument.name})`);
        }
      }
    }
  }
  return found;
}

interface Recorded {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly requested: number;
}

/** Every exchange in the recordings that has a document and its cost, wherever it stands in its file. */
function recorded(folder: string): Recorded[] {
  const found = new Map<string, Recorded>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const at = (of: unknown, ...path: string[]): unknown =>
      path.reduce<unknown>(
        (each, key) => (typeof each === 'object' && each !== null ? Reflect.get(each, key) : undefined),
        of,
      );
    const query = at(value, 'query') ?? at(value, 'request', 'query') ?? at(value, 'document');
    const answer = at(value, 'response') ?? at(value, 'result') ?? at(value, 'payload') ?? value;
    const cost =
      at(answer, 'extensions', 'cost') ??
      at(answer, 'payload', 'extensions', 'cost') ??
      at(answer, 'body', 'extensions', 'cost');
    const requested = at(cost, 'requestedQueryCost');
    const variables = at(value, 'variables') ?? at(value, 'request', 'variables') ?? {};
    if (typeof query === 'string' && typeof requested === 'number') {
      found.set(`${query}${JSON.stringify(variables)}`, {
        query,
        variables: variables as Recorded['variables'],
        requested,
      });
    }
    for (const each of Object.values(value)) look(each);
  };
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.json(\.gz)?$/.test(name)) continue;
    const bytes = readFileSync(join(folder, name));
    look(JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()));
  }
  return [...found.values()];
}

if (!existsSync(FOLDER)) {
  it('skipped: no specs', () => {
    console.log(`skipped: no specs at ${SPECS}`);
    expect(existsSync(FOLDER)).toBe(false);
  });
} else {
  describe('the stand-in’s schema', () => {
    it('has no type, field, argument, default or value that Admin GraphQL 2026-10 has not, and no deprecated field', () => {
      expect(strays(sandboxSchema(), official('2026-10'))).toEqual([]);
    });
  });

  describe('the stand-in’s cost model', () => {
    it('agrees with nine in ten of the costs that Shopify stated in recorded answers', () => {
      const schema = official('2026-04');
      const tally = { query: { seen: 0, equal: 0 }, mutation: { seen: 0, equal: 0 } };
      for (const { query, variables, requested } of recorded(join(SPECS, 'shopify/recorded-graphql'))) {
        const document = parse(query);
        const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
        if (!operation || operation.operation === 'subscription' || validate(schema, document).length > 0) continue;
        const counted = tally[operation.operation];
        counted.seen += 1;
        if (priceOf(schema, document, operation).requested(variables) === requested) counted.equal += 1;
      }
      console.log(
        `requested cost equal: queries ${tally.query.equal} of ${tally.query.seen}, mutations ${tally.mutation.equal} of ${tally.mutation.seen}`,
      );
      expect(tally.query.seen).toBeGreaterThan(100);
      expect(tally.query.equal / tally.query.seen).toBeGreaterThan(0.95);
      expect(tally.mutation.equal / tally.mutation.seen).toBeGreaterThan(0.9);
    });
  });
}
