import { describe, expect, it } from '@jest/globals';
import { SyncError } from '../errors.ts';
import { both, sampleLine, sampleTax } from '../sample-order.ts';
import { accountFor, accountMap } from './account-map.ts';
import type { AccountRule, PostingFacts } from './account-map.ts';
import { batchesOf } from './batch.ts';
import type { BatchScope } from './batch.ts';
import { entriesOf, entryOf, sidesOf } from './entries.ts';
import type { JournalEntry } from './entries.ts';
import { factsOf } from './facts.ts';
import { compareDocuments } from './reconcile.ts';
import { BOOKS, day, pricedOrder, samplePayment, sampleTransfer } from './sample-ledger.ts';

const RULES: AccountRule[] = [
  { when: { kind: 'clearing' }, account: '1200' },
  { when: { kind: 'clearing', gateway: 'paypal' }, account: '1210' },
  { when: { kind: 'deposit' }, account: '2100' },
  { when: { kind: 'sales' }, account: '4000', dimensions: { department: 'web' } },
  { when: { kind: 'tax' }, account: '2200' },
];
const MAP = accountMap(RULES);
const SCOPE: BatchScope = {
  company: 'acme',
  connection: 'shop',
  currency: 'EUR',
  mode: 'day',
  of: '2026-09-21',
  date: '2026-09-21',
  version: 1,
};

/** Entries of one paid and shipped order of 10.00 and 1.90 tax, all of one day. */
function sold(id: string, gateway = 'card', gross = 1000): JournalEntry[] {
  const order = pricedOrder({
    id: `ord_${id}`,
    lines: [sampleLine('A', { gross: both(gross), taxes: [sampleTax(190)] })],
    payments: [samplePayment('pay', gross + 190, { gateway, method: gateway })],
  });
  return entriesOf(factsOf(order, [sampleTransfer('s', { A: 1 }, day(0) + 1)], [], BOOKS));
}

const asked = (but: Partial<PostingFacts>): PostingFacts => ({
  company: 'acme',
  channel: 'shop',
  gateway: null,
  kind: 'sales',
  jurisdiction: null,
  currency: 'EUR',
  location: null,
  ...but,
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('account map', () => {
  it('takes the rule with the most conditions, wherever it stands', () => {
    expect(accountFor(MAP, asked({ kind: 'clearing', gateway: 'paypal' }))?.account).toBe('1210');
    expect(accountFor(MAP, asked({ kind: 'clearing', gateway: 'card' }))?.account).toBe('1200');
  });

  it('lets the kind decide before company and location where rules have as many conditions', () => {
    const rules: AccountRule[] = [
      { when: { company: 'acme' }, account: 'by company' },
      { when: { location: 'newark' }, account: 'by location' },
      { when: { kind: 'sales' }, account: 'by kind' },
    ];
    for (const listed of [rules, [...rules].reverse()]) {
      expect(accountFor(accountMap(listed), asked({ location: 'newark' }))?.account).toBe('by kind');
      expect(accountFor(accountMap(listed), asked({ kind: 'tips', location: 'newark' }))?.account).toBe('by company');
    }
  });

  it('has no account for what no rule fits', () => {
    expect(accountFor(MAP, asked({ kind: 'rounding' }))).toBeNull();
  });

  it('is the same version for the same rules in any order, and another for another account', () => {
    expect(accountMap([...RULES].reverse()).version).toBe(MAP.version);
    expect(accountMap([...RULES.slice(1), { when: { kind: 'clearing' }, account: '1201' }]).version).not.toBe(
      MAP.version,
    );
  });

  it('refuses two rules with the same conditions, and a rule without an account', () => {
    const twice = [...RULES, { when: { kind: 'sales' as const }, account: '4001' }];
    expect(thrown(() => accountMap(twice))).toMatchObject({
      fault: 'config',
      field: 'accounts[5]',
      message: 'Rule 6 of the account map has the same conditions as rule 4 (kind sales)',
    });
    expect(thrown(() => accountMap([{ when: {}, account: ' ' }]))).toBeInstanceOf(SyncError);
  });
});

describe('batches', () => {
  it('sum postings of one account, dimensions and side, and keep the entries behind each line', () => {
    const entries = [...sold('1'), ...sold('2', 'paypal', 500)];
    const { batches, unmapped } = batchesOf(SCOPE, entries, MAP, 100);
    expect(unmapped).toEqual([]);
    expect(batches).toHaveLength(1);
    const document = batches[0]?.document;
    expect(document?.key).toBe('post:acme:shop:EUR:day:2026-09-21:1:1');
    expect(document?.lines).toEqual([
      { account: '1200', debit: 1190, credit: 0, memo: 'clearing card', dimensions: {} },
      { account: '1210', debit: 690, credit: 0, memo: 'clearing paypal', dimensions: {} },
      { account: '2100', debit: 0, credit: 1880, memo: 'deposit', dimensions: {} },
      { account: '2100', debit: 1880, credit: 0, memo: 'deposit', dimensions: {} },
      { account: '2200', debit: 0, credit: 380, memo: 'tax VAT', dimensions: {} },
      { account: '4000', debit: 0, credit: 1500, memo: 'sales', dimensions: { department: 'web' } },
    ]);
    expect([...(batches[0]?.entries ?? [])].sort()).toEqual(entries.map(({ id }) => id).sort());
    expect(batches[0]?.evidence.map((ids) => ids.length)).toEqual([1, 1, 2, 2, 2, 2]);
  });

  it('are the same whatever order the entries come in', () => {
    const entries = ['1', '2', '3'].flatMap((id) => sold(id));
    expect(batchesOf(SCOPE, [...entries].reverse(), MAP, 100)).toEqual(batchesOf(SCOPE, entries, MAP, 100));
  });

  it('are cut into parts that each balance when a document may not have more lines', () => {
    const entries = [...sold('1'), ...sold('2', 'paypal')];
    const { batches } = batchesOf(SCOPE, entries, MAP, 4);
    expect(batches.map(({ document }) => document.key)).toEqual([
      'post:acme:shop:EUR:day:2026-09-21:1:1',
      'post:acme:shop:EUR:day:2026-09-21:2:1',
    ]);
    for (const { document } of batches) {
      expect(document.lines.length).toBeLessThanOrEqual(4);
      const { debit, credit } = sidesOf(document.lines);
      expect(debit).toBe(credit);
    }
    expect(thrown(() => batchesOf(SCOPE, entries, MAP, 1))).toMatchObject({
      fault: 'config',
      code: 'document-too-narrow',
    });
  });

  it('leave out an entry that is not mapped, list what is missing, and supplement it once it is', () => {
    const entries = [...sold('1'), ...sold('2', 'paypal')];
    const partial = accountMap(RULES.filter(({ when }) => when.kind !== 'clearing' || when.gateway === 'paypal'));
    const first = batchesOf(SCOPE, entries, partial, 100);
    expect(first.unmapped.map(({ text, entries: waiting }) => [text, waiting.length])).toEqual([
      ['clearing, gateway card, EUR, company acme, channel shop', 1],
    ]);
    const taken = new Set(first.batches.flatMap(({ entries: ids }) => ids));
    const left = entries.filter(({ id }) => !taken.has(id));
    expect(left.map(({ id }) => id)).toEqual(first.unmapped[0]?.entries);
    const second = batchesOf({ ...SCOPE, version: 2 }, left, MAP, 100);
    expect(second.batches[0]?.document.key).toBe('post:acme:shop:EUR:day:2026-09-21:1:2');
    expect(second.batches.flatMap(({ entries: ids }) => ids)).toEqual(first.unmapped[0]?.entries);
    expect(second.unmapped).toEqual([]);
  });

  it('refuse an entry of another day', () => {
    expect(thrown(() => batchesOf({ ...SCOPE, of: '2026-09-22' }, sold('1'), MAP, 100))).toMatchObject({
      fault: 'bug',
      code: 'entry-of-another-batch',
    });
  });
});

describe('entries', () => {
  it('are refused when their fact does not balance', () => {
    const [fact] = factsOf(pricedOrder({ payments: [samplePayment('pay', 1000)] }), [], [], BOOKS);
    if (fact === undefined) throw new Error('no fact');
    expect(thrown(() => entryOf({ ...fact, deposit: 999 }))).toMatchObject({ fault: 'bug', code: 'entry-unbalanced' });
  });
});

describe('reading back', () => {
  const [batch] = batchesOf(SCOPE, sold('1'), MAP, 100).batches;
  if (batch === undefined) throw new Error('no batch');
  const posted = batch.document;
  const names = (found: typeof posted | null): unknown[] =>
    compareDocuments(posted, found).map(({ kind, account }) => [kind, account]);

  it('finds nothing where the ERP merged, split, reordered or renamed lines', () => {
    const [first, ...rest] = posted.lines;
    if (first === undefined) throw new Error('no line');
    const halves = [
      { ...first, debit: 190 },
      { ...first, debit: 1000, memo: 'other' },
    ];
    expect(compareDocuments(posted, { ...posted, lines: [...rest, ...halves] })).toEqual([]);
  });

  it('tells amounts as the ERP shows them, what was added and taken out included', () => {
    const texts = (lines: typeof posted.lines): string[] =>
      compareDocuments(posted, { ...posted, lines })
        .filter(({ account }) => account !== null)
        .map(({ text }) => text);
    const changed = posted.lines.map((line) => (line.account === '2200' ? { ...line, credit: 191 } : line));
    expect(texts(changed)).toEqual(['Account 2200: the credit is 1.91 EUR in the ERP, posted was 1.90 EUR.']);
    const moved = posted.lines.map((line) =>
      line.account === '4000' ? { ...line, account: '4999', dimensions: { class: '7' } } : line,
    );
    expect(texts(moved)).toEqual([
      'Account 4000 has no line in the ERP, posted was credit 10.00 EUR: it was taken out or moved to another account there.',
      'Account 4999 has a line of credit 10.00 EUR in the ERP that was not posted: it was added there.',
    ]);
  });

  it('names what is missing, added, moved, changed or dated otherwise', () => {
    const { lines } = posted;
    expect(names(null)).toEqual([['missing', null]]);
    expect(names({ ...posted, date: '2026-09-22', currency: 'USD' })).toEqual([
      ['date', null],
      ['currency', null],
    ]);
    const moved = lines.map((line) => (line.account === '4000' ? { ...line, account: '4999' } : line));
    expect(names({ ...posted, lines: moved })).toEqual([
      ['account-missing', '4000'],
      ['account-extra', '4999'],
    ]);
    const changed = lines.map((line) => (line.account === '2200' ? { ...line, credit: 191 } : line));
    expect(names({ ...posted, lines: changed })).toEqual([
      ['unbalanced', null],
      ['amount', '2200'],
    ]);
    const redimensioned = lines.map((line) =>
      line.account === '4000' ? { ...line, dimensions: { department: 'shop' } } : line,
    );
    expect(names({ ...posted, lines: redimensioned })).toEqual([['dimensions', '4000']]);
  });
});
