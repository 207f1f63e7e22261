import type { LineId, LocationId, OrderId, Sku } from '../domain/ids.ts';
import type { Reservation } from '../domain/stock.ts';
import type { MovementEntry } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { beyondTails } from './beyond-tails.ts';
import type { Findings } from './finding.ts';
import type { LevelMarks } from './level-marks.ts';
import { inGroups, jobKey, jobsThere, WORK } from './job-look-up.ts';

const TOGETHER = 100;

interface Level {
  readonly _id: string;
  readonly v: number;
  readonly sku: Sku;
  readonly location: LocationId;
  readonly onHand: number;
  readonly free: number;
  readonly reserved: readonly Reservation[];
  readonly tail: readonly MovementEntry[];
}

export interface LevelCounts {
  readonly levels: number;
  readonly reservations: number;
  readonly units: number;
  readonly movements: number;
}

/**
 * Every level by itself: free = on hand − Σ reserved, and not below zero but while its shortfall is being released (I3);
 * one movement per version, which sum up to it (I5). What is reserved is noted in `marks`, to be compared with the plans.
 */
export async function checkLevels(store: Store, findings: Findings, marks: LevelMarks): Promise<LevelCounts> {
  const counts = { levels: 0, reservations: 0, units: 0, movements: 0 };
  const cursor = store.collections.levels
    .find({})
    .project<Level>({ v: 1, sku: 1, location: 1, onHand: 1, free: 1, reserved: 1, tail: 1 })
    .sort({ _id: 1 })
    .batchSize(TOGETHER);
  for await (const group of inGroups(cursor, TOGETHER)) {
    const below: Level[] = [];
    for (const level of group) {
      counts.levels += 1;
      let reserved = 0;
      const seen = new Set<string>();
      for (const { order, line, quantity } of level.reserved) {
        if (quantity === 0) continue;
        reserved += quantity;
        counts.reservations += 1;
        marks.reserved(level._id, order, line, quantity);
        if (quantity < 0 || seen.has(reservationOf(order, line))) {
          findings.add({
            invariant: 'I3',
            where: level._id,
            says: `line ${line} of ${order} is reserved twice or by less than nothing`,
          });
        }
        seen.add(reservationOf(order, line));
      }
      counts.units += reserved;
      if (level.free !== level.onHand - reserved) {
        findings.add({
          invariant: 'I3',
          where: level._id,
          says: `${level.onHand} on hand − ${reserved} reserved is not ${level.free} free`,
        });
      }
      if (level.free < 0) below.push(level);
    }
    await checkShortfalls(store, below, findings);
    counts.movements += await checkMovements(store, group, findings);
  }
  return counts;
}

function reservationOf(order: OrderId, line: LineId): string {
  return `${order}/${line}`;
}

/** Below zero is right only while reservations are being taken back; a source may also count less than nothing. */
async function checkShortfalls(store: Store, below: readonly Level[], findings: Findings): Promise<void> {
  const promised = below.filter(({ reserved }) => reserved.some(({ quantity }) => quantity > 0));
  const there = await jobsThere(
    store,
    promised.map(({ _id }) => jobKey(WORK.shortfall, _id)),
  );
  for (const { _id, free } of promised) {
    if (there.has(jobKey(WORK.shortfall, _id))) continue;
    const [now] = await store.levels.heads([_id]);
    if (now === undefined || now.free >= 0) continue;
    findings.add({
      invariant: 'I3',
      where: _id,
      says: `${-free} units are promised and not there, and nobody takes the promises back`,
    });
  }
}

interface Kept {
  readonly spans: { from: number; to: number }[];
  onHand: number;
  free: number;
  entries: number;
}

async function checkMovements(store: Store, group: readonly Level[], findings: Findings): Promise<number> {
  const kept = await keptMovements(store, group);
  let movements = 0;
  for (const level of group) {
    const { spans, onHand, free, entries } = kept.get(level._id) ?? { spans: [], onHand: 0, free: 0, entries: 0 };
    spans.sort((a, b) => a.from - b.from);
    const drainedTo = spans.at(-1)?.to ?? 0;
    // A worker that died between the copy and the change leaves the tail copied: a movement is known by its version.
    const tail = level.tail.filter(({ v }) => v > drainedTo);
    const all = [...spans, ...tail.map(({ v }) => ({ from: v, to: v }))];
    let next = 1;
    for (const { from, to } of all) {
      if (from === next) next = to + 1;
      else break;
    }
    movements += entries + tail.length;
    // The level changed between the two reads: then what was kept runs ahead of it, and is looked at again next time.
    if (drainedTo > level.v) continue;
    if (next !== level.v + 1) {
      findings.add({ invariant: 'I5', where: level._id, says: `of ${level.v} movements number ${next} is missing` });
      continue;
    }
    const sums = tail.reduce((sum, entry) => ({ onHand: sum.onHand + entry.onHand, free: sum.free + entry.free }), {
      onHand,
      free,
    });
    if (sums.onHand !== level.onHand || sums.free !== level.free) {
      const says = `its movements add up to ${sums.onHand} on hand and ${sums.free} free, it says ${level.onHand} and ${level.free}`;
      findings.add({ invariant: 'I5', where: level._id, says });
    }
  }
  return movements;
}

async function keptMovements(store: Store, group: readonly Level[]): Promise<Map<string, Kept>> {
  const wanted = new Map<string, Kept>();
  const beyond = beyondTails(group);
  if (beyond === null) return wanted;
  for (const level of beyond.levels) wanted.set(level, { spans: [], onHand: 0, free: 0, entries: 0 });
  const cursor = store.collections.movements
    .find(beyond.filter)
    .project<{ level: string; from: number; to: number; entries: { onHand: number; free: number }[] }>({
      level: 1,
      from: 1,
      to: 1,
      'entries.onHand': 1,
      'entries.free': 1,
    })
    .batchSize(500);
  for await (const { level, from, to, entries } of cursor) {
    const kept = wanted.get(level);
    if (kept === undefined) continue;
    kept.spans.push({ from, to });
    kept.entries += entries.length;
    for (const entry of entries) {
      kept.onHand += entry.onHand;
      kept.free += entry.free;
    }
  }
  return wanted;
}
