import { expect } from '@jest/globals';
import type { Cursor, Observed, Source } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { Mapping } from '../../src/connector/mapping/mapping.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import type { TimeWindow } from '../../src/domain/time.ts';
import type { Remote, Rule } from './rig.ts';

/** A remote record by what makes it one observation. */
export interface Known {
  readonly id: ExternalId;
  readonly version: number;
}

/** A Source under test. */
export interface SourceSubject<T, R extends Remote = Remote> {
  readonly name: string;
  /** Starts a fresh stand-in that holds at least three pages of records at the page size that `open` uses. */
  start(): Promise<R>;
  open(remote: R, io: Io): Source<T>;
  /** What the remote holds within our scope, by its own books. */
  held(remote: R): readonly Known[] | Promise<readonly Known[]>;
  /** Changes one record at the remote and says which. Absent = its records never change. */
  touch?(remote: R): Promise<Known>;
  /** A window in which every held record was changed last. */
  readonly window: TimeWindow;
  /** An id that the remote does not have. */
  readonly unknownId: ExternalId;
  /** Every secret that `open` is given. */
  readonly secrets: readonly string[];
  readonly normalized: {
    readonly mapping: Mapping;
    /** The folder of `<case>.raw.json` and `<case>.canonical.json`. */
    readonly fixtures: string;
    /** A raw fixture, parsed, as `pull` would yield it. */
    observe(raw: unknown): Observed;
    /** I4: in what the record does not add up. */
    differences?(canonical: T): readonly { readonly kind: string }[];
    /** Cases whose totals are wrong on purpose. */
    readonly wrongTotals?: readonly string[];
  };
}

export type SourceRule = Rule<SourceSubject<unknown>>;

/** Pulls until nothing more is listed. */
export async function pullAll(
  source: Source<unknown>,
  since: Cursor | null,
): Promise<{ pages: { next: Cursor }[]; seen: Known[] }> {
  const pages: { next: Cursor }[] = [];
  const seen: Known[] = [];
  for await (const { records, next } of source.pull(since)) {
    pages.push({ next });
    for (const { id, version } of records) seen.push({ id, version });
    if (pages.length > 10_000) throw new Error('the pull does not end');
  }
  return { pages, seen };
}

/** Everything held was seen, at its version. */
export function expectAll(seen: readonly Known[], held: readonly Known[]): void {
  const have = new Set(seen.map(({ id, version }) => `${id} v${version}`));
  expect(held.length).toBeGreaterThan(0);
  expect(held.map(({ id, version }) => `${id} v${version}`).filter((one) => !have.has(one))).toEqual([]);
}

export function expectBetween(found: number | undefined, least: number, most: number): void {
  expect(found).toBeGreaterThanOrEqual(least);
  expect(found).toBeLessThanOrEqual(most);
}
