import { rebuilt, type LevelDifference } from '../domain/stock-rebuild.ts';
import type { LevelDocument, MovementDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { beyondTails } from './beyond-tails.ts';
import { inGroups } from './job-look-up.ts';
import { levelQuery, type LevelFilter } from './stock.ts';

const TOGETHER = 100;

type Level = Pick<LevelDocument, '_id' | 'v' | 'onHand' | 'free' | 'reserved' | 'tail'>;

/** A level that is not what its movements add up to. */
export interface DifferentLevel {
  readonly level: string;
  readonly differences: readonly LevelDifference[];
  /** Whether the movements tell what ought to stand there: none is missing, none contradicts itself. */
  readonly rebuildable: boolean;
}

export interface LevelDifferences {
  readonly compared: number;
  readonly different: readonly DifferentLevel[];
}

/** Compares levels with the movements that are kept beside them, a hundred at a time; changes nothing. */
export async function levelDifferences(
  store: Store,
  filter: Pick<LevelFilter, 'sku' | 'location'>,
  onCompared: (compared: number) => void = () => undefined,
): Promise<LevelDifferences> {
  const cursor = store.collections.levels
    .find(levelQuery(filter))
    .project<Level>({ v: 1, onHand: 1, free: 1, reserved: 1, tail: 1 })
    .sort({ _id: 1 })
    .batchSize(TOGETHER);
  const different: DifferentLevel[] = [];
  let compared = 0;
  for await (const group of inGroups(cursor, TOGETHER)) {
    const kept = await keptOf(store, group);
    for (const level of group) {
      const { level: sum, differences } = rebuilt(level, [...(kept.get(level._id) ?? []), ...level.tail]);
      if (differences.length > 0) different.push({ level: level._id, differences, rebuildable: sum !== null });
    }
    compared += group.length;
    onCompared(compared);
  }
  return { compared, different };
}

/** The movements that have left the tails of these levels. */
async function keptOf(store: Store, group: readonly Level[]): Promise<Map<string, MovementDocument['entries']>> {
  const beyond = beyondTails(group);
  const kept = new Map<string, MovementDocument['entries']>((beyond?.levels ?? []).map((level) => [level, []]));
  if (beyond === null) return kept;
  const rows = store.collections.movements.find(beyond.filter).batchSize(500);
  for await (const { level, entries } of rows) kept.get(level)?.push(...entries);
  return kept;
}
