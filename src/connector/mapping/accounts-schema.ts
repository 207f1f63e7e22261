import { z } from 'zod';
import type { AccountKind } from '../../domain/ledger/fact.ts';

const KINDS = [
  'clearing',
  'deposit',
  'receivable',
  'sales',
  'discounts',
  'sales-returns',
  'shipping',
  'fees',
  'tips',
  'duties',
  'tax',
  'tax-by-channel',
  'gift-cards',
  'refund-adjustments',
  'rounding',
] as const satisfies readonly AccountKind[];

const text = (description: string, example: string): z.ZodString =>
  z
    .string()
    .min(1)
    .meta({ description, examples: [example] });

const when = z.strictObject({
  kind: z
    .enum(KINDS)
    .meta({ description: `what the amount is for: ${KINDS.join(', ')}`, examples: ['sales'] })
    .optional(),
  company: text('one of the companies of the configuration', 'harbour-inc').optional(),
  channel: text('the connection that sold', 'harbour-us').optional(),
  gateway: text('our payment method, for clearing', 'card').optional(),
  jurisdiction: text('the tax jurisdiction as the channel names it', 'NY').optional(),
  currency: text('ISO 4217 code', 'USD').optional(),
  location: text('one of the locations of the configuration', 'newark').optional(),
});

/** One rule of an account map: amounts for which all of `when` holds are booked to `account`. */
export const accountRule = z.strictObject({
  when: when.default({}).meta({
    description: 'what all must hold; the rule with more conditions goes before one with fewer',
    examples: [{ kind: 'clearing', gateway: 'card' }],
  }),
  account: text('the account as the ERP identifies it (NetSuite: its internal id)', '111'),
  dimensions: z
    .record(z.string().min(1), z.string().min(1))
    .meta({ description: 'department, class, location … of the ERP', examples: [{ department: '4' }] })
    .optional(),
});

export const accountRules = z
  .array(accountRule)
  .meta({ description: 'The accounts of the ERP, by what an amount is for. Only in the mapping of an ERP.' })
  .optional();
