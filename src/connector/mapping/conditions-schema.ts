import { z } from 'zod';

/** A path into the record, as it is written. */
export const path = z
  .string()
  .min(1)
  .meta({
    description:
      'a path into the record as the channel gave it; $order and $line begin one into the order as it was read',
    examples: ['customAttributes[key=gift].value'],
  });

/** A JSONata expression, as it is written. */
export const expr = z
  .string()
  .min(1)
  .max(2_000)
  .meta({ description: 'a JSONata expression that gives a text', examples: ["lineItems.nodes[0].sku & '-' & name"] });

const scalar = z.union([z.string(), z.number(), z.boolean()]).meta({ description: 'a text, a number, true or false' });
const amount = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
  .meta({ description: 'a decimal number', examples: [500] });

/** The ways in which a value is compared; exactly one of them stands in a comparison. */
export const COMPARISONS = ['is', 'is-not', 'in', 'contains', 'exists', 'above', 'below'] as const;

const comparison = z
  .strictObject({
    path,
    is: scalar.optional(),
    'is-not': scalar.optional(),
    in: z
      .array(scalar)
      .min(1)
      .meta({ description: 'a list of which it is one', examples: [['US', 'CA']] })
      .optional(),
    contains: z
      .string()
      .min(1)
      .meta({ description: 'a part of the text, or an entry of the list', examples: ['wholesale'] })
      .optional(),
    exists: z.boolean().meta({ description: 'true or false' }).optional(),
    above: amount.optional(),
    below: amount.optional(),
  })
  .refine(
    (value) => COMPARISONS.filter((name) => value[name] !== undefined).length === 1,
    `exactly one of ${COMPARISONS.join(', ')} beside \`path\``,
  );

/** When a rule or a hold applies: one comparison, several of which all hold, or an expression that gives true. */
export const when = z.union([z.strictObject({ expr }), comparison, z.array(comparison).min(1)]).meta({
  description: 'one comparison, a list of them that must all hold, or `expr`',
  examples: [{ path: 'shippingLine.title', is: 'Express' }],
});

/** One comparison of a mapping file. */
export type ComparisonContent = z.output<typeof comparison>;
/** A condition of a mapping file. */
export type WhenContent = z.output<typeof when>;
