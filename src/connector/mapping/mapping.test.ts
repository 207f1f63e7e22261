import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { SyncError } from '../../domain/errors.ts';
import { mappingJsonSchema } from './json-schema.ts';
import { parseMapping } from './parse.ts';

const TEXT = `
# A comment.
payments: { shopify_payments: card, paypal: paypal }
locations:
  gid://shopify/Location/9001: newark
  0012: reno
listings:
  KIT-A: { kit: { SKU-1: 2, SKU-2: 1 } }
  LIST-9: { sku: SKU-9 }
  LIST-6: { sku: SKU-9, quantity: 6 }
returns: { WRONG_ITEM: wrong-item, '*': other }
`;

function mistakes(text: string): string[] {
  try {
    parseMapping(text, 'm.yaml');
  } catch (cause) {
    if (cause instanceof SyncError && cause.fault === 'config')
      return cause.message.split('\n').map((line) => line.trim());
    throw cause;
  }
  return [];
}

describe('a mapping', () => {
  const mapping = parseMapping(TEXT, 'm.yaml');

  it('knows our code of a remote’s, and null where there is none', () => {
    expect(mapping.code('payments', 'paypal')).toBe('paypal');
    expect(mapping.code('payments', 'klarna')).toBeNull();
    expect(mapping.code('payments', 'constructor')).toBeNull();
    expect(mapping.code('locations', 'gid://shopify/Location/9001')).toBe('newark');
    expect(mapping.code('locations', '0012')).toBe('reno');
    expect(mapping.code('carriers', 'UPS')).toBeNull();
  });

  it('uses "*" for what a table does not name, in that table only', () => {
    expect([mapping.code('returns', 'WRONG_ITEM'), mapping.code('returns', 'BROKEN')]).toEqual(['wrong-item', 'other']);
  });

  it('says what a listing is made of; an unlisted one is its own SKU, one piece', () => {
    expect(mapping.listing('KIT-A')).toEqual({
      sku: 'KIT-A',
      components: [
        { sku: 'SKU-1', quantity: 2 },
        { sku: 'SKU-2', quantity: 1 },
      ],
    });
    expect(mapping.listing('LIST-9')).toEqual({ sku: 'SKU-9', components: [{ sku: 'SKU-9', quantity: 1 }] });
    expect(mapping.listing('LIST-6')).toEqual({ sku: 'SKU-9', components: [{ sku: 'SKU-9', quantity: 6 }] });
    expect(mapping.listing('SKU-7')).toEqual({ sku: 'SKU-7', components: [{ sku: 'SKU-7', quantity: 1 }] });
    expect(mapping.listing('SKU-7')).toBe(mapping.listing('SKU-7'));
  });

  it('that lacks what is needed says which entry would mend it', () => {
    expect(mapping.require('payments', 'paypal', 'transactions[0].gateway')).toBe('paypal');
    let thrown: unknown;
    try {
      mapping.require('payments', 'klarna', 'transactions[0].gateway');
    } catch (cause) {
      thrown = cause;
    }
    expect(thrown).toMatchObject({
      fault: 'data',
      code: 'unmapped-payment',
      field: 'transactions[0].gateway',
      needs: ['payments/klarna'],
      message: 'transactions[0].gateway: the payment method "klarna" is not mapped',
    });
  });

  it('has the version of what it says, however that is written', () => {
    const again = parseMapping(
      'returns:\n  "*": other\n  WRONG_ITEM: wrong-item\n' + TEXT.replace(/^returns.*$/m, ''),
      'other.yaml',
    );
    expect(again.version).toBe(mapping.version);
    expect(parseMapping(TEXT.replace('quantity: 6', 'quantity: 7'), 'm.yaml').version).not.toBe(mapping.version);
    expect(mapping.version).toMatch(/^[\w-]{43}$/);
  });

  it('may be empty', () => {
    expect(parseMapping('', 'm.yaml').code('payments', 'x')).toBeNull();
    expect(parseMapping('{}', 'm.yaml').version).toBe(parseMapping('# nothing yet\n', 'm.yaml').version);
  });
});

describe('a wrong mapping', () => {
  it.each([
    ['payment: { a: b }', 'm.yaml:1:1 payment: is not known here; did you mean "payments"?'],
    ['payments: [a]', 'm.yaml:1:11 payments: this is a list; expected Gateways and tenders → our payment methods.'],
    ['payments: { a: 7 }', 'm.yaml:1:16 payments.a: 7 is not right; expected what we call it, as text. Example: card'],
    [
      'listings:\n  K: { kit: { S: 0 } }',
      'm.yaml:2:18 listings.K.kit.S: 0 is not right; expected a whole number from 1 to 100,000. Example: 6',
    ],
    [
      'listings:\n  K: { kit: { S: 1.5 } }',
      'm.yaml:2:18 listings.K.kit.S: 1.5 is not right; expected a whole number from 1 to 100,000. Example: 6',
    ],
    [
      'listings:\n  K: { kit: {} }',
      'm.yaml:2:13 listings.K.kit: this is a map of keys; expected at least one component. Example: { SKU-1: 2, SKU-2: 1 }',
    ],
    [
      'listings:\n  K: { sku: S, quantity: x }',
      'm.yaml:2:26 listings.K.quantity: "x" is not right; expected a whole number from 1 to 100,000. Example: 6',
    ],
    ['listings:\n  K: SKU-1', 'm.yaml:2:6 listings.K: "SKU-1" is not right; expected'],
    [
      'listings:\n  A: { kit: { B: 1 } }\n  B: { kit: { S: 1 } }',
      'm.yaml:2:15 listings.A.kit.B: is a kit itself; a kit is made of SKUs that lie on a shelf, so write its components out',
    ],
    ['payments: { a: b, a: c }', 'm.yaml:1:19 payments: "a" stands here twice; keep one of the two'],
  ])('%j names place, expectation and an example', (text, expected) => {
    const found = mistakes(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

describe('mappings/schema.json', () => {
  it('is what write-schema.ts writes today', () => {
    expect(readFileSync(new URL('../../../mappings/schema.json', import.meta.url), 'utf8')).toBe(mappingJsonSchema());
  });
});
