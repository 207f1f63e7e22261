import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../src/domain/ports.ts';
import type { WarehouseState } from './sandbox-state.ts';
import { shipmentView } from './sandbox-views.ts';

/** How what has happened is told: to one address, else to whoever has subscribed. */
export const deliverInput = z.strictObject({
  address: z.url().optional(),
  /** Each delivery twice, with the same id. */
  duplicate: z.boolean().default(false),
  /** Signed with another secret. */
  badSignature: z.boolean().default(false),
});

export interface Delivery {
  readonly topic: string;
  readonly shipment: number;
  readonly address: string;
  /** 0 = nobody answered. */
  readonly status: number;
}

/** The headers of a delivery, signed as ShipBob does (https://developer.shipbob.com/webhooks). */
export function signedHeaders(
  of: { readonly id: string; readonly topic: string; readonly atS: number },
  body: string,
  secret: string,
): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${of.id}.${of.atS}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'x-webhook-topic': of.topic,
    'webhook-id': of.id,
    'webhook-timestamp': String(of.atS),
    'webhook-signature': `v1,${signature}`,
  };
}

/** Sends the events and forgets them. */
export async function deliver(
  state: WarehouseState,
  clock: Clock,
  secret: string,
  input: z.output<typeof deliverInput>,
): Promise<readonly Delivery[]> {
  const { events } = state;
  state.events = [];
  const told: Delivery[] = [];
  for (const { topic, shipment, number } of events) {
    const held = state.shipments.get(shipment);
    if (held === undefined) continue;
    const body = JSON.stringify(shipmentView(state, held));
    const subscribed = state.subscriptions.filter((each) => each.topics.includes(topic));
    const to = input.address === undefined ? subscribed : [{ url: input.address, secret }];
    for (const { url, secret: own } of to) {
      const atS = Math.floor(clock.now() / 1000);
      const headers = signedHeaders({ id: `msg_${number}`, topic, atS }, body, input.badSignature ? 'another' : own);
      for (let time = 0; time < (input.duplicate ? 2 : 1); time++)
        told.push({ topic, shipment, address: url, status: await send(url, headers, body) });
    }
  }
  return told;
}

async function send(address: string, headers: Record<string, string>, body: string): Promise<number> {
  try {
    // ShipBob gives a receiver fifteen seconds.
    const answer = await fetch(address, { method: 'POST', headers, body, signal: AbortSignal.timeout(15_000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // Nobody there is an answer too: the receiver's tests look at the status.
    return 0;
  }
}
