import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../src/domain/ports.ts';
import { SANDBOX_API_VERSION } from './sandbox-answer.ts';
import { dateTime } from './sandbox-ids.ts';
import type { Event, ShopState } from './sandbox-state.ts';

/** How what has happened is told: to one address, else to whoever has subscribed; and what goes wrong on the way. */
export const deliverInput = z.strictObject({
  address: z.url().optional(),
  /** Each delivery twice, with the same event id and another delivery id. */
  duplicate: z.boolean().default(false),
  /** Newest first. */
  reversed: z.boolean().default(false),
  /** Signed with another secret. */
  badHmac: z.boolean().default(false),
  /** Told as of so much earlier. */
  lateMs: z.int().min(0).default(0),
  /** Only so many of the newest events. */
  newest: z.int().positive().optional(),
});

export interface Delivery {
  readonly topic: string;
  readonly event: string;
  readonly webhook: string;
  readonly address: string;
  /** 0 = nobody answered. */
  readonly status: number;
}

/** Sends the events and forgets them. A refused delivery is not tried again: that is for a test to ask for. */
export async function deliver(
  state: ShopState,
  clock: Clock,
  secret: string,
  input: z.output<typeof deliverInput>,
): Promise<readonly Delivery[]> {
  let events = input.newest === undefined ? state.events : state.events.slice(-input.newest);
  if (input.reversed) events = events.toReversed();
  state.events = [];
  const told: Delivery[] = [];
  for (const event of events) {
    const topic = event.topic.toUpperCase().replace('/', '_');
    const addresses =
      input.address === undefined
        ? state.subscriptions.filter((each) => each.topic === topic).map((each) => each.uri)
        : [input.address];
    for (const address of addresses) {
      for (let time = 0; time < (input.duplicate ? 2 : 1); time++) {
        told.push(
          await send(state, event, address, {
            at: clock.now() - input.lateMs,
            webhook: `wh-${event.number}-${time}`,
            secret: input.badHmac ? `not ${secret}` : secret,
          }),
        );
      }
    }
  }
  return told;
}

async function send(
  state: ShopState,
  event: Event,
  address: string,
  as: { readonly at: number; readonly webhook: string; readonly secret: string },
): Promise<Delivery> {
  const body = JSON.stringify(event.payload);
  const headers = {
    'content-type': 'application/json',
    'x-shopify-topic': event.topic,
    'x-shopify-hmac-sha256': createHmac('sha256', as.secret).update(body).digest('base64'),
    'x-shopify-shop-domain': `${state.shop.id}.myshopify.com`,
    'x-shopify-api-version': SANDBOX_API_VERSION,
    'x-shopify-webhook-id': as.webhook,
    'x-shopify-event-id': `ev-${event.number}`,
    'x-shopify-triggered-at': dateTime(as.at),
  };
  let status = 0;
  try {
    // Shopify gives a receiver five seconds.
    const answer = await fetch(address, { method: 'POST', headers, body, signal: AbortSignal.timeout(5_000) });
    status = answer.status;
    await answer.arrayBuffer();
  } catch {
    // Nobody there is an answer too: the receiver's tests look at the status.
  }
  return { topic: event.topic, event: `ev-${event.number}`, webhook: as.webhook, address, status };
}
