import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { netsuiteConfig } from './config.ts';
import { externalIdOf, keyOf } from './external-id.ts';
import { differenceOf, documentOf, journalOf } from './journal.ts';
import { dayOfSales, SETTINGS } from './test-netsuite.ts';

const config = netsuiteConfig.parse(SETTINGS);

function refusal(document: LedgerDocument): SyncError {
  try {
    journalOf(document, document.key, config);
  } catch (thrown) {
    if (thrown instanceof SyncError) return thrown;
    throw thrown;
  }
  throw new Error('it was taken');
}

describe('an external id', () => {
  it('can be read by a person and holds only what NetSuite allows', () => {
    const key = 'post:acme:harbour-us:USD:day:2026-11-20:1:2';
    expect(externalIdOf(key)).toBe('post__acme__harbour-us__USD__day__2026-11-20__1__2');
    expect(externalIdOf('a_b.c é')).toBe('a_5f_b_2e_c_20__c3a9_');
  });

  it('gives back its key, so that no two keys share one', () => {
    const key = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.stringMatching(/^[_:0-9a-f-]{1,20}$/));
    fc.assert(
      fc.property(key, (text) => {
        fc.pre(text.isWellFormed());
        const id = externalIdOf(text);
        expect(id).toMatch(/^[A-Za-z0-9_-]*$/);
        expect(keyOf(id)).toBe(text);
      }),
    );
  });

  it('that is none of ours is refused', () => {
    for (const foreign of ['', 'INV_2026', 'a.b', 'a_zz_b']) expect(() => keyOf(foreign)).toThrow('none of ours');
  });
});

describe('a document', () => {
  it.each([
    ['USD', 1, '0.01'],
    ['USD', 123_456_789_012_345, '1234567890123.45'],
    ['JPY', 500, '500'],
  ])('in %s writes %i minor units as %s, and is read back as it was', (currency, minor, text) => {
    const line = { account: '101', debit: minor, credit: 0, memo: '', dimensions: {} };
    const lines = [
      line,
      { ...line, account: '111', debit: 0, credit: minor, dimensions: { class: '7', entity: '55' } },
    ];
    const document: LedgerDocument = { ...dayOfSales('post:x'), currency, lines };
    const journal = journalOf(document, document.key, config);
    expect(journal.lines.map(({ debit, credit }) => [debit, credit])).toEqual([
      [text, null],
      [null, text],
    ]);
    expect(documentOf({ ...journal, id: '9' }, 'acme', config)).toEqual(document);
  });

  it('is understood with the zeros that NetSuite adds or leaves out', () => {
    const journal = journalOf(dayOfSales(), 'contract:one', config);
    const retold = ['90.0', '10.0500', '85.', '7', '8.05'];
    const lines = journal.lines.map((line, at) => ({
      ...line,
      debit: line.debit === null ? null : (retold[at] ?? ''),
      credit: line.credit === null ? null : (retold[at] ?? ''),
    }));
    expect(documentOf({ ...journal, lines, id: '9' }, 'acme', config)).toEqual(dayOfSales());
  });

  it('is read back as what NetSuite says, where it was moved to another subsidiary or its external id was taken away', () => {
    const journal = { ...journalOf(dayOfSales(), 'contract:one', config), id: '9' };
    const told = ({ key, company }: LedgerDocument): string[] => [key, company];
    expect(told(documentOf({ ...journal, subsidiary: '2' }, 'acme', config))).toEqual(['contract:one', 'subsidiary 2']);
    expect(told(documentOf({ ...journal, externalId: '' }, 'acme', config))).toEqual(['none', 'acme']);
    expect(told(documentOf({ ...journal, externalId: 'INV_7' }, 'acme', config))).toEqual(['INV_7', 'acme']);
    const moved = documentOf({ ...journal, subsidiary: '2' }, 'acme', config);
    expect(differenceOf(dayOfSales(), moved)).toBe('it is of subsidiary 2, ours of acme');
  });

  it.each([
    ['does not balance', { lines: dayOfSales().lines.slice(1) }, 'bug', 'document-malformed', 'differ by -90.00 USD'],
    ['has no lines', { lines: [] }, 'bug', 'document-malformed', 'no lines'],
    ['is in a currency that is not configured', { currency: 'SEK' }, 'config', 'unmapped-currency', 'SEK'],
  ])('that %s never leaves for NetSuite', (_what, change, fault, code, says) => {
    const error = refusal({ ...dayOfSales(), ...change });
    expect([error.fault, error.code]).toEqual([fault, code]);
    expect(error.message).toContain(says);
  });

  it.each([
    [0, 0],
    [5, 5],
    [-5, 0],
    [0.5, 0],
  ])('with a line of debit %d and credit %d never leaves for NetSuite', (debit, credit) => {
    const line = { account: '101', debit, credit, memo: '', dimensions: {} };
    expect(refusal({ ...dayOfSales(), lines: [line] }).field).toBe('lines[0]');
  });

  it('with a dimension that a journal line has no field for waits for the account map', () => {
    const [first, ...rest] = dayOfSales().lines;
    if (first === undefined) throw new Error('no line');
    const error = refusal({ ...dayOfSales(), lines: [{ ...first, dimensions: { region: '1' } }, ...rest] });
    expect([error.fault, error.field]).toEqual(['data', 'lines[0].dimensions.region']);
  });

  it('is the same in another order of lines and with other memos, and different in any amount, account, place, date or currency', () => {
    const ours = dayOfSales();
    expect(
      differenceOf(ours, {
        ...ours,
        memo: 'cut',
        lines: ours.lines.toReversed().map((line) => ({ ...line, memo: '' })),
      }),
    ).toBeNull();
    const changed = (change: object): LedgerDocument => ({
      ...ours,
      lines: ours.lines.map((line, at) => (at === 3 ? { ...line, ...change } : line)),
    });
    expect(differenceOf(ours, changed({ credit: 701 }))).toBe(
      'it has account 112 credit 701 (minor units) where ours has account 112 credit 700 (minor units)',
    );
    expect(differenceOf(ours, changed({ account: '118' }))).toContain('account 118');
    expect(differenceOf(ours, changed({ dimensions: { class: '2' } }))).toContain('class 2');
    expect(differenceOf(ours, { ...ours, date: '2026-11-21' })).toBe('it is dated 2026-11-21, ours 2026-11-20');
    expect(differenceOf(ours, { ...ours, currency: 'EUR' })).toBe('it is in EUR, ours in USD');
    expect(differenceOf(ours, { ...ours, lines: ours.lines.slice(1) })).toBe('it has 4 lines, ours 5');
  });
});
