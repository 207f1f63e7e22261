import type { InventorySink } from '../connector/contract.ts';
import { contentHash, type ConnectionId } from '../domain/ids.ts';
import { mayLeave } from '../domain/run-signal.ts';
import type { Instant } from '../domain/time.ts';
import type { Handler, Result, RunContext } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import { asSyncError } from '../domain/errors.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import type { PublishedDocument } from '../store/ledger-documents.ts';
import type { ChangePlace } from '../store/level-records.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { noteShown } from './note-shown.ts';
import { ordersHere, type OrdersHere } from './orders-here.ts';
import { publishedLocations, sellableOf } from './sellable.ts';
import { KIND, wantPullOrders } from './wanted.ts';

/** Workers' clocks may differ by so much. */
const OVERLAP_MS = 60_000;
const TOGETHER = 2_000;
/** What waits is looked at again twice as late each time, within these bounds; a round waits for most of that. */
const AGAIN_LEAST_MS = 500;
const AGAIN_MOST_MS = 30_000;
/** So often another was faster, and the lower of the two numbers is told without waiting. */
const PATIENCE = 3;

/**
 * publish: sends a channel absolute numbers of what is left to sell, each in place of exactly what the channel showed.
 * A higher number waits until every order that the channel had when it was read is here and planned: what was sold there
 * meanwhile is then in our number, and what is sold after makes the channel refuse it. A lower number can only sell less.
 */
export function publishStock(flow: Flow): Handler {
  return publishing(flow, KIND.publishStock, changed);
}

/** The same for everything that the channel shows, also what we have not changed: drift is found and put right. */
export function publishAll(flow: Flow): Handler {
  return publishing(flow, KIND.publishAll, everything);
}

interface Publishing {
  readonly flow: Flow;
  readonly context: RunContext;
  readonly channel: FlowConnection;
  readonly sink: InventorySink;
}

/** How often this worker has looked in vain at what waits in a channel: by channel, for the newest reading. */
type Looks = Map<ConnectionId, { readonly seenLast: Instant; readonly times: number }>;

function publishing(flow: Flow, kind: string, look: (publishing: Publishing) => Promise<void>): Handler {
  const looks: Looks = new Map();
  return {
    kind,
    batch: 1,
    concurrency: 2,
    requestMs: 30_000,
    async run(jobs, context) {
      return Promise.all(jobs.map((job) => publish(flow, job, context, look, looks)));
    },
  };
}

async function publish(
  flow: Flow,
  job: ClaimedJob,
  context: RunContext,
  look: (publishing: Publishing) => Promise<void>,
  looks: Looks,
): Promise<Result> {
  try {
    const channel = connectionOf(flow, job.connection);
    const sink = channel.capabilities.inventory;
    if (sink === undefined || channel.effects.publish === 'off') return { job, done: true };
    const run: Publishing = { flow, context, channel, sink };
    const began = flow.clock.now();
    await look(run);
    const waiting = await tell(run);
    if (waiting === null) return { job, done: true };
    const { standing, pulledFrom, seenLast, allHigher } = waiting;
    if (standing === 'parked' && allHigher) {
      if (seenLast >= began)
        context.log.warn(
          'Higher numbers wait: an order of this channel is parked, and its units may be sold already.',
          {
            connection: channel.id,
            remedy:
              'Look at the cases of this channel: when what is parked has been mended and replayed, the numbers are told.',
          },
        );
      // A person has to do something first: the next tick looks again.
      return { job, done: true };
    }
    if (pulledFrom <= seenLast) await context.enqueue([wantPullOrders(channel.id)]);
    const before = looks.get(channel.id);
    const times = before?.seenLast === seenLast ? before.times + 1 : 0;
    looks.set(channel.id, { seenLast, times });
    return { job, again: flow.clock.now() + Math.min(AGAIN_MOST_MS, AGAIN_LEAST_MS * 2 ** Math.min(times, 20)) };
  } catch (thrown) {
    if (isStoreAway(thrown)) throw thrown;
    return { job, error: asSyncError(thrown) };
  }
}

/** Looks at the listings of every SKU whose stock has changed since the last time, and of what was not told yet. */
async function changed(run: Publishing): Promise<void> {
  const { flow, channel, sink, context } = run;
  const { connections, levels, published } = flow.store;
  const name = `${channel.id}/publish`;
  // What could not be told because the channel had moved on is read again.
  const known = await published.wanted(channel.id);
  await look(known.filter(({ seenAt }) => seenAt.getTime() === 0).map(({ listing }) => listing));
  const ours = new Set(publishedLocations(flow, channel).values());
  let cursor = await connections.cursor(name);
  const from = cursor === null ? 0 : Number(cursor.cursor);
  let behind: ChangePlace | undefined;
  for (;;) {
    const rows = await levels.changedSince(from - OVERLAP_MS, TOGETHER, behind);
    const skus = new Set(rows.filter(({ location }) => ours.has(location)).map(({ sku }) => sku));
    await look([...skus].flatMap((sku) => [...channel.mapping.listingsOf(sku)]));
    behind = rows.at(-1);
    const to = Math.max(from, behind?.at.getTime() ?? from);
    cursor = await connections.saveCursor(name, cursor, String(to), flow.clock.now());
    // Another run of this job has taken over: it looks at the rest.
    if (rows.length < TOGETHER || cursor === null) return;
  }

  async function look(listings: readonly string[]): Promise<void> {
    const wanted = await differing(run, [...new Set(listings)]);
    if (wanted.length > 0) await noteShown(flow, channel, await sink.levels(wanted, context.signal), wanted);
  }
}

/** Of these listings, those of which the channel was last told another number than there is now, or nothing at all. */
async function differing({ flow, channel }: Publishing, listings: readonly string[]): Promise<string[]> {
  const locations = publishedLocations(flow, channel);
  const known = await flow.store.published.ofListings(channel.id, listings);
  const rows = known.filter(({ location }) => locations.has(location));
  const numbers = await sellableOf(flow, channel, rows);
  const listingsOf = (some: readonly PublishedDocument[]): Set<string> => new Set(some.map(({ listing }) => listing));
  // What was read and waits to be told is not read again: it would have to wait anew for the orders up to then.
  const waits = ({ wanted, seenAt }: PublishedDocument): boolean => wanted !== null && seenAt.getTime() > 0;
  const [read, kept, waiting] = [
    listingsOf(rows),
    listingsOf(rows.filter(({ gone }) => gone !== true)),
    listingsOf(rows.filter(waits)),
  ];
  const differ = rows.filter((row, index) => {
    // A listing that was read is told of where the channel keeps it; where it does not, there is nothing to be read again.
    if (row.gone === true && kept.has(row.listing)) return false;
    // What is not taken can wait until what waits beside it has been told.
    if (waits(row) || (row.refused !== null && waiting.has(row.listing))) return false;
    return row.sent !== numbers[index] || row.seenAt.getTime() === 0;
  });
  const again = listingsOf(differ);
  return listings.filter((listing) => !read.has(listing) || again.has(listing));
}

async function everything(run: Publishing): Promise<void> {
  const { flow, channel, sink, context } = run;
  // A run that only waits for orders to come in has read everything already.
  const cursorName = `${channel.id}/publish-all`;
  const cursor = await flow.store.connections.cursor(cursorName);
  const now = flow.clock.now();
  const waiting = await flow.store.published.wanted(channel.id);
  if (cursor !== null && waiting.some(({ seenAt }) => seenAt.getTime() > 0) && now - cursor.at.getTime() < OVERLAP_MS)
    return;
  let drifted = 0;
  for await (const levels of sink.all(context.signal)) drifted += await noteShown(flow, channel, levels, null);
  // What waits and was nowhere among all that is there may be another listing's by now, and is not to be told for this one.
  const missed = (await flow.store.published.wanted(channel.id)).filter(({ seenAt }) => seenAt.getTime() < now);
  const unseen = [...new Set(missed.map(({ listing }) => listing))];
  if (unseen.length > 0) await noteShown(flow, channel, await sink.levels(unseen, context.signal), unseen);
  await flow.store.connections.saveCursor(cursorName, cursor, String(now), now);
  if (drifted > 0)
    context.log.warn('A channel showed other stock than it was told.', { connection: channel.id, levels: drifted });
}

/** Numbers that were read and wait to be told. */
interface Waiting extends OrdersHere {
  /** When the last of them was read. */
  readonly seenLast: Instant;
  /** None of them could be told without the channel's orders. */
  readonly allHigher: boolean;
}

/** Tells what may be told. Returns what waits; null = nothing does. */
async function tell(run: Publishing): Promise<Waiting | null> {
  const { flow, channel, sink, context } = run;
  const open = await readAndWanted(run);
  if (open.length === 0) return null;
  const here = await ordersHere(flow, channel.id);
  const numbers = await sellableOf(flow, channel, open);
  const ready: { before: PublishedDocument; wanted: number }[] = [];
  const settled: { before: number; document: PublishedDocument }[] = [];
  for (const [index, before] of open.entries()) {
    const number = numbers[index] ?? 0;
    const wanted = before.lost >= PATIENCE ? Math.min(number, before.seen) : number;
    const planned = here.standing === null && here.pulledFrom > before.seenAt.getTime();
    if (wanted === before.seen)
      settled.push({ before: before.v, document: { ...before, v: before.v + 1, sent: wanted, wanted: null, lost: 0 } });
    else if (wanted < before.seen || planned) ready.push({ before, wanted });
  }
  await flow.store.published.save(settled);
  if (ready.length > 0) await send(run, ready);
  const lost = await lostListings(run);
  if (lost.length > 0) await noteShown(flow, channel, await sink.levels(lost, context.signal), lost);
  const rest = await readAndWanted(run);
  if (rest.length === 0) return null;
  return {
    ...here,
    seenLast: Math.max(...rest.map(({ seenAt }) => seenAt.getTime())),
    allHigher: rest.every(({ wanted, seen }) => wanted !== null && wanted > seen),
  };
}

/** What was read and is to be told. What could not be told because the channel had moved on is read again first. */
async function readAndWanted({ flow, channel }: Publishing): Promise<PublishedDocument[]> {
  const wanted = await flow.store.published.wanted(channel.id);
  return wanted.filter(({ seenAt, refused }) => seenAt.getTime() > 0 && refused === null);
}

async function lostListings({ flow, channel }: Publishing): Promise<string[]> {
  const open = await flow.store.published.wanted(channel.id);
  return [...new Set(open.filter(({ seenAt }) => seenAt.getTime() === 0).map(({ listing }) => listing))];
}

async function send(
  { flow, channel, sink, context }: Publishing,
  ready: readonly { readonly before: PublishedDocument; readonly wanted: number }[],
): Promise<void> {
  const publications = ready.map(({ before: { listing, item, location, seen }, wanted }) => ({
    listing,
    item,
    location,
    available: seen,
    wanted,
  }));
  const key = `publish:${channel.id}:${contentHash(JSON.stringify([publications, ready.map(({ before }) => before.v)]))}`;
  const now = new Date(flow.clock.now());
  if (channel.effects.publish === 'shadow') {
    await flow.store.effects.freeze(
      { key, connection: channel.id, verb: 'publish', subject: key, payload: JSON.stringify(publications) },
      now.getTime(),
      { state: 'shadow', settleAt: null },
    );
    await flow.store.published.save(
      ready.map(({ before, wanted }) => ({
        before: before.v,
        document: { ...before, v: before.v + 1, sent: wanted, wanted: null },
      })),
    );
    return;
  }
  // Whatever comes of it, these are read again before anything else is told: written down before the first byte leaves.
  const unread = ready.map(({ before, wanted }) => ({
    wanted,
    document: { ...before, v: before.v + 1, seenAt: new Date(0), wanted },
  }));
  const refused = await flow.store.published.save(unread.map(({ document }) => ({ before: document.v - 1, document })));
  // Another run of this job has some of them in its hands: it ends them.
  if (refused.size > 0 || !mayLeave(context.signal)) return;
  const results = await sink.publish(publications, key, context.signal);
  await flow.store.published.save(
    unread.map(({ document, wanted }, index) => {
      const result = results[index] ?? 'moved on';
      const v = document.v + 1;
      const done = { ...document, v, sent: wanted, sentAt: now, seen: wanted, seenAt: now, wanted: null, lost: 0 };
      if (result === 'done') return { before: document.v, document: done };
      if (result === 'moved on') return { before: document.v, document: { ...document, v, lost: document.lost + 1 } };
      return { before: document.v, document: { ...document, v, seenAt: now, wanted: null, refused: result.refused } };
    }),
  );
  flow.meter.count('levels_published', results.filter((result) => result === 'done').length, {
    connection: channel.id,
  });
}
