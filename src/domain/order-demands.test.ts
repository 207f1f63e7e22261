import { describe, expect, it } from '@jest/globals';
import { orderDemands } from './order-demands.ts';
import { sampleAssignment, sampleLine, sampleOrder } from './sample-order.ts';

describe('orderDemands', () => {
  it('demands what is open of the lines that we fulfill, by component', () => {
    const kit = [
      { sku: 'X', quantity: 2 },
      { sku: 'Y', quantity: 1 },
    ];
    const order = sampleOrder({
      lines: [
        sampleLine('A', { ordered: 5, cancelled: 1, shipped: 1 }),
        sampleLine('K', { sku: 'KIT', components: kit }),
        sampleLine('DONE', { shipped: 1 }),
        sampleLine('FBA', { fulfilledBy: 'channel' }),
        sampleLine('TIP', { fulfilledBy: 'nobody', kind: 'tip', sku: null }),
      ],
    });
    expect(orderDemands(order)).toEqual([
      { line: 'A', sku: 'SKU-A', quantity: 3, components: [{ sku: 'SKU-A', quantity: 1 }], location: null },
      { line: 'K', sku: 'KIT', quantity: 1, components: kit, location: null },
    ]);
  });

  it('demands nothing for a test order or a cancelled one', () => {
    expect(orderDemands(sampleOrder({ test: true }))).toEqual([]);
    expect(orderDemands(sampleOrder({ cancelledAt: 1 }))).toEqual([]);
  });

  const places = (order: Parameters<typeof orderDemands>[0], assigned?: 'kept' | 'ours to choose'): unknown =>
    orderDemands(order, assigned).map(({ location, quantity }) => [location, quantity]);

  it('keeps the locations that the channel has cut a line into, and chooses for what it has not assigned', () => {
    const order = sampleOrder({
      lines: [sampleLine('A', { ordered: 6 })],
      assignments: [sampleAssignment('reno', 'A', 2), sampleAssignment('newark', 'A', 3)],
    });
    expect(places(order)).toEqual([
      ['reno', 2],
      ['newark', 3],
      [null, 1],
    ]);
  });

  it('makes one demand of two assignments to one location', () => {
    const order = sampleOrder({
      lines: [sampleLine('A', { ordered: 3 })],
      assignments: [
        sampleAssignment('reno', 'A', 1),
        sampleAssignment('reno', 'A', 2, { externalId: 'other', status: 'on-hold' }),
      ],
    });
    expect(places(order)).toEqual([['reno', 3]]);
  });

  it('never demands more than is open, though the channel has not seen the shipment yet', () => {
    const order = sampleOrder({
      lines: [sampleLine('A', { ordered: 4, shipped: 3 })],
      assignments: [sampleAssignment('reno', 'A', 4)],
    });
    expect(places(order)).toEqual([['reno', 1]]);
  });

  it.each(['closed', 'cancelled', 'incomplete'] as const)('does not look at a %s assignment', (status) => {
    const order = sampleOrder({ assignments: [sampleAssignment('reno', 'A', 1, { status })] });
    expect(places(order)).toEqual([[null, 1]]);
  });

  it('chooses over the channel where that is asked for, but never over the buyer who picks up', () => {
    const order = sampleOrder({
      lines: [sampleLine('A'), sampleLine('B')],
      assignments: [sampleAssignment('reno', 'A', 1), sampleAssignment('berlin', 'B', 1, { method: 'pickup' })],
    });
    expect(places(order, 'ours to choose')).toEqual([
      [null, 1],
      ['berlin', 1],
    ]);
  });

  it('refuses a location that is not mapped, naming the entry that would mend it', () => {
    const order = sampleOrder({
      assignments: [sampleAssignment('reno', 'A', 1, { location: null, remoteLocation: 'gid/9' })],
    });
    expect(() => orderDemands(order)).toThrow(
      expect.objectContaining({ fault: 'data', code: 'unmapped-location', needs: ['locations/gid/9'] }),
    );
    expect(places(order, 'ours to choose')).toEqual([[null, 1]]);
  });

  it('refuses to drop a line that is ours to ship and has no SKU', () => {
    const order = sampleOrder({ lines: [sampleLine('C', { sku: null, listing: 'OLD-1', kind: 'custom' })] });
    expect(() => orderDemands(order)).toThrow(
      expect.objectContaining({ fault: 'data', code: 'line-without-sku', needs: ['listings/OLD-1'] }),
    );
  });
});
