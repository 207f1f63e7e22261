import { describe, expect, it } from '@jest/globals';
import { toldParcels } from './parcels.ts';

const parcel = (tracking: string, units: number): { tracking: string; units: number[] } => ({
  tracking,
  units: Array.from({ length: units }, () => 1),
});

describe('what a channel is told of a shipment', () => {
  it('is each parcel that completes something, with the parts that went before it, each once', () => {
    const told = toldParcels([parcel('A', 1), parcel('B', 0), parcel('C', 0), parcel('D', 2), parcel('E', 1)]);
    expect(
      told.map(({ parcel: { tracking }, index, before }) => [tracking, index, before.map((one) => one.tracking)]),
    ).toEqual([
      ['A', 0, []],
      ['D', 3, ['B', 'C']],
      ['E', 4, []],
    ]);
  });

  it('is nothing yet of parts whose rest has not left', () => {
    expect(toldParcels([parcel('A', 0)])).toEqual([]);
  });
});
