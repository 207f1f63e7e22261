import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { openStandIn, type StandIn } from '../../src/connector/sandbox/stand-in.ts';
import { clock } from './rig.ts';
import type { Known } from './source-subject.ts';
import type { Delivery } from './webhook-rules.ts';

export const TOKEN = 'toy-token-5ecret';
export const WEBHOOK_SECRET = 'toy-webhook-5ecret';
export const PAGE = 4;

/** Amounts in minor units. */
export const toyOrder = z.strictObject({ id: z.string(), updated: z.int(), lines: z.array(z.int()), total: z.int() });
export type ToyOrder = z.output<typeof toyOrder>;
const toyShipment = z.object({ key: z.string(), native: z.boolean() });

export interface ToyRemote extends StandIn {
  held(): Known[];
  touch(): Known;
  written(key: string): string[];
}

/** A small remote that keeps orders, several with the same updated time, and takes shipments by key. */
export async function openToyRemote(): Promise<ToyRemote> {
  const orders: ToyOrder[] = Array.from({ length: 14 }, (_, at) => ({
    id: `o${String(at + 1).padStart(2, '0')}`,
    updated: 1_000 + Math.floor(at / 3) * 10,
    lines: [at * 100, 250],
    total: at * 100 + 250,
  }));
  const shipments = new Map<string, string[]>();
  let made = 0;

  const standIn = await openStandIn({
    name: 'toy',
    clock,
    throttled: () => ({ body: JSON.stringify({ error: 'THROTTLED', waitMs: 500 }) }),
    answer: ({ method, url, headers, text }) => {
      if (headers['authorization'] !== `Bearer ${TOKEN}` && url.searchParams.get('token') !== TOKEN)
        return { status: 401 };
      const asked = url.pathname.split('/').at(-1) ?? '';
      if (method === 'POST') {
        const { key, native } = toyShipment.parse(JSON.parse(text()));
        const there = shipments.get(key) ?? [];
        if (!native || there.length === 0) shipments.set(key, [...there, `s${++made}`]);
        return { body: JSON.stringify({ id: shipments.get(key)?.at(-1) }) };
      }
      if (url.pathname === '/shipments')
        return { body: JSON.stringify(shipments.get(url.searchParams.get('key') ?? '') ?? []) };
      if (url.pathname === '/orders') {
        const [updated = 0, id = ''] = (url.searchParams.get('after') ?? '0/').split('/');
        const later = orders
          .toSorted((a, b) => a.updated - b.updated || (a.id < b.id ? -1 : 1))
          .filter((order) => order.updated > Number(updated) || (order.updated === Number(updated) && order.id > id));
        return { body: JSON.stringify(later.slice(0, PAGE)) };
      }
      const found = orders.find((order) => order.id === asked);
      return found ? { body: JSON.stringify(found) } : { status: 404 };
    },
  });
  return Object.assign(standIn, {
    held: () => orders.map(({ id, updated }) => ({ id, version: updated })),
    touch: () => {
      const [first, ...rest] = orders;
      if (first === undefined) throw new Error('there are no orders');
      orders.splice(0, orders.length, { ...first, updated: 9_000 }, ...rest);
      return { id: first.id, version: 9_000 };
    },
    written: (key: string) => shipments.get(key) ?? [],
  });
}

export function toyDelivery(): Delivery {
  const bytes = Buffer.from('{"id":"o01"}');
  return { bytes, headers: { 'x-toy-delivery': 'd1', 'x-toy-signature': toySignature(bytes) } };
}

export function toySignature(bytes: Uint8Array): string {
  return createHmac('sha256', WEBHOOK_SECRET).update(bytes).digest('base64');
}
