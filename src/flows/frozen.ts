import { z, type ZodType } from 'zod';
import type { AssignmentRequest, Confirmation, FulfillmentRequest, LedgerDocument } from '../domain/fulfillment.ts';

/**
 * The shapes in which requests are frozen. What is sent is read from the frozen text and never made anew, so that a
 * worker of tomorrow still sends what was decided today.
 */
const text = z.string();
const orNull = text.nullable();
const units = z.array(z.object({ line: text, quantity: z.int() }));

export const frozenRequest: ZodType<FulfillmentRequest> = z.object({
  key: text,
  order: text,
  number: text,
  location: text,
  placedAt: z.int(),
  lines: z.array(z.object({ line: text, sku: text, title: text, quantity: z.int() })),
  recipient: z.object({
    name: text,
    email: orNull,
    phone: orNull,
    address: z.object({
      name: orNull,
      company: orNull,
      lines: z.array(text),
      city: orNull,
      region: orNull,
      postcode: orNull,
      country: orNull,
      phone: orNull,
    }),
  }),
  method: text,
});

export const frozenAssignment: ZodType<AssignmentRequest> = z.object({
  order: text,
  location: text,
  lines: z.array(z.object({ line: text, quantity: z.int(), others: z.int().exactOptional() })),
  told: z.array(text).exactOptional(),
});

export const frozenConfirmation: ZodType<Confirmation> = z.object({
  key: text,
  order: text,
  location: text,
  lines: units,
  carrier: orNull,
  tracking: z.array(z.object({ number: text, url: orNull })),
  shippedAt: z.int(),
  notify: z.boolean(),
});

export const frozenDocument: ZodType<LedgerDocument> = z.object({
  key: text,
  company: text,
  kind: z.literal('journal'),
  date: text,
  currency: text,
  memo: text,
  lines: z.array(
    z.object({
      account: text,
      debit: z.int(),
      credit: z.int(),
      memo: text,
      dimensions: z.record(text, text),
    }),
  ),
});
