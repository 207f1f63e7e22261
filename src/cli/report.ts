import type { Case } from '../queries/cases.ts';
import type { CompletenessLine } from '../queries/completeness.ts';
import type { ConnectionStanding } from '../queries/connections.ts';
import type { InvariantResult } from '../queries/finding.ts';
import type { SunsetNotice } from '../domain/sunset.ts';
import type { OrderTotals } from '../queries/order-summary.ts';
import type { PathTotals } from '../queries/path-totals.ts';
import type { ToldComparison } from '../queries/told-differences.ts';
import { figure, span, table, under } from './table.ts';
import type { RoundSummary } from './round-summary.ts';

const FINDINGS_SHOWN = 5;

/** The summary of a round for a person. */
export function roundLines(summary: RoundSummary, now: number): string[] {
  const { round } = summary;
  return [
    `One round in ${span(round.tookMs)}: ${figure(round.pulled)} orders pulled (${figure(round.ordersPerSecond)}/s), ${figure(round.unchanged)} unchanged, ${figure(round.stockItems)} stock items.`,
    ...(round.stopped === null ? [] : [`The round was stopped before its end. ${round.stopped}`]),
    ...totalsLines(summary.held),
    ...under('Parked', caseLines(summary.parked, now)),
    ...pathLines(summary.path),
    ...under('Complete', completenessTable(summary.completeness)),
    ...under('Invariants', invariantLines(summary.invariants)),
    ...comparedLines(summary.compared),
    ...troubleLines(summary.connections),
    '',
    `${verdictOf(summary.invariants)}${summary.parked.length === 0 ? '' : ' What is parked waits for a person, and stops nothing else: crossdock parked list'}`,
  ];
}

/** Which of the invariants hold, in a sentence. */
export function verdictOf(results: readonly InvariantResult[]): string {
  const ids = (wanted: InvariantResult['state']): string =>
    results
      .filter(({ state }) => state === wanted)
      .map(({ id }) => id)
      .join(', ');
  const [broken, unchecked] = [ids('broken'), ids('not checked')];
  if (broken === '' && unchecked === '') return 'I1–I6 hold.';
  return [
    ...(broken === '' ? [] : [`Broken: ${broken}.`]),
    ...(unchecked === '' ? [] : [`Not checked: ${unchecked}.`]),
    `Holding: ${ids('holds')}.`,
  ].join(' ');
}

/** Every order that is held, by where it stands and by currency. */
export function totalsLines(held: OrderTotals): string[] {
  return [
    ...under(
      'Orders',
      table(
        [{ title: 'stage' }, { title: 'orders', right: true }],
        held.stages.map(({ stage, orders }) => [stage, figure(orders)]),
      ),
    ),
    ...under(
      'Totals',
      table(
        [
          { title: 'currency' },
          { title: 'orders', right: true },
          { title: 'total', right: true },
          { title: 'refunded', right: true },
        ],
        held.currencies.map(({ currency, orders, total, refunded }) => [currency, figure(orders), total, refunded]),
      ),
    ),
  ];
}

/** How far the second leg has come: nothing where nothing was asked of anybody. */
export function pathLines({ path, published }: PathTotals): string[] {
  const number = (title: string): { title: string; right: true } => ({ title, right: true });
  const titles = ['pushed', 'shipped', 'confirmed', 'documents', 'agreed', 'differ', 'posted'].map(number);
  return [
    ...under(
      'Handed on',
      path.length === 0
        ? []
        : table(
            [{ title: 'company' }, { title: 'currency' }, ...titles],
            path.map(({ company, currency, pushed, shipped, confirmed, posted, agreed, differing, amount }) => [
              company,
              currency,
              ...[pushed, shipped, confirmed, posted, agreed, differing].map(figure),
              amount,
            ]),
          ),
    ),
    ...under(
      'Published',
      published.length === 0
        ? []
        : table(
            [{ title: 'channel' }, number('levels'), number('refused')],
            published.map(({ connection, levels, refused }) => [connection, figure(levels), figure(refused)]),
          ),
    ),
  ];
}

/** Our books against those of the stand-ins. */
export function comparedLines(compared: ToldComparison | null): string[] {
  if (compared === null) return [];
  const { requests, confirmations, documents, levels, differences, toBeRecalled } = compared;
  const all = [`${figure(requests)} requests`, `${figure(confirmations)} confirmations`];
  all.push(`${figure(documents)} documents`, `${figure(levels)} published levels`);
  return under('Compared with the books of the remotes', [
    `${differences.length === 0 ? '✓' : '✗'} ${all.join(', ')}: ${figure(differences.length)} differences`,
    ...differences
      .slice(0, FINDINGS_SHOWN)
      .map(({ connection, what, key, says }) => `     ${connection}: ${what} ${key} ${says}`),
    ...(differences.length > FINDINGS_SHOWN ? [`     … and ${figure(differences.length - FINDINGS_SHOWN)} more`] : []),
    ...(toBeRecalled > 0
      ? [`  ${figure(toBeRecalled)} requests of before the restore are asked back from their providers in a while`]
      : []),
  ]);
}

export function caseLines(cases: readonly Case[], now: number): string[] {
  return cases.flatMap(({ count, code, who, message, remedy, oldest }, index) => [
    ...(index === 0 ? [] : ['']),
    `${figure(count)} × ${code} · for ${who} · oldest ${span(Math.max(0, now - oldest))}`,
    `  ${count === 1 ? '' : 'e.g. '}${message}`,
    `  → ${remedy}`,
  ]);
}

export function completenessTable(lines: readonly CompletenessLine[]): string[] {
  const number = (title: string): { title: string; right: true } => ({ title, right: true });
  return table(
    [
      { title: 'connection' },
      { title: 'day' },
      ...['theirs', 'ours', 'missing', 'stale', 'extra', 'parked'].map(number),
    ],
    lines.map(({ connection, date, theirs, ours, missing, stale, extra, parked }) => [
      connection,
      date,
      figure(theirs),
      figure(ours),
      ...[missing, stale, extra, parked].map((list) => figure(list.length)),
    ]),
  );
}

const MARK = { holds: '✓', broken: '✗', 'not checked': '–' } as const;

export function invariantLines(results: readonly InvariantResult[]): string[] {
  const width = Math.max(...results.map(({ title }) => title.length));
  return results.flatMap(({ id, title, state, counted, broken, findings, notes }) => [
    `${MARK[state]} ${id} ${title.padEnd(width)}  ${state === 'broken' ? `${figure(broken)} broken; ` : ''}${counted}`,
    ...findings.slice(0, FINDINGS_SHOWN).map(({ where, says }) => `     ${where}: ${says}`),
    ...(broken > FINDINGS_SHOWN
      ? [`     … and ${figure(broken - FINDINGS_SHOWN)} more: --json lists the first 20`]
      : []),
    ...notes.map((note) => `     ${note}`),
  ]);
}

/** Remotes' APIs that are about to end, with what to do. */
export function sunsetLines(notices: readonly SunsetNotice[]): string[] {
  return under(
    'APIs that end',
    notices.flatMap(({ connection, message, remedy }) => [`${connection}: ${message}`, `  → ${remedy}`]),
  );
}

/** What a connection that is paused or away says, and what to do. */
export function troubleLines(connections: readonly ConnectionStanding[]): string[] {
  const lines = connections
    .filter(({ state }) => state !== 'ok')
    .flatMap(({ id, state, cause, remedy }) => [
      `${id} is ${state === 'paused' ? 'paused' : 'not to be reached'}: ${cause ?? 'it did not answer in time'}`,
      `  → ${remedy ?? 'Nothing to do: it is asked again in the next round.'}`,
    ]);
  return under('Connections', lines);
}
