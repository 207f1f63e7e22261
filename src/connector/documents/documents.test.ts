import { describe, expect, it } from '@jest/globals';
import { z, type ZodType } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { checkSource } from './check.ts';
import { Mistakes } from './mistakes.ts';
import { nearest } from './nearest.ts';
import { readYaml } from './yaml-source.ts';

const shop = z.strictObject({
  name: z.string().min(1),
  zone: z.string().meta({ description: 'an IANA time zone', examples: ['Europe/Berlin'] }),
  stock: z.record(z.string(), z.int().min(0)).optional(),
  places: z.array(z.strictObject({ id: z.string(), open: z.boolean() })).optional(),
  pay: z
    .union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })])
    .optional()
    .meta({
      description: 'a reference',
      examples: [{ env: 'TOKEN' }],
    }),
});

/** What is read, or the lines of the error. */
function read(text: string, schema: ZodType = shop): unknown {
  const mistakes = new Mistakes();
  const source = readYaml(text, 'shop.yaml', mistakes);
  try {
    const value = mistakes.any ? undefined : checkSource(source, schema, mistakes);
    mistakes.throwAny();
    return value;
  } catch (cause) {
    if (!(cause instanceof SyncError)) throw cause;
    expect([cause.fault, cause.code]).toEqual(['config', 'bad-document']);
    return cause.message.split('\n').map((line) => line.trim());
  }
}

describe('a YAML document', () => {
  it('is read as plain values, with words like NO and keys like 0012 as they are written', () => {
    expect(read('name: NO\nzone: on\nstock: { 0012: 3, 12345678901234567890: 4 }')).toEqual({
      name: 'NO',
      zone: 'on',
      stock: { '0012': 3, '12345678901234567890': 4 },
    });
  });

  it('with nothing wrong gives no mistake even where a key is called __proto__', () => {
    const value = read('stock: { __proto__: 1, a: 2 }', z.strictObject({ stock: z.unknown() }));
    expect(JSON.stringify(value)).toBe('{"stock":{"__proto__":1,"a":2}}');
  });

  it.each([
    ['name: a\nname: b\nzone: x', ['shop.yaml:2:1 "name" stands here twice; keep one of the two']],
    [
      'name: [a',
      ['shop.yaml:1:9 a bracket that opens before this place is not closed, or its lines stand too far left'],
    ],
    [
      'stock: { a: 1\nname: b',
      ['shop.yaml:2:1 a bracket that opens before this place is not closed, or its lines stand too far left'],
    ],
    ['stock:\n  a: 1\n b: 2', ['shop.yaml:3:1 this line is indented unlike its neighbours']],
    ['name: &x a\nzone: *x', ['shop.yaml:2:7 zone: anchors and aliases are not read; write the value out']],
    ['name: !secret a\nzone: b', ['shop.yaml:1:7 this tag is not known; write plain values']],
    [
      'name: 12345678901234567890',
      ['shop.yaml:1:7 name: a number this long loses digits; put it in quotes. Example: "12345678901234567890"'],
    ],
    ['name: a\nzone: b\n---\nname: c', [expect.stringMatching(/^shop\.yaml:3:1 /)]],
  ])('%j is refused with its place', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('tells all mistakes at once, in the order of the file, each with place, expectation and example', () => {
    expect(
      read('nmae: Harbour\nzone: 7\nstock:\n  A-1: -2\n  B: x\nplaces:\n  - id: 1\n    open: "yes"\n    colour: red\n'),
    ).toEqual([
      '8 mistakes in shop.yaml:',
      'shop.yaml:1:1 name: is missing; expected text',
      'shop.yaml:1:1 nmae: is not known here; did you mean "name"?',
      'shop.yaml:2:7 zone: 7 is not right; expected an IANA time zone. Example: Europe/Berlin',
      'shop.yaml:4:8 stock.A-1: -2 is not right; expected at least 0',
      'shop.yaml:5:6 stock.B: "x" is not right; expected a number',
      'shop.yaml:7:9 places[0].id: 1 is not right; expected text',
      'shop.yaml:8:11 places[0].open: "yes" is not right; expected true or false',
      'shop.yaml:9:5 places[0].colour: is not known here; expected one of id, open',
    ]);
  });

  it('says of a value with alternatives what was expected, and of a near miss what is near', () => {
    expect(read('name: a\nzone: b\npay: shpat_0123456789_0123456789_0123456789_01')).toEqual([
      'shop.yaml:3:6 pay: this text is not right; expected a reference. Example: { env: TOKEN }',
    ]);
    expect(read('name: a\nzone: b\npay: { fiel: x }')).toEqual([
      '2 mistakes in shop.yaml:',
      'shop.yaml:3:6 pay.env: is missing; expected text. Example: { env: TOKEN }',
      'shop.yaml:3:8 pay.fiel: is not known here; did you mean "file"?',
    ]);
  });

  it('that is empty says so at its first line', () => {
    expect(read('')).toEqual(['shop.yaml:1:1 this is empty; expected a map of keys']);
  });
});

describe('the nearest name', () => {
  it.each([
    ['conections', 'connections'],
    ['Zone', 'zone'],
    ['zoen', 'zone'],
    ['weather', null],
    ['x', null],
  ])('of %j is %j', (written, expected) => {
    expect(nearest(written, ['connections', 'companies', 'zone', 'schedule'])).toBe(expected);
  });
});
