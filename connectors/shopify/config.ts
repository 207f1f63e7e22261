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

const instant = z.iso.datetime({
  offset: true,
  error: 'expected an instant with its zone, for example 2026-11-01T00:00:00Z',
});

export const shopifyConfig = z.strictObject({
  /** The permanent domain of the shop. */
  shop: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/,
      'expected the permanent domain, for example harbour-us.myshopify.com',
    ),
  /** Admin API access token of the custom app. */
  accessToken: z.string().min(1),
  /** The app's API secret key, with which Shopify signs webhooks. */
  webhookSecret: z.string().min(1),
  /** Replaces the shop's origin, for a stand-in; absent = `https://<shop>`. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  plan: z.enum(['standard', 'advanced', 'plus', 'enterprise']).default('standard'),
  /** Orders changed before this instant are history: a pull without a cursor starts here. */
  cutOver: instant,
  /** How far a pull looks back behind the newest change it has seen; at least twice the pull interval. */
  overlapMinutes: z.int().min(1).max(1440).default(5),
  /** Orders per page; 33 is the most that one cost step holds. */
  ordersPerPage: z.int().min(1).max(250).default(33),
  /** Inventory items per page. */
  itemsPerPage: z.int().min(1).max(250).default(90),
  /** Whether Shopify has granted this app `read_all_orders`; without it only the last 60 days of orders can be seen. */
  readAllOrders: z.boolean().default(false),
  /** Order metafields to read along, each `namespace.key`. */
  metafields: z
    .array(z.string().regex(/^[^.\s"]+\.[^.\s"]+$/, 'expected namespace.key, for example custom.gift_note'))
    .max(20)
    .default([]),
});

export type ShopifyConfig = z.output<typeof shopifyConfig>;

/** The shop's cost bucket: the only budget, in points. */
export function budgets(config: ShopifyConfig): readonly BudgetSpec[] {
  const perSecond = POINTS_PER_SECOND[config.plan];
  return [{ name: 'graphql', perSecond, capacity: perSecond * BUCKET_SECONDS }];
}
