import { describe, expect, it } from '@jest/globals';
import { askedPart } from '../../test/flows/asked-part.ts';
import type { Hold } from '../domain/order.ts';
import { testOrder } from '../store/test-order.ts';
import type { OrderDocument, ParkCause } from '../store/documents.ts';
import { orderWaits, type OrderWait, type WaitingJob, type WaitsBeside } from './order-waits.ts';

const NOW = Date.parse('2026-11-26T08:00:00Z');
const BAD_TOKEN: ParkCause = {
  fault: 'config',
  code: 'bad-credentials',
  message: 'The token is not accepted.',
  remedy: 'Put the token right.',
  field: null,
  needs: [],
  remoteId: null,
  at: new Date(NOW),
};

function job(kind: string, change: Partial<WaitingJob> = {}): WaitingJob {
  return { _id: kind, kind, connection: 'depot', state: 'ready', cause: null, last: null, ...change };
}

function waits(
  change: Partial<OrderDocument>,
  beside: Partial<WaitsBeside> = {},
  holds: readonly Hold[] = [],
): OrderWait[] {
  const document = testOrder('1', change);
  return orderWaits(
    { ...document, order: { ...document.order, holds } },
    {
      jobs: [],
      paused: new Map(),
      handsOn: { shipsBy: new Map([['east', 'depot']]), push: () => 'on' },
      now: NOW,
      ...beside,
    },
  );
}

/** A plan of one unit of `a`, reserved at these places or waiting for these causes. */
function plan(
  places: readonly string[],
  waiting: readonly { readonly sku: string; readonly cause: 'short' | 'backlog' | 'company' | 'location' }[] = [],
): OrderDocument['plan'] {
  return {
    rev: 1,
    revision: 1,
    prior: [],
    applied: true,
    at: new Date(NOW),
    lines: places.map((location) => ({ line: '1', sku: 'a', location, quantity: 1 })),
    waiting: waiting.map(({ sku, cause }) => ({ line: '1', sku, quantity: 1, cause })),
    why: [],
  };
}

describe('what an order waits for', () => {
  it('is a provider that is paused after a restore, with its cause and what passes one over that was given up', () => {
    const paused = new Map([['depot', BAD_TOKEN]]);
    expect(waits({ stage: 'allocated', plan: plan(['east']) }, { jobs: [job('recall-requests')], paused })).toEqual([
      {
        code: 'paused',
        message:
          'depot is paused, and what it was asked of this order before the restore waits for it: The token is not accepted.',
        remedy:
          'Put the token right. Nothing of the order is handed on before, since it may be there already. A provider that was given up is passed over while it is paused and its push is off.',
      },
    ]);
  });

  it('is a provider that is still to say after a restore what it holds, also where that is done at once', () => {
    expect(waits({ stage: 'allocated', plan: plan(['east']) }, { jobs: [job('recall-requests')] })).toEqual([
      {
        code: 'recall',
        message: 'depot is still to say what it was asked of this order before the restore.',
        remedy: 'Nothing to do: it is asked, and then the order goes on.',
      },
    ]);
  });

  it.each<[string, Partial<WaitingJob>]>([
    ['is parked', { state: 'parked', cause: BAD_TOKEN }],
    ['waits for its time', { last: { ...BAD_TOKEN, fault: 'throttled' } }],
  ])('is a request that %s, in its own words', (_what, change) => {
    const open = job('push-fulfillment', change);
    expect(waits({ stage: 'allocated', fulfillments: [askedPart(1)] }, { jobs: [open] })).toEqual([
      { code: 'bad-credentials', message: 'The token is not accepted.', remedy: 'Put the token right.' },
    ]);
  });

  it('is a request that is tried again, with what it was for and where', () => {
    const last = { ...BAD_TOKEN, fault: 'transient', message: 'GET depot.example/order: it failed' } as const;
    const open = job('push-fulfillment', { last });
    expect(waits({ stage: 'allocated', fulfillments: [askedPart(1)] }, { jobs: [open] })).toEqual([
      {
        code: 'bad-credentials',
        message: 'The request to ship has failed at depot and is tried again: GET depot.example/order: it failed',
        remedy: 'Put the token right.',
      },
    ]);
  });

  it('is not what only keeps it from being booked', () => {
    const open = job('account-order', { state: 'parked', cause: BAD_TOKEN });
    expect(waits({ stage: 'shipped' }, { jobs: [open] })).toEqual([]);
  });

  it('is each hold that is not over, with who ends it', () => {
    const holds: Hold[] = [
      { kind: 'risk', reason: 'high risk', until: null },
      { kind: 'unpaid', reason: 'the payment is pending', until: null },
      { kind: 'edit-window', reason: 'may be edited', until: NOW + 60_000 },
      { kind: 'scheduled', reason: 'was for later', until: NOW },
    ];
    expect(waits({ number: '#7', stage: 'held' }, {}, holds)).toEqual([
      {
        code: 'held',
        message: 'It is held (risk): high risk',
        remedy: `Let it go when that is settled: crossdock orders unhold '#7' risk --because "…"`,
      },
      {
        code: 'held',
        message: 'It is held (unpaid): the payment is pending',
        remedy: 'Only the channel ends it: it is read again by itself when that changes there.',
      },
      {
        code: 'held',
        message: 'It is held until 2026-11-26 08:01:00Z (edit-window): may be edited',
        remedy: `It ends by itself, or let it go before: crossdock orders unhold '#7' edit-window --because "…"`,
      },
    ]);
  });

  it('is the stock that decides, once for each SKU, and not the lines that only wait for it', () => {
    const found = waits({
      stage: 'waiting',
      plan: plan(
        [],
        [
          { sku: 'a', cause: 'short' },
          { sku: 'b', cause: 'company' },
          { sku: 'a', cause: 'short' },
          { sku: 'c', cause: 'backlog' },
          { sku: 'd', cause: 'location' },
        ],
      ),
    });
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ['stock', 'Not enough of a is there: it needs 2.'],
      ['stock', 'Older orders wait for c first; this one needs 1.'],
      ['no-location', 'No location may ship 1 × d.'],
    ]);
  });

  it.each([
    ['no connection ships from', new Map<string, string>(), 'no-provider'],
    ['a switch keeps from being asked', new Map([['east', 'depot']]), 'switched-off'],
  ])('is somebody to ship from a place that %s', (_what, shipsBy, code) => {
    const handsOn = { shipsBy, push: () => 'off' as const };
    expect(waits({ stage: 'allocated', plan: plan(['east']) }, { handsOn }).map((wait) => wait.code)).toEqual([code]);
  });

  it('is the provider that has it and has not shipped', () => {
    const part = askedPart(1, { state: 'pushed', externalId: 'd1', at: new Date(NOW) });
    expect(waits({ stage: 'pushed', plan: plan(['west']), fulfillments: [part] })).toEqual([
      {
        code: 'with-provider',
        message: 'depot has 1 × a since 2026-11-26 08:00:00Z (d1).',
        remedy: 'Nothing to do here: it goes on when depot ships.',
      },
    ]);
  });

  it('is the provider that is asked to stop what is not wanted any more, or was asked too late', () => {
    const remedies = (['asked', 'too late'] as const).map((cancel) => {
      const part = askedPart(1, { state: 'pushed', externalId: 'd1', unwanted: 'the order was cancelled', cancel });
      return waits({ stage: 'cancelled', fulfillments: [part] }).map(({ message, remedy }) => [message, remedy]);
    });
    const message = '1 × a with depot (d1) is not wanted any more: the order was cancelled.';
    expect(remedies).toEqual([
      [[message, 'Nothing to do: depot is asked to stop.']],
      [[message, 'It is too late to stop it there: what leaves is taken over, and has to be got back by hand.']],
    ]);
  });

  it.each(['shipped', 'nothing to ship', 'cancelled', 'history'] as const)('is nothing once it is %s', (stage) => {
    const holds: Hold[] = [{ kind: 'risk', reason: 'high risk', until: null }];
    expect(waits({ stage, plan: plan(['elsewhere']) }, {}, holds)).toEqual([]);
  });
});
