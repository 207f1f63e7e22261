import { z } from 'zod';
import { holdName } from '../../domain/holds.ts';
import type { OrderTimeline } from '../../queries/order-timeline.ts';
import { instant, isoOrNull } from './shapes.ts';

const waits = z
  .array(z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }))
  .meta({ description: 'What it waits for, with what to do; empty where it goes on at once, or has ended.' });

const holds = z
  .array(
    z.strictObject({
      name: z.string().meta({ description: 'By which it is let go.' }),
      kind: z.enum(['risk', 'edit-window', 'unpaid', 'scheduled', 'channel', 'person', 'rule']),
      reason: z.string(),
      until: instant
        .nullable()
        .meta({ description: 'It ends by itself then; null = a person or the channel ends it.' }),
    }),
  )
  .meta({ description: 'Why it waits or has waited; one with an end may be over.' });

/** Why an order stands where it does. */
export const standing = { waits, holds };

export function standingOf(known: Pick<OrderTimeline, 'waits' | 'holds'>): {
  waits: z.output<typeof waits>;
  holds: z.output<typeof holds>;
} {
  return {
    waits: known.waits.map((wait) => ({ ...wait })),
    holds: known.holds.map((hold) => ({
      name: holdName(hold),
      kind: hold.kind,
      reason: hold.reason,
      until: isoOrNull(hold.until),
    })),
  };
}
