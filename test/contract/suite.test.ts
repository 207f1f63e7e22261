import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { z } from 'zod';
import { parseMapping } from '../../src/connector/mapping/parse.ts';
import type { Rule } from './rig.ts';
import { sinkRules, type SinkSubject } from './sink-rules.ts';
import { sourceRules } from './source-rules.ts';
import type { SourceSubject } from './source-subject.ts';
import { contractSuite } from './suite.ts';
import { toySink, toySource, toyWebhooks, type Flaw } from './toy-connector.ts';
import { openToyRemote, TOKEN, toyDelivery, toyOrder, WEBHOOK_SECRET, type ToyRemote } from './toy-remote.ts';
import { webhookRules, type WebhookSubject } from './webhook-rules.ts';

const canonical = z.object({ lines: z.array(z.int()), total: z.int() });

function source(flaw: Flaw, fixtures = 'fixtures'): SourceSubject<unknown, ToyRemote> {
  return {
    name: 'orders',
    start: openToyRemote,
    open: (remote, io) => toySource(remote, io, flaw),
    held: (remote) => remote.held(),
    touch: (remote) => Promise.resolve(remote.touch()),
    window: { from: 0, to: 100_000 },
    unknownId: 'o99',
    secrets: [TOKEN],
    normalized: {
      mapping: parseMapping('locations: { 9: newark }', 'toy.yaml'),
      fixtures: join(import.meta.dirname, fixtures),
      observe: (raw) => {
        const order = toyOrder.parse(raw);
        return { id: order.id, version: order.updated, body: JSON.stringify(order) };
      },
      differences: (record) => {
        const { lines, total } = canonical.parse(record);
        return lines.reduce((sum, line) => sum + line, 0) === total ? [] : [{ kind: 'unexplained' }];
      },
      wrongTotals: ['wrong-total'],
    },
  };
}

function sink(flaw: Flaw, by: 'native' | 'find' | 'none'): SinkSubject<unknown, ToyRemote> {
  return {
    name: `shipments, unique by ${by}`,
    start: openToyRemote,
    open: (remote, io) => toySink(remote, io, flaw, by),
    item: () => ({ parcel: 1 }),
    written: (remote, key) => remote.written(key),
    by,
    secrets: [TOKEN],
  };
}

function webhooks(flaw: Flaw): WebhookSubject {
  return {
    name: 'webhooks',
    open: () => toyWebhooks(flaw),
    signed: toyDelivery,
    signature: 'x-toy-signature',
    secrets: [WEBHOOK_SECRET],
  };
}

contractSuite({
  name: 'a sound connector',
  sources: [source('none')],
  sinks: [sink('none', 'native'), sink('none', 'find'), sink('none', 'none')],
  webhooks: webhooks('none'),
});

/** Each rule, by the beginning of its title, and what it is there to catch. */
const SOURCE_CATCHES: readonly (readonly [string, Flaw])[] = [
  ['normalizes each fixture', 'another normal form each time'],
  ['normalizes each fixture', 'a line is dropped'],
  ['adds up to the remote’s own totals', 'a line is dropped'],
  ['pulls everything', 'second page is the last'],
  ['normalizes everything that it pulls', 'a bare error for a bad record'],
  ['loses nothing when it is killed', 'cursor runs ahead'],
  ['loses nothing when it is killed', 'ties are skipped'],
  ['loses nothing when any single answer', 'a failure is an empty page'],
  ['loses nothing when any single answer', 'cursor runs ahead'],
  ['finds a record that changed', 'changes are not listed'],
  ['gets any record by its id', 'unknown ids throw'],
  ['gets any record by its id', 'get gives another record'],
  ['gets a record whose normal form', 'get gives another record'],
  ['lists the ids and versions', 'ids have a gap'],
  ['says of 401', 'every failure is transient'],
  ['says of 429', 'throttling is a failure like others'],
  ['says of throttled', 'throttling is a failure like others'],
  ['says of 5xx', 'a failure is an empty page'],
  ['says of timeout', 'every failure is a bare error'],
  ['says of slow', 'every failure is a bare error'],
  ['says of cut-before-apply', 'a failure is an empty page'],
  ['says of cut-after-apply', 'a failure is an empty page'],
  ['says of malformed', 'a failure is an empty page'],
  ['says of a remote that is not there', 'a failure is an empty page'],
  ['lets no secret into', 'secret in the log'],
  ['lets no secret into', 'secret in the address'],
  ['lets no secret into', 'past the port'],
];
const SINK_CATCHES: readonly (readonly [string, Flaw])[] = [
  ['makes one remote record and says its id', 'an id of its own'],
  ['makes one remote record of the same key twice', 'a key of its own each time'],
  ['finds what it sent', 'look-up finds nothing'],
  ['finds what it sent', 'look-up finds what is not there'],
  ['says of 401', 'every failure is transient'],
  ['says of 429', 'throttling is a failure like others'],
  ['says of throttled', 'throttling is a failure like others'],
  ['says of 5xx', 'writes are called reads'],
  ['says of timeout on', 'writes are called reads'],
  ['says of timeout-after-apply', 'look-up finds nothing'],
  ['says of cut-before-apply', 'look-up finds what is not there'],
  ['says of cut-after-apply', 'look-up finds nothing'],
  ['says of malformed', 'writes are called reads'],
  ['says of a remote that is not there', 'every failure is a bare error'],
  ['lets no secret and', 'secret in the log'],
  ['lets no secret and', 'past the port'],
];
const WEBHOOK_CATCHES: readonly (readonly [string, Flaw])[] = [
  ['takes a genuine delivery', 'deliveries are refused'],
  ['refuses a delivery with one more byte', 'the body is not signed'],
  ['refuses a delivery with one byte changed', 'the body is not signed'],
  ['refuses a delivery with no body', 'the body is not signed'],
  ['refuses a delivery with another signature', 'signature is not looked at'],
  ['refuses a delivery with a signature cut short', 'signature is compared as far as it goes'],
  ['refuses a delivery with an empty signature', 'signature is compared as far as it goes'],
  ['refuses a delivery with no signature', 'signature is compared as far as it goes'],
];

function rule<Subject>(rules: readonly Rule<Subject>[], beginning: string): Rule<Subject> {
  const found = rules.filter(({ title }) => title.startsWith(beginning));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} rules begin with "${beginning}"`);
  return found[0];
}

describe('the contract catches', () => {
  it.each(SOURCE_CATCHES)('in a source, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(sourceRules, title).run(source(flaw))).rejects.toThrow();
  });
  it.each(SINK_CATCHES)('in a sink, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(sinkRules, title).run(sink(flaw, 'native'))).rejects.toThrow();
  });
  it.each(WEBHOOK_CATCHES)('in a webhook, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(webhookRules, title).run(webhooks(flaw))).rejects.toThrow();
  });
  it('a folder in which a side of a fixture is missing', async () => {
    await expect(rule(sourceRules, 'has fixtures').run(source('none', 'half-fixtures'))).rejects.toThrow();
  });

  it('by every rule that it has at least one flaw', () => {
    const shown = [...SOURCE_CATCHES.map(([title]) => rule(sourceRules, title)), rule(sourceRules, 'has fixtures')];
    expect(sourceRules.filter((one) => !shown.includes(one)).map((one) => one.title)).toEqual([]);
    const sinks = SINK_CATCHES.map(([title]) => rule(sinkRules, title));
    // These two say something only of a sink that can refuse, and decide later: office.test.ts breaks them.
    sinks.push(rule(sinkRules, 'says of what the remote refuses'), rule(sinkRules, 'says pending while'));
    expect(sinkRules.filter((one) => !sinks.includes(one)).map((one) => one.title)).toEqual([]);
    const hooks = WEBHOOK_CATCHES.map(([title]) => rule(webhookRules, title));
    expect(webhookRules.filter((one) => !hooks.includes(one)).map((one) => one.title)).toEqual([]);
  });
});
