import { z } from 'zod';
import type { BudgetSpec } from '../../src/connector/io.ts';

/** The Admin API version that every document and every fixture of this folder is written against. */
export const API_VERSION = '2026-10';

/**
 * The day after which Shopify no longer answers this version as asked: each quarterly version is supported for at least
 * 12 months (https://shopify.dev/docs/api/usage/versioning).
 */
export const API_SUNSET = '2027-10-01';

/** Points restored per second by plan (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). */
const POINTS_PER_SECOND = { standard: 100, advanced: 200, plus: 1000, enterprise: 2000 } as const;

/** The bucket holds 20 seconds of points: recorded answers of a standard shop say 2,000 at 100 per second. */
const BUCKET_SECONDS = 20;

/** `meta` is what a person is shown who gets a setting wrong. */
export const shopifyConfig = z.strictObject({
  /** The permanent domain of the shop. */
  shop: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/)
    .meta({ description: 'the permanent domain of the shop', examples: ['harbour-us.myshopify.com'] }),
  /** Admin API access token of the custom app. */
  accessToken: z.string().min(1).meta({ description: 'the Admin API access token of the custom app' }),
  /** With which Shopify signs webhooks. */
  webhookSecret: z.string().min(1).meta({ description: 'the API secret key of the custom app' }),
  /** Replaces the shop's origin, for a stand-in; absent = `https://<shop>`. */
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .meta({ description: 'the address of a stand-in', examples: ['http://127.0.0.1:8401'] })
    .optional(),
  plan: z
    .enum(['standard', 'advanced', 'plus', 'enterprise'])
    .meta({ description: 'the shop’s plan, which sets its rate limit', examples: ['standard'] })
    .default('standard'),
  /** What Shopify grants this shop where that is not what its plan says. */
  pointsPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .meta({ description: 'points restored per second, where they are not the plan’s', examples: [4000] })
    .optional(),
  /** Orders changed before this instant are history: a pull without a cursor starts here. */
  cutOver: z.iso
    .datetime({ offset: true })
    .meta({ description: 'an instant with its zone', examples: ['2026-11-01T00:00:00Z'] }),
  /** How far a pull looks back behind the newest change it has seen; at least twice the pull interval. */
  overlapMinutes: wholeNumber(1440, 5, 'minutes, at least twice the pull interval'),
  /** Orders per page; 33 is the most that one cost step holds. */
  ordersPerPage: wholeNumber(250, 33, 'orders per page'),
  itemsPerPage: wholeNumber(250, 90, 'inventory items per page'),
  /** Whether Shopify has granted this app `read_all_orders`; without it only the last 60 days of orders can be seen. */
  readAllOrders: z
    .boolean()
    .meta({ description: 'whether Shopify has granted read_all_orders', examples: [true] })
    .default(false),
  /** Whether anything may be changed in the shop: then the app needs the scopes to write, and shipments and stock can be told. */
  writes: z
    .boolean()
    .meta({ description: 'whether the app may change fulfillments and stock', examples: [true] })
    .default(false),
  /** Order metafields to read along. */
  metafields: z
    .array(
      z
        .string()
        .regex(/^[^.\s"]+\.[^.\s"]+$/)
        .meta({ description: 'namespace.key of an order metafield', examples: ['custom.cost_center'] }),
    )
    .max(20)
    .default([]),
});

function wholeNumber(most: number, otherwise: number, what: string): z.ZodDefault<z.ZodInt> {
  return z
    .int()
    .min(1)
    .max(most)
    .meta({ description: `${what}: a whole number from 1 to ${most}`, examples: [otherwise] })
    .default(otherwise);
}

export type ShopifyConfig = z.output<typeof shopifyConfig>;

/** The shop's cost bucket: the only budget, in points. */
export function budgets(config: ShopifyConfig): readonly BudgetSpec[] {
  const perSecond = config.pointsPerSecond ?? POINTS_PER_SECOND[config.plan];
  return [{ name: 'graphql', perSecond, capacity: perSecond * BUCKET_SECONDS }];
}
