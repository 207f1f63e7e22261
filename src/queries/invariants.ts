import type { ConnectionId } from '../domain/ids.ts';
import type { Clock } from '../domain/ports.ts';
import type { Store } from '../store/open-store.ts';
import type { CompletenessLine } from './completeness.ts';
import { counted, Findings, type InvariantId, type InvariantResult } from './finding.ts';
import { checkJobs, type JobCounts } from './invariant-jobs.ts';
import { checkLevels } from './invariant-levels.ts';
import { checkOrders } from './invariant-orders.ts';
import { checkRaws } from './invariant-raws.ts';
import { LevelMarks } from './level-marks.ts';
import { lookAtLevel } from './level-look.ts';

const MOST_LEVELS = 50;

export interface InvariantQuestion {
  readonly store: Store;
  readonly clock: Clock;
  /** What was compared with the channels, for I1. */
  readonly compared: readonly CompletenessLine[];
  /** The connections that sell. One of them that was not compared leaves I1 unanswered. */
  readonly channels: readonly ConnectionId[];
}

/**
 * Checks I1 to I6 on what the store holds, in streams: memory is of the number of stock levels, not of orders. It may
 * run beside workers: what looks wrong is looked at again before it counts.
 */
export async function checkInvariants({
  store,
  clock,
  compared,
  channels,
}: InvariantQuestion): Promise<InvariantResult[]> {
  const findings = new Findings();
  const marks = new LevelMarks();
  const notes: string[] = [];
  const raws = await checkRaws(store, findings);
  const orders = await checkOrders(store, findings, marks);
  const levels = await checkLevels(store, findings, marks);
  const suspects = marks.different();
  for (const id of suspects.slice(0, MOST_LEVELS)) {
    const found = await lookAtLevel(store, id, clock);
    if (found === null) notes.push(`${id} changed at every look.`);
    for (const finding of found ?? []) findings.add(finding);
  }
  if (suspects.length > MOST_LEVELS)
    notes.push(`${suspects.length - MOST_LEVELS} more levels were changing while they were compared.`);
  const jobs = await checkJobs(store, findings, clock);
  for (const { connection, date, missing, stale } of compared) {
    for (const id of missing)
      findings.add({ invariant: 'I1', where: connection, says: `${date}: order ${id} is missing` });
    for (const id of stale) findings.add({ invariant: 'I1', where: connection, says: `${date}: order ${id} is stale` });
  }
  const effects = await store.collections.effects.estimatedDocumentCount();
  const asked = new Set(compared.map(({ connection }) => connection));
  const unasked = channels.filter((id) => !asked.has(id));
  const listed = compared.reduce((sum, { theirs }) => sum + theirs, 0);

  function result(
    id: InvariantId,
    title: string,
    what: string,
    unchecked: readonly string[] = [],
    beside: readonly string[] = [],
  ): InvariantResult {
    const broken = findings.count(id);
    const state = broken > 0 ? 'broken' : unchecked.length > 0 ? 'not checked' : 'holds';
    return { id, title, state, counted: what, broken, findings: findings.of(id), notes: [...unchecked, ...beside] };
  }

  return [
    result(
      'I1',
      'nothing lost',
      `${counted(listed, 'order')} listed by ${counted(asked.size, 'channel')}, ${counted(raws.observations, 'observation')} of ${counted(raws.records, 'record')}`,
      unasked.map((id) => `${id} was not compared with its channel.`),
      findings.count('I1') > 0 && jobs.workers > 0 && jobs.ready + jobs.claimed > 0 ? [underWay(jobs)] : [],
    ),
    result(
      'I2',
      'one order, one effect',
      `${counted(orders.orders, 'order id')} from their bindings, ${counted(effects, 'effect')}`,
    ),
    result(
      'I3',
      'no oversell',
      `${counted(levels.units, 'unit')} in ${counted(levels.reservations, 'reservation')} on ${counted(levels.levels, 'level')}, ${counted(orders.planned, 'plan')}`,
      [],
      notes,
    ),
    result(
      'I4',
      'to the cent',
      `${counted(orders.orders, 'order')} added up, ${orders.rounding.toLocaleString('en-US')} with rounding itemised, ${orders.unbooked.toLocaleString('en-US')} held back for finance`,
    ),
    result(
      'I5',
      'the past is not edited',
      `${counted(levels.movements, 'movement')}, ${counted(orders.revisions, 'revision')}, ${counted(raws.observations, 'observation')}`,
    ),
    result(
      'I6',
      'one bad record stops nobody',
      `${jobs.parked.toLocaleString('en-US')} parked, each with cause and remedy; ${jobs.ready.toLocaleString('en-US')} waiting, ${jobs.claimed.toLocaleString('en-US')} under way`,
      [],
      jobs.notes,
    ),
  ];
}

function underWay({ ready, claimed }: JobCounts): string {
  const open = ready + claimed;
  return `${counted(open, 'job')} ${open === 1 ? 'waits or is' : 'wait or are'} under way: what is stale may be about to come. Ask again when they are done.`;
}
