import { z } from 'zod';
import type { Told } from '../../src/connector/sandbox/told.ts';
import { formatAmount, parseAmount } from '../../src/domain/money.ts';
import { keyOf } from './external-id.ts';
import type { ChartAccount } from './sandbox-chart.ts';

/** Why the stand-in does not take a record: NetSuite's code and words. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const dimensions = z.record(z.string(), z.string());
const bookedLine = z.object({
  account: z.string(),
  /** Minor units; one of the two is 0. */
  debit: z.int(),
  credit: z.int(),
  memo: z.string(),
  dimensions,
});
const bookedEntry = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  number: z.string(),
  date: z.string(),
  currency: z.string(),
  subsidiary: z.string().nullable(),
  memo: z.string(),
  lines: z.array(bookedLine),
});
const saved = z.object({
  entries: z.array(bookedEntry),
  closedThrough: z.string().nullable(),
  inactive: z.array(z.string()),
});
export type BookedEntry = z.output<typeof bookedEntry>;

/** A journal entry as it was asked for, by either interface. */
export interface Asked {
  readonly externalId: string | null;
  readonly date: string;
  /** Internal id. */
  readonly currency: string;
  readonly subsidiary: string | null;
  readonly memo: string;
  readonly lines: readonly {
    readonly account: string;
    readonly debit: string;
    readonly credit: string;
    readonly memo: string;
    readonly dimensions: Readonly<Record<string, string>>;
  }[];
}

export interface BooksConfig {
  readonly chart: readonly ChartAccount[];
  /** ISO 4217 code → internal id. */
  readonly currencies: Readonly<Record<string, string>>;
  /** Null = an account without subsidiaries. */
  readonly subsidiary: string | null;
}

/** The one set of books behind both interfaces: it keeps what NetSuite keeps and refuses what NetSuite refuses. */
export class Books {
  readonly #config: BooksConfig;
  readonly #inactive = new Set<string>();
  #entries: BookedEntry[] = [];
  #closedThrough: string | null = null;

  constructor(config: BooksConfig) {
    this.#config = config;
  }

  /** Books an entry and gives it an id. @throws Refused. */
  post(asked: Asked): BookedEntry {
    if (asked.externalId !== null && this.byExternalId(asked.externalId) !== null) {
      throw new Refused('DUP_RCRD', 'This record already exists');
    }
    if (!/^\d{4}-\d\d-\d\d$/.test(asked.date)) throw new Refused('INVALID_KEY_OR_REF', 'Invalid transaction date.');
    if (this.#closedThrough !== null && asked.date <= this.#closedThrough) {
      throw new Refused('TRAN_PERIOD_CLOSED', 'The posting period of this transaction is closed.');
    }
    const currency = Object.entries(this.#config.currencies).find(([, id]) => id === asked.currency)?.[0];
    if (currency === undefined) throw unknownReference('currency', asked.currency);
    if (asked.subsidiary !== this.#config.subsidiary) {
      if (asked.subsidiary === null) throw new Refused('USER_ERROR', 'Please enter value(s) for: Subsidiary');
      throw unknownReference('subsidiary', asked.subsidiary);
    }
    const lines = asked.lines.map((line) => {
      if (!this.#config.chart.some(({ id }) => id === line.account)) throw unknownReference('account', line.account);
      if (this.#inactive.has(line.account)) throw new Refused('USER_ERROR', 'An account of this entry is inactive.');
      const { memo, dimensions: placed } = line;
      const debit = amountOf(line.debit, currency);
      const credit = amountOf(line.credit, currency);
      return { account: line.account, debit, credit, memo, dimensions: { ...placed } };
    });
    if (lines.length === 0)
      throw new Refused('USER_ERROR', 'You must enter at least one line item for this transaction.');
    if (lines.reduce((sum, { debit, credit }) => sum + debit - credit, 0) !== 0) {
      throw new Refused('JE_AMOUNTS_MUST_BALANCE', 'The amounts in a journal entry must balance.');
    }
    const count = this.#entries.length + 1;
    const { externalId, date, subsidiary, memo } = asked;
    const entry = {
      id: String(9_000 + count),
      externalId,
      number: `JE${count}`,
      date,
      currency,
      subsidiary,
      memo,
      lines,
    };
    this.#entries.push(entry);
    return entry;
  }

  get count(): number {
    return this.#entries.length;
  }

  byId(id: string): BookedEntry | null {
    return this.#entries.find((entry) => entry.id === id) ?? null;
  }

  byExternalId(externalId: string): BookedEntry | null {
    return this.#entries.find((entry) => entry.externalId === externalId) ?? null;
  }

  currencyId(currency: string): string {
    return this.#config.currencies[currency] ?? '';
  }

  /** Refuses entries dated on this day or before; null = all periods are open. */
  closeThrough(date: string | null): void {
    this.#closedThrough = date;
  }

  deactivate(account: string): void {
    this.#inactive.add(account);
  }

  /** What somebody changes in NetSuite by hand, past all checks. */
  edit(id: string, change: (entry: BookedEntry) => BookedEntry): void {
    this.#entries = this.#entries.map((entry) => (entry.id === id ? change(entry) : entry));
  }

  /** Everything that was booked, and each account's balance (debit − credit) as decimal text by currency. */
  truth(): {
    readonly entries: readonly BookedEntry[];
    readonly balances: Readonly<Record<string, Record<string, string>>>;
  } {
    const sums = new Map<string, Map<string, number>>();
    for (const { currency, lines } of this.#entries) {
      const byAccount = sums.get(currency) ?? new Map<string, number>();
      sums.set(currency, byAccount);
      for (const { account, debit, credit } of lines) {
        byAccount.set(account, (byAccount.get(account) ?? 0) + debit - credit);
      }
    }
    const balances: Record<string, Record<string, string>> = {};
    for (const [currency, byAccount] of sums) {
      const texts = [...byAccount].map(([account, minor]) => [account, formatAmount(minor, currency)] as const);
      balances[currency] = Object.fromEntries(texts);
    }
    return { entries: structuredClone(this.#entries), balances };
  }

  /** Each entry by the key that it was posted under, with the sums of its sides. */
  documents(): Told['documents'] {
    return this.#entries.map(({ externalId, number, date, currency, lines }) => ({
      // One that somebody wrote by hand goes by its number.
      key: externalId === null ? number : keyOf(externalId),
      date,
      currency,
      debit: lines.reduce((sum, line) => sum + line.debit, 0),
      credit: lines.reduce((sum, line) => sum + line.credit, 0),
      lines: lines.length,
    }));
  }

  take(): unknown {
    return { entries: this.#entries, closedThrough: this.#closedThrough, inactive: [...this.#inactive] };
  }

  restore(state: unknown): void {
    const { entries, closedThrough, inactive } = saved.parse(state);
    this.#entries = entries;
    this.#closedThrough = closedThrough;
    for (const account of inactive) this.#inactive.add(account);
  }
}

function amountOf(text: string, currency: string): number {
  try {
    return text === '' ? 0 : parseAmount(text, currency);
  } catch {
    throw new Refused('USER_ERROR', `Invalid amount ${text}`);
  }
}

function unknownReference(what: string, id: string): Refused {
  return new Refused('INVALID_KEY_OR_REF', `Invalid ${what} reference key ${id}.`);
}
