import type { LocationId } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/time.ts';
import type { Assigned, Sale } from './sale.ts';

/** Units of one line of an order. */
export interface SentLine {
  readonly line: number;
  readonly quantity: number;
}

/** One parcel leaves with units of some of the order's work: the sale as it is afterwards, one revision on. */
export function parcelSent(
  sale: Sale,
  at: Instant,
  parts: readonly { readonly work: Assigned; readonly lines: readonly SentLine[] }[],
  carrier: string,
  tracking: string,
): Sale {
  const left = new Map<number, number>();
  for (const { line, quantity } of parts.flatMap(({ lines }) => lines))
    left.set(line, (left.get(line) ?? 0) + quantity);
  const assigned = sale.assigned.map((work): Assigned => {
    const part = parts.find((each) => each.work.number === work.number);
    if (part === undefined) return work;
    const lines = work.lines.map((line) => {
      const sent = part.lines.reduce((sum, each) => sum + (each.line === line.line ? each.quantity : 0), 0);
      return { ...line, remaining: line.remaining - sent };
    });
    return { ...work, status: lines.every(({ remaining }) => remaining === 0) ? 'closed' : 'in-progress', lines };
  });
  const parcel = {
    number: sale.parcels.length + 1,
    at,
    place: parts[0]?.work.place ?? null,
    carrier,
    tracking,
    lines: [...left].map(([line, quantity]) => ({ line, quantity })),
  };
  return {
    ...sale,
    parcels: [...sale.parcels, parcel],
    assigned,
    lines: sale.lines.map((line) => ({ ...line, shipped: line.shipped + (left.get(line.number) ?? 0) })),
    updatedAt: Math.max(at, sale.updatedAt),
    revision: sale.revision + 1,
  };
}

/** Units of one piece of work become the work of another place: all of it moves, or a part is split off. */
export function workMoved(
  sale: Sale,
  at: Instant,
  number: number,
  place: LocationId,
  lines: readonly SentLine[],
): Sale {
  const after = { ...sale, updatedAt: Math.max(at, sale.updatedAt), revision: sale.revision + 1 };
  const work = sale.assigned.find((each) => each.number === number);
  if (work === undefined) return sale;
  const moved = (line: number): number =>
    lines.reduce((sum, each) => sum + (each.line === line ? each.quantity : 0), 0);
  const whole =
    work.status === 'open' &&
    work.lines.every(({ line, total, remaining }) => moved(line) === remaining && total === remaining);
  if (whole) {
    return { ...after, assigned: sale.assigned.map((each) => (each.number === number ? { ...each, place } : each)) };
  }
  const rest = work.lines.flatMap(({ line, total, remaining }) => {
    const kept = total - moved(line);
    return kept > 0 ? [{ line, total: kept, remaining: remaining - moved(line) }] : [];
  });
  const fresh: Assigned = {
    ...work,
    number: Math.max(...sale.assigned.map((each) => each.number)) + 1,
    place,
    status: 'open',
    lines: lines.map(({ line, quantity }) => ({ line, total: quantity, remaining: quantity })),
  };
  const done = rest.every(({ remaining }) => remaining === 0);
  return {
    ...after,
    assigned: [
      ...sale.assigned.map((each): Assigned =>
        each.number === number ? { ...each, lines: rest, status: done ? 'closed' : each.status } : each,
      ),
      fresh,
    ],
  };
}
