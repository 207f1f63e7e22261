import type { Uniqueness } from '../../src/connector/contract.ts';
import type { ExternalId, Key } from '../../src/domain/ids.ts';
import type { Chance } from './chance.ts';

export interface Kept<T> {
  readonly id: ExternalId;
  readonly key: Key;
  readonly item: T;
  readonly at: number;
  /** From then on a look-up finds it. */
  readonly foundAt: number;
}

/** What a remote was sent under our keys, and how well it tells the second of a key from the first. */
export class KeyBook<T> {
  readonly records: Kept<T>[] = [];
  readonly uniqueness: Uniqueness;
  readonly #prefix: string;
  readonly #now: () => number;
  readonly #chance: Chance;

  constructor(prefix: string, uniqueness: Uniqueness, now: () => number, chance: Chance) {
    this.#prefix = prefix;
    this.uniqueness = uniqueness;
    this.#now = now;
    this.#chance = chance;
  }

  /** Takes what was sent; where the remote remembers the key it is the first one that it answers with. */
  take(key: Key, item: T, onNew: (kept: Kept<T>) => void = () => undefined): ExternalId {
    const now = this.#now();
    const { uniqueness } = this;
    if (uniqueness.by === 'native') {
      const known = this.records.find((one) => one.key === key && now - one.at < uniqueness.forMs);
      if (known !== undefined) return known.id;
    }
    const lag =
      uniqueness.by === 'find' ? uniqueness.settleMs - 1 - this.#chance.between(0, uniqueness.settleMs / 2) : 0;
    const kept = { id: `${this.#prefix}${this.records.length + 1}`, key, item, at: now, foundAt: now + lag };
    this.records.push(kept);
    onNew(kept);
    return kept.id;
  }

  /** What a look-up says of it; a remote that has none cannot tell. */
  find(key: Key): ExternalId | 'absent' | 'unsure' {
    if (this.uniqueness.by === 'none') return 'unsure';
    return this.records.find((one) => one.key === key && one.foundAt <= this.#now())?.id ?? 'absent';
  }
}

/** A remote's promise of uniqueness, drawn. */
export function drawUniqueness(chance: Chance): Uniqueness {
  return chance.pick<Uniqueness>([
    { by: 'native', forMs: 86_400_000 },
    { by: 'native', forMs: 20_000 },
    { by: 'find', settleMs: 3_000 },
    { by: 'find', settleMs: 15_000 },
    { by: 'none' },
  ]);
}
