import { describe, expect, it } from '@jest/globals';
import { toldParcels } from './parcels.ts';

interface Parcel {
  readonly tracking: string;
  readonly units: readonly number[];
  readonly items: readonly string[];
}

/** A parcel that completes so many units; of one that completes none a piece of a kit is in it, where nothing else is said. */
const parcel = (tracking: string, units: number, items = ['piece']): Parcel => ({
  tracking,
  units: Array.from({ length: units }, () => 1),
  items,
});

function told(parcels: readonly Parcel[]): unknown[] {
  return toldParcels(parcels).map(({ parcel: { tracking }, index, before }) => [
    tracking,
    index,
    before.map((one) => one.tracking),
  ]);
}

describe('what a channel is told of a shipment', () => {
  it('is each parcel that completes something, with the parts that went before it, each once', () => {
    expect(told([parcel('A', 1), parcel('B', 0), parcel('C', 0), parcel('D', 2), parcel('E', 1)])).toEqual([
      ['A', 0, []],
      ['D', 3, ['B', 'C']],
      ['E', 4, []],
    ]);
  });

  it('is nothing yet of parts whose rest has not left', () => {
    expect(told([parcel('A', 0)])).toEqual([]);
  });

  it('has no number of a parcel in which nothing is known to be the order’s', () => {
    expect(told([parcel('A', 0, []), parcel('B', 1)])).toEqual([['B', 1, []]]);
  });
});
