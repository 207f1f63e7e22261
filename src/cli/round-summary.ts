import type { App } from '../app.ts';
import { REMOTE_KINDS } from '../flows/wanted.ts';
import { parkedCases, type Case } from '../queries/cases.ts';
import { completenessLines, type CompletenessLine } from '../queries/completeness.ts';
import { connectionStandings, type ConnectionStanding } from '../queries/connections.ts';
import { pathTotals, type PathTotals } from '../queries/path-totals.ts';
import { toldDifferences, type ToldComparison } from '../queries/told-differences.ts';
import type { InvariantResult } from '../queries/finding.ts';
import { checkInvariants } from '../queries/invariants.ts';
import { orderTotals, type OrderTotals } from '../queries/order-summary.ts';
import { askStandIns } from './ask-stand-ins.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { RoundResult } from './patient-round.ts';

/** What a round has done, and how things stand after it. */
export interface RoundSummary {
  readonly round: {
    readonly startedAt: string;
    readonly tookMs: number;
    readonly pulled: number;
    readonly unchanged: number;
    readonly stockItems: number;
    /** Orders stored in this round, by its time. */
    readonly ordersPerSecond: number;
    readonly stopped: string | null;
  };
  readonly held: OrderTotals;
  readonly parked: readonly Case[];
  readonly completeness: readonly CompletenessLine[];
  readonly connections: readonly ConnectionStanding[];
  readonly invariants: readonly InvariantResult[];
  /** The second leg: what was pushed, shipped, confirmed and posted, and what was published. */
  readonly path: PathTotals;
  /** Our books against those of the sandbox's stand-ins; null where there are none. */
  readonly compared: ToldComparison | null;
  readonly exit: ExitCode;
}

/** Reads, after a round and while its worker still lives, what became of everything. */
export async function summarize(app: App, { startedAt, tookMs, away, stopped }: RoundResult): Promise<RoundSummary> {
  const { store, clock, connections } = app.flow;
  const standings = (await connectionStandings(store, REMOTE_KINDS))
    .filter(({ id }) => connections.has(id))
    .map((standing) => {
      // An answer that has come since the round gave up on it does not undo that it was left out.
      if (!away.has(standing.id) || standing.state === 'paused') return standing;
      const last = away.get(standing.id);
      return {
        ...standing,
        state: 'away' as const,
        cause: last?.message ?? standing.cause,
        remedy: last?.remedy ?? standing.remedy,
      };
    });
  const completeness = await completenessLines(store, startedAt);
  const channels = [...connections.values()]
    .filter(({ capabilities }) => capabilities.orders !== undefined)
    .map(({ id }) => id);
  const invariants = await checkInvariants({ store, clock, compared: completeness, channels });
  const pulled = app.tally.total('orders_pulled');
  const summary = {
    round: {
      startedAt: new Date(startedAt).toISOString(),
      tookMs,
      pulled,
      unchanged: app.tally.total('orders_unchanged'),
      stockItems: app.tally.total('stock_items_seen'),
      ordersPerSecond: Math.round((pulled * 1_000) / Math.max(1, tookMs)),
      stopped,
    },
    held: await orderTotals(store),
    parked: await parkedCases(store),
    completeness,
    connections: standings,
    invariants,
    path: await pathTotals(store),
    compared: app.standIns.size === 0 ? null : await toldDifferences(store, await askStandIns(app.standIns)),
  };
  return { ...summary, exit: exitOf(summary) };
}

/** A broken invariant weighs most; then a remote that was not there; parked records are no failure. */
export function exitOf(summary: Omit<RoundSummary, 'exit'>): ExitCode {
  if (summary.invariants.some(({ state }) => state === 'broken')) return EXIT.refused;
  if ((summary.compared?.differences.length ?? 0) > 0) return EXIT.refused;
  if (summary.connections.some(({ state }) => state !== 'ok') || summary.round.stopped !== null) return EXIT.away;
  return summary.invariants.every(({ state }) => state === 'holds') ? EXIT.ok : EXIT.refused;
}
