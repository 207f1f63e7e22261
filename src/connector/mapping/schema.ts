import { z } from 'zod';
import { accountRules } from './accounts-schema.ts';
import { holds, rules } from './rules-schema.ts';

const remote = z.string().min(1).meta({ description: 'what the remote calls it' });
const ours = z
  .string()
  .min(1)
  .meta({ description: 'what we call it, as text', examples: ['card'] });
const sku = z
  .string()
  .min(1)
  .meta({ description: 'one of our SKUs, as text', examples: ['SKU-9'] });
const quantity = z
  .int()
  .min(1)
  .max(100_000)
  .meta({ description: 'a whole number from 1 to 100,000', examples: [6] });

function table(
  description: string,
  example: Record<string, string>,
): z.ZodOptional<z.ZodRecord<typeof remote, typeof ours>> {
  return z
    .record(remote, ours)
    .meta({ description: `${description} The key "*" stands for every code that is not named.`, examples: [example] })
    .optional();
}

const kit = z.strictObject({
  kit: z
    .record(sku, quantity)
    .refine((components) => Object.keys(components).length > 0, 'at least one component')
    .meta({ description: 'our SKUs with how many of each one kit holds', examples: [{ 'SKU-1': 2, 'SKU-2': 1 }] }),
});
const pack = z.strictObject({ sku, quantity: quantity.optional() });

/** What a mapping file may hold. Every table may be left out; nothing else may stand in it. */
export const mappingSchema = z
  .strictObject({
    payments: table('Gateways and tenders → our payment methods.', { shopify_payments: 'card', '*': 'other' }),
    locations: table('The remote’s locations → ours, as named in the configuration.', {
      'gid://shopify/Location/9001': 'newark',
    }),
    listings: z
      .record(remote, z.union([kit, pack]))
      .meta({
        description:
          'A listing that is not simply one piece of the SKU of the same name: a kit, another SKU, a pack of several.',
        examples: [{ 'KIT-A': { kit: { 'SKU-1': 2, 'SKU-2': 1 } }, 'LIST-9': { sku: 'SKU-9', quantity: 6 } }],
      })
      .optional(),
    carriers: table('The remote’s carriers → ours.', { UPS: 'ups' }),
    methods: table('The remote’s shipping methods → ours.', { 'Standard Shipping': 'standard', '*': 'standard' }),
    taxes: table('The remote’s names of taxes → our tax codes.', { 'DE MwSt': 'vat-de-19' }),
    accounts: accountRules,
    returns: table('The remote’s reasons of returns → ours.', { WRONG_ITEM: 'wrong-item' }),
    rules,
    holds,
  })
  .meta({
    title: 'Crossdock mapping',
    description: 'What one connection’s remote calls things, and what we call them.',
  });

/** A mapping file’s content. */
export type MappingContent = z.output<typeof mappingSchema>;
