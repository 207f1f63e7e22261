import { z } from 'zod';
import type { BudgetSpec } from '../../src/connector/io.ts';

/** The API version that every call and every fixture of this folder is written against. */
export const API_VERSION = '2026-01';

/** The end of this version's support (https://developer.shipbob.com/versioning: 24 months from its release on 31 January 2026). */
export const API_SUNSET = '2028-01-31';

export const ORIGIN = 'https://api.shipbob.com';

/** What ShipBob grants a user of an application per minute, as a sliding window (https://developer.shipbob.com/rate-limit). */
const CALLS_PER_MINUTE = 150;

/** `meta` is what a person is shown who gets a setting wrong. */
export const shipbobConfig = z.strictObject({
  accessToken: z.string().min(1).meta({ description: 'a personal access token of the ShipBob account' }),
  /** With which ShipBob signs webhooks; absent = this connection takes none. */
  webhookSecret: z
    .string()
    .regex(/^(?!whsec_)|^whsec_[A-Za-z0-9+/]+={0,2}$/)
    .min(1)
    .meta({ description: 'the signing secret of the webhook subscription', examples: ['whsec_MfKQ9r8GKYqrTwjU'] })
    .optional(),
  /** Replaces ShipBob's origin, for its sandbox or a stand-in. */
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .meta({ description: 'another address of the API', examples: ['https://sandbox-api.shipbob.com'] })
    .default(ORIGIN),
  channel: z
    .int()
    .positive()
    .meta({ description: 'the id of the ShipBob channel that this token may write to', examples: [100123] }),
  /** Our location → the id of the fulfillment center that it is. Orders are sent to no other. */
  centers: z
    .record(z.string().min(1), z.int().positive())
    .refine((centers) => Object.keys(centers).length > 0)
    .meta({
      description: 'our locations with the id of the fulfillment center that each is',
      examples: [{ newark: 211 }],
    }),
  /** Shipments changed before this instant are history: a pull without a cursor starts here. */
  cutOver: z.iso
    .datetime({ offset: true })
    .meta({ description: 'an instant with its zone', examples: ['2026-11-01T00:00:00Z'] }),
  /** How far a pull looks back behind the start of the one before it. */
  overlapMinutes: wholeNumber(1440, 5, 'minutes, at least twice the pull interval'),
  /** 250 is the most that ShipBob gives (https://developer.shipbob.com/guides/tracking). */
  ordersPerPage: wholeNumber(250, 250, 'orders per page'),
  itemsPerPage: wholeNumber(250, 100, 'inventory items per page'),
  callsPerMinute: wholeNumber(1_000_000, CALLS_PER_MINUTE, 'calls that ShipBob grants per minute'),
});

function wholeNumber(most: number, otherwise: number, what: string): z.ZodDefault<z.ZodInt> {
  return z
    .int()
    .min(1)
    .max(most)
    .meta({ description: `${what}: a whole number from 1 to ${most}`, examples: [otherwise] })
    .default(otherwise);
}

export type ShipBobConfig = z.output<typeof shipbobConfig>;

/**
 * Calls, in a bucket that never lets more than the granted number into any 60 seconds: a fifth of them at once, the rest
 * spread over the minute. A bucket of the whole minute would allow twice as many in a window that begins with a full one.
 */
export function budgets({ callsPerMinute }: ShipBobConfig): readonly BudgetSpec[] {
  const capacity = Math.max(1, Math.floor(callsPerMinute / 5));
  return [{ name: 'calls', perSecond: Math.max(callsPerMinute - capacity, 1) / 60, capacity }];
}
