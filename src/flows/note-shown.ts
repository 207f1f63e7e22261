import type { ChannelLevel } from '../domain/fulfillment.ts';
import type { PublishedDocument } from '../store/ledger-documents.ts';
import { publishedId } from '../store/published-records.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { publishedLocations, sellableOf } from './sellable.ts';

/**
 * Writes down what a channel shows now, and what it is to show. A channel can keep several items under one SKU (Shopify
 * does not insist on one): each is told the number, and stands for itself.
 *
 * @param whole whether every item of these listings is among the levels: then one that is not is gone
 * @returns how many show another number than they were told
 */
export async function noteShown(
  flow: Flow,
  channel: FlowConnection,
  levels: readonly ChannelLevel[],
  whole: boolean,
): Promise<number> {
  const locations = publishedLocations(flow, channel);
  const ours = levels.filter(({ location }) => locations.has(location));
  const numbers = await sellableOf(flow, channel, ours);
  const known = await flow.store.published.read(
    ours.flatMap(({ listing, location, item }) => [
      publishedId(channel.id, location, listing),
      publishedId(channel.id, location, listing, item),
    ]),
  );
  const ids = placesOf(channel, ours, known, whole);
  const seenAt = new Date(flow.clock.now());
  let drifted = 0;
  await flow.store.published.save(
    ours.map(({ listing, item, location, available }, index) => {
      const _id = ids[index] ?? publishedId(channel.id, location, listing, item);
      const before = known.get(_id);
      const number = numbers[index] ?? 0;
      if (before?.sent !== null && before?.sent !== undefined && before.sent === number && available !== number)
        drifted += 1;
      const document: PublishedDocument = {
        _id,
        v: (before?.v ?? 0) + 1,
        connection: channel.id,
        listing,
        item,
        location,
        seen: available,
        seenAt,
        sent: available === number ? number : (before?.sent ?? null),
        sentAt: available === number ? seenAt : (before?.sentAt ?? null),
        wanted: available === number ? null : number,
        lost: before?.lost ?? 0,
        refused: null,
      };
      return { before: before?.v ?? 0, document };
    }),
  );
  return drifted;
}

/** Where each level is written down: the listing's own place is that of its first item, and stays so while that is there. */
function placesOf(
  channel: FlowConnection,
  levels: readonly ChannelLevel[],
  known: ReadonlyMap<string, PublishedDocument>,
  whole: boolean,
): string[] {
  const twinOf = ({ listing, location, item }: ChannelLevel): string =>
    publishedId(channel.id, location, listing, item);
  const shown = new Set(levels.map(twinOf));
  const owners = new Map<string, string>();
  return levels.map((level) => {
    // One that has a place of its own keeps it: two places of one item would be told twice.
    if (known.has(twinOf(level))) return twinOf(level);
    const own = publishedId(channel.id, level.location, level.listing);
    const standing = known.get(own)?.item;
    const gone = standing !== undefined && whole && !shown.has(twinOf({ ...level, item: standing }));
    const owner = owners.get(own) ?? (gone ? undefined : standing) ?? level.item;
    owners.set(own, owner);
    return owner === level.item ? own : twinOf(level);
  });
}
