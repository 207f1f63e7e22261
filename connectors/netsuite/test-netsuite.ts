import type { Capabilities, LedgerSink } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import { clock } from '../../test/contract/rig.ts';
import connector from './index.ts';
import { startStandIn, type NetsuiteStandIn, type StandInConfig } from './sandbox.ts';

export const SECRETS = {
  consumerKey: 'c0nsumer-key-5ecret',
  consumerSecret: 'c0nsumer-5ecret',
  token: 't0ken-5ecret',
  tokenSecret: 't0ken-s3cret-5ecret',
};

export function start(more: Partial<StandInConfig> = {}): Promise<NetsuiteStandIn> {
  return startStandIn({ config: { connection: 'ledger', credentials: SECRETS, subsidiary: '1', ...more }, clock });
}

export const SETTINGS = {
  account: 'TSTDRV1',
  subsidiary: '1',
  currencies: { USD: '1', EUR: '4', JPY: '7' },
  ...SECRETS,
};

export function open(
  baseUrl: string,
  io: Io,
  by: 'soap' | 'rest',
  more: object = {},
): Capabilities & { readonly ledger: LedgerSink } {
  const config = connector.config.parse({ ...SETTINGS, interface: by, baseUrl, ...more });
  const opened = connector.open(config, io);
  if (opened.ledger === undefined) throw new Error('the ledger is missing');
  return { ...opened, ledger: opened.ledger };
}

/** A day of sales: 100.05 taken by card and PayPal, for goods, shipping and tax. */
export function dayOfSales(key = 'contract:one'): LedgerDocument {
  const line = (account: string, debit: number, credit: number, memo: string): LedgerDocument['lines'][number] => ({
    account,
    debit,
    credit,
    memo,
    dimensions: {},
  });
  return {
    key,
    company: 'acme',
    kind: 'journal',
    date: '2026-11-20',
    currency: 'USD',
    memo: 'Shop & Söhne, 2026-11-20 <part 1>',
    lines: [
      line('102', 9_000, 0, 'cards'),
      line('103', 1_005, 0, 'PayPal'),
      { ...line('111', 0, 8_500, 'goods'), dimensions: { department: '3', location: '12' } },
      line('112', 0, 700, ''),
      line('108', 0, 805, 'New York State Tax'),
    ],
  };
}

/** One that names an account which NetSuite does not have. */
export function dayOfNoAccount(key: string): LedgerDocument {
  const day = dayOfSales(key);
  return { ...day, lines: day.lines.map((line, at) => (at === 0 ? { ...line, account: '999' } : line)) };
}
