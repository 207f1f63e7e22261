import type { ChannelLevel } from '../domain/fulfillment.ts';
import type { PublishedDocument } from '../store/ledger-documents.ts';
import { publishedId } from '../store/published-records.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { publishedLocations, sellableOf } from './sellable.ts';

/**
 * Writes down what a channel shows now, and what it is to show. A channel can keep several items under one SKU (Shopify
 * does not insist on one): each is told the number, and stands for itself.
 *
 * @param asked the listings of which every item is among the levels, so that one that is not is gone: taken off the
 * location, or under another SKU by now. Null = others may follow
 * @returns how many show another number than they were told
 */
export async function noteShown(
  flow: Flow,
  channel: FlowConnection,
  levels: readonly ChannelLevel[],
  asked: readonly string[] | null,
): Promise<number> {
  const locations = publishedLocations(flow, channel);
  const ours = levels.filter(({ location }) => locations.has(location));
  const rows = await flow.store.published.ofListings(channel.id, asked ?? ours.map(({ listing }) => listing));
  const known = new Map(rows.map((row) => [row._id, row]));
  const ids = placesOf(channel, ours, known, asked !== null);
  const shown = new Set(ids);
  const missed = asked === null ? [] : rows.filter(({ _id }) => !shown.has(_id));
  const numbers = await sellableOf(flow, channel, [...ours, ...missed]);
  const seenAt = new Date(flow.clock.now());
  const noted = ours.map((level, index) => {
    const _id = ids[index] ?? publishedId(channel.id, level.location, level.listing, level.item);
    const before = known.get(_id);
    return { before, document: shownAs(_id, channel, level, before, numbers[index] ?? 0, seenAt) };
  });
  const closed = missed.flatMap((before, index) => {
    const document = goneAs(before, numbers[ours.length + index] ?? 0, seenAt);
    return document === null ? [] : [{ before, document }];
  });
  await flow.store.published.save(
    [...noted, ...closed].map(({ before, document }) => ({ before: before?.v ?? 0, document })),
  );
  return noted.filter(({ before, document }) => hasDrifted(before, document)).length;
}

/** What is written down of a level that is shown. What comes back was told nothing while it was gone. */
function shownAs(
  _id: string,
  channel: FlowConnection,
  { listing, item, location, available }: ChannelLevel,
  before: PublishedDocument | undefined,
  number: number,
  seenAt: Date,
): PublishedDocument {
  const told = before?.gone === true ? undefined : before;
  return {
    _id,
    v: (before?.v ?? 0) + 1,
    connection: channel.id,
    listing,
    item,
    location,
    seen: available,
    seenAt,
    sent: available === number ? number : (told?.sent ?? null),
    sentAt: available === number ? seenAt : (told?.sentAt ?? null),
    wanted: available === number ? null : number,
    lost: told?.lost ?? 0,
    refused: null,
    gone: false,
  };
}

/** What is written down of what is no longer shown; null = it stands there already. */
function goneAs(before: PublishedDocument, number: number, seenAt: Date): PublishedDocument | null {
  if (before.gone === true && before.sent === number) return null;
  return { ...before, v: before.v + 1, seenAt, sent: number, wanted: null, lost: 0, refused: null, gone: true };
}

function hasDrifted(before: PublishedDocument | undefined, { wanted }: PublishedDocument): boolean {
  return before !== undefined && before.gone !== true && before.sent !== null && before.sent === wanted;
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
    const standing = known.get(own);
    const gone =
      standing?.gone === true ||
      (standing !== undefined && whole && !shown.has(twinOf({ ...level, item: standing.item })));
    const owner = owners.get(own) ?? (gone ? undefined : standing?.item) ?? level.item;
    owners.set(own, owner);
    return owner === level.item ? own : twinOf(level);
  });
}
