import { describe, expect, it } from '@jest/globals';
import type { FulfillmentRequest, LedgerDocument } from '../../src/domain/fulfillment.ts';
import { ledgerRules, type LedgerSubject } from './ledger-rules.ts';
import { providerRules, type ProviderSubject } from './provider-rules.ts';
import type { Rule } from './rig.ts';
import { sinkRules } from './sink-rules.ts';
import { contractSuite } from './suite.ts';
import {
  OFFICE_TOKEN,
  openToyOffice,
  REFUSED,
  toyLedger,
  toyProvider,
  type OfficeFlaw,
  type ToyOffice,
} from './toy-office.ts';

const BUYER = 'A. Buyer';

function requestOf(key: string, title: string): FulfillmentRequest {
  const address = { name: BUYER, company: null, lines: ['1 Quay'], city: 'Newark', region: null, postcode: null };
  return {
    key,
    order: 'o1',
    number: '#1',
    location: 'newark',
    placedAt: 0,
    lines: [{ line: 'l1', sku: 'A', title, quantity: 2 }],
    recipient: { name: BUYER, email: null, phone: null, address: { ...address, country: 'US', phone: null } },
    method: 'Standard',
  };
}

function documentOf(key: string, memo: string): LedgerDocument {
  const line = { account: '1', debit: 0, credit: 0, memo, dimensions: {} };
  const lines = [
    { ...line, debit: 1_005 },
    { ...line, credit: 1_005 },
  ];
  return { key, company: 'acme', kind: 'journal', date: '2026-11-20', currency: 'USD', memo, lines };
}

const shared = {
  start: openToyOffice,
  written: (office: ToyOffice, key: string) => office.kept().flatMap((each) => (each.key === key ? [each.id] : [])),
  by: 'native',
  secrets: [OFFICE_TOKEN],
} as const;

function provider(flaw: OfficeFlaw): ProviderSubject<ToyOffice> {
  return {
    ...shared,
    name: 'provider',
    open: (office, io) => toyProvider(office, io, flaw),
    item: (_office, key) => requestOf(key, 'Oak tray'),
    personal: [BUYER],
    refused: { item: (_office, key) => requestOf(key, REFUSED), says: REFUSED },
    decides: {
      ponder: (office, id) => office.turn(id, 'pending'),
      refuse: (office, id) => office.turn(id, 'rejected'),
      reason: 'it broke',
    },
    tooLate: (office, id) => office.turn(id, 'begun'),
    stands: (office, id) => office.kept().find((each) => each.id === id)?.status ?? 'not there',
  };
}

function ledger(flaw: OfficeFlaw): LedgerSubject<ToyOffice> {
  return {
    ...shared,
    name: 'ledger',
    open: (office, io) => toyLedger(office, io, flaw),
    item: (_office, key) => documentOf(key, 'a day'),
    refused: { item: (_office, key) => documentOf(key, REFUSED), says: REFUSED },
    unknownId: 'r99',
  };
}

contractSuite({ name: 'a sound office', provider: provider('none'), ledgers: [ledger('none')] });

/** Each rule, by the beginning of its title, and what it is there to catch. */
const SINK_CATCHES: readonly (readonly [string, OfficeFlaw])[] = [
  ['says of what the remote refuses', 'a refusal is an outage'],
  ['says of what the remote refuses', 'a refusal without its words'],
  ['says of what the remote refuses', 'a refusal is written all the same'],
  ['says pending while', 'what is pending is done'],
  ['says pending while', 'a rejection without reasons'],
  ['says pending while', 'rejected stays pending'],
  ['lets no secret', 'the buyer in an error'],
];
const PROVIDER_CATCHES: readonly (readonly [string, OfficeFlaw])[] = [
  ['cancels what has not begun', 'a second cancellation is too late'],
  ['cancels what has not begun', 'cancels nothing'],
  ['says too late', 'too late is cancelled'],
  ['says too late', 'cancels what has begun'],
  ['does not know when the reply', 'a cancellation is called a read'],
  ['recalls by our keys', 'recalls nothing'],
  ['recalls by our keys', 'recalls what was cancelled as done'],
  ['recalls by our keys', 'recalls one unit of each'],
  ['says of 401', 'a failed cancellation is too late'],
  ['says of 429', 'a failed cancellation is too late'],
  ['says of 5xx', 'a cancellation is called a read'],
  ['says of cut-before-apply', 'a cancellation is called a read'],
];
const LEDGER_CATCHES: readonly (readonly [string, OfficeFlaw])[] = [
  ['reads back to the cent', 'cents are lost'],
  ['reads back to the cent', 'what is not there throws'],
  ['refuses another document', 'writes over what stands'],
  ['refuses another document', 'a taken key is taken for done'],
  ['says of what goes wrong on a read', 'a failed read is not there'],
];

function rule<Subject>(rules: readonly Rule<Subject>[], beginning: string): Rule<Subject> {
  const found = rules.filter(({ title }) => title.startsWith(beginning));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} rules begin with "${beginning}"`);
  return found[0];
}

describe('the contract catches', () => {
  it.each(SINK_CATCHES)('in any sink, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(sinkRules, title).run(provider(flaw))).rejects.toThrow();
  });
  it.each(PROVIDER_CATCHES)('in a provider, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(providerRules, title).run(provider(flaw))).rejects.toThrow();
  });
  it.each(LEDGER_CATCHES)('in a ledger, by “%s…”: %s', async (title, flaw) => {
    await expect(rule(ledgerRules, title).run(ledger(flaw))).rejects.toThrow();
  });

  it('by every rule of a provider and a ledger at least one flaw', () => {
    const providers = PROVIDER_CATCHES.map(([title]) => rule(providerRules, title));
    expect(providerRules.filter((one) => !providers.includes(one)).map((one) => one.title)).toEqual([]);
    const ledgers = LEDGER_CATCHES.map(([title]) => rule(ledgerRules, title));
    expect(ledgerRules.filter((one) => !ledgers.includes(one)).map((one) => one.title)).toEqual([]);
  });
});
