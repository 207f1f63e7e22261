import type { StockCount } from '../domain/stock.ts';
import { SyncError } from '../domain/errors.ts';
import type { Sku } from '../domain/ids.ts';
import type { RunContext } from '../jobs/handler.ts';
import type { Wanted } from '../store/job-records.ts';
import { levelId, type LevelChange } from '../store/level-records.ts';
import type { Observed, StockSource } from '../connector/contract.ts';
import type { Flow, FlowConnection } from './flow.ts';
import { wantDrainStock, wantReleaseShortfall } from './wanted.ts';

const MOST_ROUNDS = 12;

/** The counts of a record that are this connection's to make. @throws SyncError `data` when the record cannot be read. */
export function countsOf(flow: Flow, connection: FlowConnection, source: StockSource, record: Observed): StockCount[] {
  // Two shops may both list a location: only its authority's number is its stock.
  return source
    .normalize(record, connection.mapping)
    .filter((count) => (flow.stockFrom.get(count.location) ?? connection.id) === connection.id);
}

/**
 * Makes counts true: each one change of its level over the version read. Stock that came is offered to who waits; where
 * less is there than is reserved, the newest promises are planned again.
 *
 * @returns how many levels changed
 * @throws SyncError `transient` where others changed the same levels faster for too long
 */
export async function applyCounts(
  flow: Flow,
  counts: readonly StockCount[],
  cause: string,
  context: RunContext,
): Promise<number> {
  const { store, clock } = flow;
  // The last count of a level on a page is the one that holds.
  let open = new Map(counts.map((count) => [levelId(count.sku, count.location), count]));
  const followed: Wanted[] = [];
  const available = new Set<Sku>();
  let changed = 0;
  for (let round = 0; open.size > 0; round += 1) {
    if (round === MOST_ROUNDS) {
      throw new SyncError('transient', `${open.size} stock levels changed faster than they could be counted.`, {
        remedy: 'Nothing to do: they are counted again.',
      });
    }
    const at = new Date(clock.now());
    const heads = new Map((await store.levels.heads([...open.keys()])).map((head) => [head._id, head]));
    const fresh = [...open].filter(([id]) => !heads.has(id)).map(([, count]) => count);
    const there = await store.levels.open(
      fresh.map(({ sku, location, quantity, asOf }) => ({
        sku,
        location,
        onHand: quantity,
        countedAt: new Date(asOf),
        cause,
      })),
      clock.now(),
    );
    for (const { sku, quantity } of fresh) if (quantity > 0) available.add(sku);
    const changes: LevelChange[] = [];
    for (const [id, count] of open) {
      const head = heads.get(id);
      // An older count brings nothing back: neither over a newer one nor over what has left since.
      if (head === undefined || count.asOf < Math.max(head.countedAt.getTime(), head.leftAt?.getTime() ?? 0)) continue;
      // A net count has open orders taken off already: ours are added back, so that nothing is subtracted twice.
      const onHand = count.basis === 'gross' ? count.quantity : count.quantity + (head.onHand - head.free);
      if (onHand === head.onHand) continue;
      const free = head.free + (onHand - head.onHand);
      changes.push({
        before: head,
        onHand,
        free,
        backlog: head.backlog,
        countedAt: new Date(count.asOf),
        movement: { at, kind: 'counted', lines: [], cause },
      });
    }
    const lost = await store.levels.change(changes);
    const counted = new Map(changes.map(({ before, free }) => [before._id, free]));
    for (const head of heads.values()) {
      if (lost.has(head._id)) continue;
      // Also where nothing changed: whoever counted it may have been killed before anything followed from it.
      const free = counted.get(head._id) ?? head.free;
      if (free < 0) followed.push(wantReleaseShortfall(head._id));
      else if (free > 0) available.add(head.sku);
    }
    changed += changes.length - lost.size + fresh.length - there.size;
    open = new Map([...open].filter(([id]) => lost.has(id) || there.has(id)));
  }
  const waited = await store.orders.waitedFor([...available]);
  await context.enqueue([...followed, ...waited.map(wantDrainStock)]);
  return changed;
}
