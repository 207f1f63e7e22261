/** A parcel that completes units of an order, with those before it that completed none by themselves. */
export interface Told<P> {
  readonly parcel: P;
  /** Its place among the parcels of its shipment. */
  readonly index: number;
  readonly before: readonly P[];
}

/**
 * What a channel is told of a shipment: one confirmation for each parcel that completes units of an order line. A parcel
 * that holds only a part of a kit is told with the one that completes it, so that the buyer has the numbers of both; one in
 * which nothing is known to be the order's is told with none.
 */
export function toldParcels<P extends { readonly units: readonly unknown[]; readonly items: readonly unknown[] }>(
  parcels: readonly P[],
): Told<P>[] {
  let before: P[] = [];
  return parcels.flatMap((parcel, index): Told<P>[] => {
    if (parcel.units.length === 0) {
      if (parcel.items.length > 0) before.push(parcel);
      return [];
    }
    const told = { parcel, index, before };
    before = [];
    return [told];
  });
}
