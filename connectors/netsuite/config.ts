import { z } from 'zod';
import type { BudgetSpec } from '../../src/connector/io.ts';
import type { ApiInUse } from '../../src/domain/sunset.ts';

/** The newest SOAP endpoint, and the last one planned. */
export const SOAP_VERSION = '2025_2';

/**
 * With release 2028.2 SOAP is gone (https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_N3418637.html).
 * Releases reach accounts over weeks and no day is published: the first of the month in which second releases of a year
 * have begun to arrive.
 */
const SOAP_SUNSET = '2028-08-01';

const secretText = (what: string): z.ZodString => z.string().min(1).meta({ description: what });
const internalId = (what: string, example: string): z.ZodString =>
  z
    .string()
    .regex(/^-?\d+$/)
    .meta({ description: `${what}: NetSuite’s internal id, as text`, examples: [example] });

/** `meta` is what a person is shown who gets a setting wrong. */
export const netsuiteConfig = z.strictObject({
  /** As NetSuite shows it: `1234567`, for a sandbox `1234567_SB1`. */
  account: z
    .string()
    .regex(/^[A-Z0-9]+(_[A-Z0-9]+)?$/)
    .meta({ description: 'the account id in capitals', examples: ['1234567', '1234567_SB1'] }),
  consumerKey: secretText('the consumer key of the integration record'),
  consumerSecret: secretText('the consumer secret of the integration record'),
  token: secretText('the token id of the access token'),
  tokenSecret: secretText('the token secret of the access token'),
  /** By which of the two interfaces documents are posted and read. */
  interface: z
    .enum(['rest', 'soap'])
    .meta({ description: 'rest or soap', examples: ['rest'] })
    .default('rest'),
  soapVersion: z
    .string()
    .regex(/^20\d\d_[12]$/)
    .meta({ description: 'the version of the SOAP endpoint', examples: [SOAP_VERSION] })
    .default(SOAP_VERSION),
  /** Path or address of the vendor's WSDL; absent = the small one that comes along. */
  wsdl: z
    .string()
    .min(1)
    .meta({ description: 'path or address of a WSDL', examples: ['/etc/crossdock/netsuite.wsdl'] })
    .optional(),
  /** Replaces the account's own origin, for a stand-in. */
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .meta({ description: 'the address of a stand-in', examples: ['http://127.0.0.1:8501'] })
    .optional(),
  /** The subsidiary that entries are booked in; absent in an account without OneWorld. */
  subsidiary: internalId('the subsidiary', '1').optional(),
  /** NetSuite's internal ids of the currencies that are posted, by ISO 4217 code. */
  currencies: z
    .record(z.string().regex(/^[A-Z]{3}$/), internalId('a currency', '1'))
    .refine((currencies) => Object.keys(currencies).length > 0, 'at least one currency')
    .refine(
      (currencies) => new Set(Object.values(currencies)).size === Object.keys(currencies).length,
      'two currencies of one id',
    )
    .meta({ description: 'ISO 4217 code → internal id of the currency', examples: [{ USD: '1', EUR: '4' }] }),
  /** The time zone of the integration user in NetSuite; absent = the connection's. SOAP dates are instants there. */
  accountZone: z
    .string()
    .min(1)
    .meta({ description: 'the IANA time zone of the integration user', examples: ['America/Los_Angeles'] })
    .optional(),
  /** Our share of the account's one pool of simultaneous calls, shared with everything else that talks to the account. */
  concurrency: z
    .int()
    .min(1)
    .max(55)
    .meta({ description: 'calls at once: a whole number from 1 to 55', examples: [3] })
    .default(3),
  /** Every connection is given these; an ERP is not pulled from, so they say nothing here. */
  cutOver: z.string().optional(),
  overlapMinutes: z.int().optional(),
});

export type NetsuiteConfig = z.output<typeof netsuiteConfig>;

/** What names and signs a request: token-based authentication. */
export type Credentials = Pick<NetsuiteConfig, 'account' | 'consumerKey' | 'consumerSecret' | 'token' | 'tokenSecret'>;

/**
 * The account's pool. What NetSuite limits is how many calls are under way at once, SOAP and REST together (5 in a
 * standard account, 15 in a tier-1 one, 10 more per SuiteCloud Plus licence); the tokens only keep a fault of ours from flooding it.
 */
export function budgets(config: NetsuiteConfig): readonly BudgetSpec[] {
  const perSecond = config.concurrency * 5;
  const { account, concurrency } = config;
  return [{ name: 'account', sharedAs: account, perSecond, capacity: perSecond * 2, concurrency }];
}

/** Where the account answers, without a slash at the end. */
export function originOf(config: NetsuiteConfig): string {
  if (config.baseUrl !== undefined) return new URL(config.baseUrl).origin;
  return `https://${config.account.toLowerCase().replace('_', '-')}.suitetalk.api.netsuite.com`;
}

/** By which interface documents are posted. The REST record API has one version; what is in it moves with NetSuite's releases. */
export function apiOf(config: NetsuiteConfig): ApiInUse {
  return config.interface === 'soap'
    ? { version: `SOAP ${config.soapVersion.replace('_', '.')}`, sunset: SOAP_SUNSET }
    : { version: 'REST v1', sunset: null };
}
