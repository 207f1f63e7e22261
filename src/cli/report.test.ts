import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { InvariantResult } from '../queries/finding.ts';
import { SyncError, type Fault } from '../domain/errors.ts';
import { EmbeddedStoreError } from '../store/embedded/index.ts';
import { failureOf, UsageError } from './exit-code.ts';
import { progressLine } from './progress.ts';
import { completenessTable, invariantLines, verdictOf } from './report.ts';
import { exitOf, type RoundSummary } from './round-summary.ts';
import { figure, moment, span, table, under } from './table.ts';

const holds: InvariantResult = {
  id: 'I2',
  title: 'one order, one effect',
  state: 'holds',
  counted: '5 order ids',
  broken: 0,
  findings: [],
  notes: [],
};
const broken: InvariantResult = {
  ...holds,
  id: 'I3',
  state: 'broken',
  broken: 7,
  findings: Array.from({ length: 7 }, (_, n) => ({ invariant: 'I3', where: `A@${n}`, says: 'is wrong' })),
};
const unchecked: InvariantResult = {
  ...holds,
  id: 'I1',
  state: 'not checked',
  notes: ['shop was not compared with its channel.'],
};

function summary(part: Partial<RoundSummary>): RoundSummary {
  return {
    round: { startedAt: '', tookMs: 1, pulled: 0, unchanged: 0, stockItems: 0, ordersPerSecond: 0, stopped: null },
    held: { orders: 0, stages: [], currencies: [] },
    parked: [],
    completeness: [],
    connections: [],
    invariants: [holds],
    path: { path: [], published: [] },
    compared: null,
    exit: 0,
    ...part,
  };
}

describe('table', () => {
  it('stands text left and numbers right, under their titles', () => {
    expect(
      table(
        [{ title: 'sku' }, { title: 'free', right: true }],
        [
          ['A-1', '7'],
          ['LONGER', '1,204'],
        ],
      ),
    ).toEqual(['sku      free', 'A-1         7', 'LONGER  1,204']);
  });

  it('is nothing at all without rows, and so is its heading', () => {
    expect(table([{ title: 'sku' }], [])).toEqual([]);
    expect(under('Stock', [])).toEqual([]);
  });

  it('leaves no spaces at the end of a line', () => {
    expect(
      table(
        [{ title: 'a' }, { title: 'b' }],
        [
          ['1', ''],
          ['2', 'x'],
        ],
      ),
    ).toEqual(['a  b', '1', '2  x']);
  });
});

describe('figures for a person', () => {
  it.each([
    [340, '340 ms'],
    [4_249, '4.2 s'],
    [180_000, '3 min'],
    [18_000_000, '5 h'],
    [172_800_000, '2 d'],
  ])('%d ms is %s', (ms, text) => expect(span(ms)).toBe(text));

  it('instants are in UTC and say so', () => expect(moment(Date.UTC(2026, 2, 29, 1))).toBe('2026-03-29 01:00:00Z'));

  it('thousands are set apart', () => expect(figure(1_234_567)).toBe('1,234,567'));

  it('progress is one line of counts', () => {
    expect(progressLine('orders', { pulled: 3, normalized: 2, settled: 1, stock: 9 })).toBe(
      'orders: 9 stock items, 3 orders pulled, 2 normalized, 1 planned',
    );
  });
});

describe('invariants for a person', () => {
  it('marks each, names the first five findings and how many more there are', () => {
    expect(invariantLines([holds, broken, unchecked])).toEqual([
      '✓ I2 one order, one effect  5 order ids',
      '✗ I3 one order, one effect  7 broken; 5 order ids',
      ...[0, 1, 2, 3, 4].map((n) => `     A@${n}: is wrong`),
      '     … and 2 more: --json lists the first 20',
      '– I1 one order, one effect  5 order ids',
      '     shop was not compared with its channel.',
    ]);
  });

  it('sums up what is broken and what was not checked', () => {
    expect(verdictOf([holds])).toBe('I1–I6 hold.');
    expect(verdictOf([unchecked, holds, broken])).toBe('Broken: I3. Not checked: I1. Holding: I2.');
  });

  it('counts what is missing, stale, extra and parked of each day', () => {
    const line = {
      connection: 'shop',
      date: '2026-03-29',
      theirs: 1_200,
      ours: 1_199,
      missing: ['1'],
      stale: [],
      extra: [],
      parked: ['2', '3'],
      at: 0,
    };
    expect(completenessTable([line])).toEqual([
      'connection  day         theirs   ours  missing  stale  extra  parked',
      'shop        2026-03-29   1,200  1,199        1      0      0       2',
    ]);
  });
});

describe('the exit code of a round', () => {
  const away = {
    id: 'shop',
    connector: 'shopify',
    state: 'away' as const,
    cause: 'no answer',
    remedy: 'wait',
    lastPull: null,
  };
  it('is 0 when all holds, whatever is parked', () => {
    const parked = [
      {
        code: 'x',
        fault: 'data' as const,
        who: 'finance' as const,
        message: '',
        remedy: '',
        needs: [],
        count: 9,
        oldest: 0,
        connections: [],
        keys: [],
      },
    ];
    expect(exitOf(summary({ parked }))).toBe(0);
  });
  it('is 1 when an invariant is broken, also while a remote is away', () =>
    expect(exitOf(summary({ invariants: [broken], connections: [away] }))).toBe(1));
  it('is 3 when a remote was away and so something could not be checked', () =>
    expect(exitOf(summary({ invariants: [unchecked], connections: [away] }))).toBe(3));
  it('is 3 when a connection is paused, or the round was stopped', () => {
    expect(exitOf(summary({ connections: [{ ...away, state: 'paused' }] }))).toBe(3);
    expect(exitOf(summary({ round: { ...summary({}).round, stopped: 'It was stopped.' } }))).toBe(3);
  });
});

describe('the exit code of a failure', () => {
  it.each<[Fault, number]>([
    ['config', 2],
    ['transient', 3],
    ['throttled', 3],
    ['unknown', 3],
    ['data', 1],
    ['bug', 1],
  ])('of a %s fault is %d', (fault, exit) => {
    expect(failureOf(new SyncError(fault, 'it failed', { remedy: 'mend it' }))).toEqual({
      exit,
      code: fault,
      message: 'it failed',
      remedy: 'mend it',
    });
  });
  it('of a file that the system refuses is 3, with what to do', () => {
    const refused = (): void => void readFileSync('/nowhere/at/all');
    let failure: unknown;
    try {
      refused();
    } catch (thrown) {
      failure = failureOf(thrown);
    }
    expect(failure).toMatchObject({ exit: 3, code: 'ENOENT', message: expect.stringContaining('/nowhere/at/all') });
  });
  it('of a command line is 2, and of a store that cannot be opened 3', () => {
    expect([failureOf(new UsageError('no')).exit, failureOf(new EmbeddedStoreError('no')).exit]).toEqual([2, 3]);
  });
});
