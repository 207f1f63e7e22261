import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SyncError } from '../../domain/errors.ts';
import type { Order } from '../../domain/order.ts';
import { sampleLine, sampleOrder } from '../../domain/sample-order.ts';
import { parseMapping } from './parse.ts';

const RECORD = {
  name: '#1001',
  note: ' Leave at the door ',
  total: '1000.10',
  tags: ['wholesale', 'vip'],
  shippingLine: { title: 'Express' },
  customAttributes: [
    { key: 'campaign', value: ' Autumn ' },
    { key: 'gift', value: 'yes' },
  ],
  lineItems: {
    nodes: [{ id: 'remote-A', sku: 'OLD-1', customAttributes: [{ key: 'size', value: 'XL' }] }, { id: 'remote-Z' }],
  },
};

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}

async function made(yaml: string, order: Order = sampleOrder(), record: unknown = RECORD): Promise<Order> {
  const { rules } = parseMapping(yaml, 'm.yaml');
  if (rules === undefined) throw new Error('it has no rules');
  return rules.apply(typeof record === 'string' ? record : JSON.stringify(record), freeze(order));
}

async function refusal(yaml: string, record: unknown = RECORD): Promise<SyncError> {
  try {
    await made(yaml, sampleOrder(), record);
  } catch (thrown) {
    if (thrown instanceof SyncError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const one = (rule: string): string => `rules:\n  - ${rule}\n`;

describe('a field rule', () => {
  it.each([
    ['{ to: attributes.x, from: shippingLine.title }', 'Express'],
    ['{ to: attributes.x, from: "customAttributes[key=campaign].value", then: [trim, lower] }', 'autumn'],
    ['{ to: attributes.x, from: "tags[1]", then: { prefix: t- } }', 't-vip'],
    ['{ to: attributes.x, from: $order.currency.shop, then: { map: { EUR: euro, "*": other } } }', 'euro'],
    ['{ to: attributes.x, from: name, then: { cut: 3 } }', '#10'],
    ['{ to: attributes.x, from: nowhere.at.all, then: { default: none } }', 'none'],
    ['{ to: attributes.x, expr: "name & \'/\' & $order.currency.shop" }', '#1001/EUR'],
    ['{ to: attributes.x, expr: "$join(tags, \'+\')", when: { path: tags, contains: vip } }', 'wholesale+vip'],
    ['{ to: attributes.x, from: name, when: { path: total, above: 1000.1 } }', undefined],
    [
      '{ to: attributes.x, from: name, when: [{ path: total, above: "1000.09" }, { path: total, below: 1000.2 }] }',
      '#1001',
    ],
    ['{ to: attributes.x, from: name, when: { expr: "$count(lineItems.nodes) > 5" } }', undefined],
    ['{ to: attributes.x, from: constructor.name }', undefined],
  ])('%s gives %j', async (rule, expected) => {
    expect((await made(one(rule))).attributes['x']).toBe(expected);
  });

  it('leaves the order as it is where nothing stands at its path', async () => {
    const order = sampleOrder({ attributes: { x: 'as read' } });
    expect(await made(one('{ to: attributes.x, from: nowhere.at.all }'), order)).toEqual(order);
  });

  it('sets the shipping method, and what is personal only where personal things stand', async () => {
    const order = await made(`
rules:
  - { to: method, from: shippingLine.title, then: { table: methods } }
  - { to: note, from: note, then: trim }
  - { to: personal.attributes.gift, from: "customAttributes[key=gift].value" }
methods: { Express: express }
`);
    expect([order.method, order.personal.note, order.personal.attributes, order.attributes]).toEqual([
      'express',
      'Leave at the door',
      { gift: 'yes' },
      {},
    ]);
  });

  it('of lines finds each by its id, and a new listing is looked up among the listings', async () => {
    const order = await made(
      `
rules:
  - to: line.listing
    each: lineItems.nodes
    expr: sku & '-' & customAttributes[key='size'].value
  - { to: line.attributes.size, each: lineItems.nodes, from: "customAttributes[key=size].value" }
listings: { OLD-1-XL: { sku: NEW, quantity: 2 } }
`,
      sampleOrder({ lines: [sampleLine('A'), sampleLine('B')] }),
    );
    expect(order.lines).toEqual([
      sampleLine('A', {
        listing: 'OLD-1-XL',
        sku: 'NEW',
        components: [{ sku: 'NEW', quantity: 2 }],
        attributes: { size: 'XL' },
      }),
      sampleLine('B'),
    ]);
  });

  it('gives the same order for the same record, whatever ran before', async () => {
    const { rules } = parseMapping(
      `
rules:
  - { to: attributes.a, expr: "$join($sort($map(tags, function($t) { $uppercase($t) })), ',')" }
  - { to: attributes.b, from: name, then: [trim, lower, { cut: 20 }] }
holds:
  - { name: big, because: big, for: 2h, when: { path: total, above: 50 } }
`,
      'm.yaml',
    );
    const record = fc.record({
      name: fc.string(),
      total: fc.oneof(fc.integer(), fc.string()),
      tags: fc.array(fc.string(), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(record, fc.array(record, { maxLength: 3 }), async (told, others) => {
        const body = JSON.stringify(told);
        const order = freeze(sampleOrder());
        const first = await rules?.apply(body, order);
        for (const other of others) await rules?.apply(JSON.stringify(other), order);
        expect(await rules?.apply(body, order)).toEqual(first);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a rule that fails', () => {
  it('names itself, its line, the order and what to do, and nothing of what the record says', async () => {
    const error = await refusal('# first line\nrules:\n  - { to: attributes.x, expr: $number(note) }\n');
    expect([error.fault, error.code, error.field]).toEqual(['data', 'mapping-rule', 'attributes.x']);
    expect(error.message).toBe(
      'The rule for attributes.x (m.yaml:3) failed on order #1001: Unable to cast value to a number: "…".',
    );
    expect(error.remedy).toBe(
      'Correct the rule, or give it a `when` that leaves such orders out. Try it with `crossdock mapping try`; what is parked goes on with the new mapping.',
    );
  });

  it.each([
    ['{ to: attributes.x, expr: "1 + 2" }', '`expr` gave a number; expected a text: write $string(…)'],
    ['{ to: attributes.x, from: tags }', '`from` found a list; expected a text or a number'],
    [
      '{ to: attributes.x, from: name, when: { expr: name } }',
      '`when` gave a string; expected true or false: compare it, or write $boolean(…)',
    ],
    ['{ to: attributes.x, from: name, then: { map: { a: b } } }', '"#1001" stands not in `map` of the rule'],
    ['{ to: note, from: note, then: { map: { a: b } } }', 'what was found is in no table'],
    ['{ to: line.listing, from: sku, each: name }', '`each` found a string; expected a list'],
    [
      '{ to: attributes.x, expr: "($f := function($n) { 1 + $f($n) }; $string($f(1)))" }',
      'it called itself deeper than 100 times',
    ],
    ['{ to: attributes.x, expr: "($f := function($n) { $f($n + 1) }; $f(1))" }', 'it ran for longer than 250 ms'],
    ['{ to: attributes.x, expr: "$string([1..300].([1..300]))" }', 'it made a list of more than 10000 entries'],
  ])('%s says why', async (rule, says) => {
    expect((await refusal(one(rule))).message).toContain(`: ${says}.`);
  });

  it('says what an unmapped code needs, so that mapping it reopens the order', async () => {
    const error = await refusal(one('{ to: method, from: shippingLine.title, then: { table: methods } }'));
    expect([error.needs, error.message]).toEqual([
      ['methods/Express'],
      'The rule for method (m.yaml:2) failed on order #1001: "Express" stands not in the table `methods`.',
    ]);
  });

  it('says so where the record is no JSON', async () => {
    expect((await refusal(one('{ to: attributes.x, from: name }'), '<order/>')).code).toBe('mapping-rule');
  });
});

describe('a hold', () => {
  it('makes the order wait from when it was placed on, or until a person lets it go', async () => {
    const order = sampleOrder();
    const { holds } = await made(
      `
holds:
  - { name: edit-window, because: The buyer may still change it, for: 30m }
  - { name: large, because: Look at it first, who: finance, when: { path: total, above: 1000 } }
  - { name: gift, because: Wrap it, when: { path: "customAttributes[key=gift].value", is: no } }
`,
      order,
    );
    expect(holds).toEqual([
      { kind: 'rule', name: 'edit-window', reason: 'The buyer may still change it', until: order.placedAt + 1_800_000 },
      { kind: 'rule', name: 'large', reason: 'Look at it first (for finance)', until: null },
    ]);
  });

  it('does not hold what was cancelled', async () => {
    expect((await made('holds:\n  - { name: all, because: all }\n', sampleOrder({ cancelledAt: 1 }))).holds).toEqual(
      [],
    );
  });
});

describe('a mapping without rules', () => {
  it('has nothing to apply, so that the hot path does not even ask', () => {
    expect(parseMapping('rules: []', 'm.yaml').rules).toBeUndefined();
  });
});

describe('a wrong rule', () => {
  it.each([
    [
      one('{ to: totals.total, from: name }'),
      'm.yaml:2:11 rules[0].to: "totals.total" is not right; expected one of method, note',
    ],
    [one('{ to: attributes.x }'), 'm.yaml:2:5 rules[0]: says where the text comes from by either `from` or `expr`'],
    [one('{ to: line.listing, from: sku }'), 'm.yaml:2:11 rules[0].to: is set line by line; expected `each`'],
    [one('{ to: attributes.x, from: a..b }'), 'm.yaml:2:32 rules[0].from: this is no path'],
    [
      one('{ to: attributes.x, from: $oder.number }'),
      'm.yaml:2:31 rules[0].from: a path begins with a name, or with $order',
    ],
    [
      one('{ to: attributes.x, expr: $now() }'),
      'm.yaml:2:31 rules[0].expr: $now is not allowed: it gives another answer each time',
    ],
    [one('{ to: attributes.x, expr: "name & $random()" }'), 'm.yaml:2:39 rules[0].expr: $random is not allowed'],
    [one('{ to: attributes.x, expr: "($p := $pad; $p(name, 9))" }'), 'm.yaml:2:39 rules[0].expr: $pad is not allowed'],
    [
      one('{ to: attributes.x, expr: "name ~> $eval" }'),
      'm.yaml:2:40 rules[0].expr: $eval is not allowed: it runs text as a program',
    ],
    [
      one('{ to: attributes.x, expr: "$match(name, /a+/i)" }'),
      'm.yaml:2:45 rules[0].expr: regular expressions are not read',
    ],
    [one('{ to: attributes.x, expr: $upper(name) }'), 'm.yaml:2:31 rules[0].expr: there is no $upper'],
    [one('{ to: attributes.x, expr: name & }'), 'm.yaml:2:37 rules[0].expr: this is no JSONata'],
    [
      'rules:\n  - to: attributes.x\n    expr: |\n      (\n        $millis()\n      )\n',
      'm.yaml:5:9 rules[0].expr: $millis is not allowed',
    ],
    [one('{ to: attributes.x, from: a, then: { date: Nowhere/City } }'), 'rules[0].then: '],
    [one('{ to: attributes.x, from: a, when: { path: a, is: 1, above: 2 } }'), 'exactly one of is, is-not, in'],
    [
      'holds:\n  - { name: a, because: b }\n  - { name: a, because: c }\n',
      'm.yaml:3:13 holds[1].name: the name "a" is given twice',
    ],
    ['holds:\n  - { name: a, because: b, for: 30 s }\n', 'expected how long from the moment it was placed'],
    [
      'holds:\n  - { name: a, because: b, when: { expr: $shuffle(tags) } }\n',
      'holds[0].when.expr: $shuffle is not allowed',
    ],
  ])('%j is told with its line and column', (yaml, expected) => {
    let message = '';
    try {
      parseMapping(yaml, 'm.yaml');
    } catch (thrown) {
      message = thrown instanceof SyncError ? thrown.message : String(thrown);
    }
    expect(message).toContain(expected);
  });
});
