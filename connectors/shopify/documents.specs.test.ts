import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { buildClientSchema, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { queryCost } from './cost.ts';
import * as documents from './documents.ts';
import { isObject } from './field.ts';
import { SUBSCRIBED } from './webhooks.ts';

const root = join(process.env['SPECS_DIR'] ?? '../shared/specs', 'shopify');
const introspection = join(root, 'admin-graphql/admin_2026-10.json.gz');
const there = existsSync(introspection);
if (!there) console.log('skipped: no specs');

function schemaOf(file: string): GraphQLSchema {
  const { data } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
  return buildClientSchema(data);
}

const forOrders = documents.orderDocuments(['custom.gift_note', 'b2b.cost_center']);
const all: readonly { readonly name: string; readonly text: string }[] = [
  forOrders.page,
  forOrders.byIds,
  forOrders.ids,
  { name: 'the bulk query', text: forOrders.bulk },
  ...documents.NESTED.map((nested) => nested.document),
  documents.STOCK_MORE.document,
  ...Object.values(documents).flatMap((each) => ('kind' in each && 'text' in each ? [each] : [])),
];

(there ? describe : describe.skip)('against the official schema of 2026-10', () => {
  const schema = there ? schemaOf(introspection) : null;
  const official = (): GraphQLSchema => {
    if (schema === null) throw new Error('no schema');
    return schema;
  };

  it.each(all.map((each) => [each.name, each.text]))('%s is valid and asks for nothing deprecated', (_name, text) => {
    const document = parse(text);
    expect(validate(official(), document).map((error) => error.message)).toEqual([]);
    const deprecated: string[] = [];
    const types = new TypeInfo(official());
    const field = (): void => {
      const asked = types.getFieldDef();
      if (asked?.deprecationReason != null) deprecated.push(asked.name);
    };
    visit(document, visitWithTypeInfo(types, { Field: field }));
    expect(deprecated).toEqual([]);
  });

  it('sees every document of this connector', () => {
    expect(all.length).toBeGreaterThanOrEqual(25);
    expect(new Set(all.map((each) => each.name)).size).toBe(all.length);
  });

  it('knows every topic that is subscribed to', () => {
    const topics = official().getType('WebhookSubscriptionTopic');
    const known = topics && 'getValues' in topics ? topics.getValues().map((value) => value.name) : [];
    expect(SUBSCRIBED.filter((topic) => !known.includes(topic))).toEqual([]);
  });

  it('keeps the bulk query within five connections, two levels, none in a list', () => {
    const types = new TypeInfo(official());
    const levels: number[] = [];
    const inList: string[] = [];
    const open: ('connection' | 'list' | null)[] = [];
    // Fragments are written out first, so that the depth of what they hold is counted where they stand.
    visit(
      parse(forOrders.bulk),
      visitWithTypeInfo(types, {
        Field: {
          enter(node) {
            const type = String(types.getType());
            const isConnection = /Connection!?$/.test(type);
            if (isConnection) levels.push(open.filter((each) => each === 'connection').length);
            if (isConnection && open.includes('list')) inList.push(node.name.value);
            open.push(
              isConnection ? 'connection' : type.startsWith('[') && node.name.value !== 'edges' ? 'list' : null,
            );
          },
          leave() {
            open.pop();
          },
        },
      }),
    );
    expect(levels.toSorted()).toEqual([0, 1, 1, 1, 2]);
    expect(inList).toEqual([]);
  });
});

(there ? describe : describe.skip)('the cost rule', () => {
  /** Every recorded query with the cost that Shopify stated; only documents that stand beside their answer and whole variables. */
  function recorded(): [number, string, Record<string, unknown>][] {
    const found = new Map<string, [number, string, Record<string, unknown>]>();
    const walk = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(walk);
      if (!isObject(value)) return;
      const query = [value['query'], value['document']].find((text) => typeof text === 'string' && text.includes('{'));
      const answer = [value['response'], value['body']].find(isObject) ?? value;
      const extensions = isObject(answer)
        ? isObject(answer['payload'])
          ? answer['payload']['extensions']
          : answer['extensions']
        : undefined;
      const stated =
        isObject(extensions) && isObject(extensions['cost']) ? extensions['cost']['requestedQueryCost'] : undefined;
      if (typeof query === 'string' && typeof stated === 'number' && /^\s*(#graphql\s*)?query/.test(query)) {
        found.set(query, [stated, query, isObject(value['variables']) ? { ...value['variables'] } : {}]);
      }
      Object.values(value).forEach(walk);
    };
    const folder = join(root, 'recorded-graphql');
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      walk(JSON.parse((entry.name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')));
    }
    return [...found.values()];
  }

  it('gives for recorded queries what Shopify stated', () => {
    const rows = there
      ? recorded().map(([stated, query, variables]) => ({
          stated,
          ours: queryCost(query, variables),
          query: query.replace(/\s+/g, ' ').slice(0, 300),
        }))
      : [];
    console.log(`recorded queries with a stated cost: ${rows.length}`);
    expect(rows.filter((row) => row.stated !== row.ours)).toEqual([]);
    expect(rows.length).toBeGreaterThan(there ? 60 : -1);
  });

  it('keeps every document of this connector far enough below 1,000 points', () => {
    const costs = all.map((each) => [
      each.name,
      queryCost(each.text, { first: each.name === 'Orders' ? 33 : each.name === 'Stock' ? 90 : 250 }),
    ]);
    console.log(costs.map(([name, points]) => `  ${String(points).padStart(4)}  ${String(name)}`).join('\n'));
    expect(costs.filter(([, points]) => Number(points) > 900)).toEqual([]);
  });
});
