import type { PlanDocument } from '../store/documents.ts';
import type { OrderTimeline } from '../queries/order-timeline.ts';
import { holdText } from './hold-text.ts';
import { moment, table, under } from './table.ts';

/** What a line waits for, in a person's words. */
const WAITS: Readonly<Record<string, string>> = {
  short: 'not enough is there',
  backlog: 'older orders come first',
  company: 'the other lines of the order are not there',
  location: 'no location may ship it',
};

/** The story of an order for a person. */
export function timelineLines(order: OrderTimeline): string[] {
  return [
    `Order ${order.number} of ${order.connection}: ${order.stage}`,
    `${order.total} ${order.currency}${order.refunded === '0' || /^0[.0]*$/.test(order.refunded) ? '' : `, ${order.refunded} refunded`}; placed ${moment(order.placedAt)}, booked by ${order.businessDate}`,
    `${order.id} · channel's id ${order.externalId}`,
    ...under(
      'Waits for',
      order.waits.flatMap(({ message, remedy }) => [message, `  → ${remedy}`]),
    ),
    ...under('Lines', lineTable(order)),
    ...under('Holds', order.holds.map(holdText)),
    ...under('Attributes', [
      ...(order.method === null ? [] : [`shipping method: ${order.method}`]),
      ...Object.entries(order.attributes).map(([name, value]) => `${name}: ${value}`),
    ]),
    ...under(
      'Not booked yet',
      order.problems.flatMap(({ code, message, remedy }) => [`${code}: ${message}`, `  → ${remedy}`]),
    ),
    ...planLines(order.plan),
    ...under(
      'Revisions',
      order.revisions.map(
        ({ revision, raw, difference }) =>
          `${revision} from observation ${raw}: ${difference ?? 'as it was first seen'}`,
      ),
    ),
    ...under(
      'Steps',
      table(
        [{ title: 'time' }, { title: 'step' }, { title: 'what' }, { title: 'cause' }, { title: 'remote id' }],
        order.steps.map(({ at, step, text, cause, remoteId }) => [moment(at), step, text, cause ?? '', remoteId ?? '']),
      ),
    ),
    ...under('Jobs', jobLines(order)),
    ...under(
      'Effects',
      order.effects.flatMap(({ _id, verb, state, externalId, cause }) => [
        `${verb} ${state}${externalId === null ? '' : ` as ${externalId}`} · ${_id}`,
        ...(cause === null ? [] : [`  ${cause.message}`, `  → ${cause.remedy}`]),
      ]),
    ),
    ...personalLines(order),
  ];
}

function lineTable({ lines, currency }: OrderTimeline): string[] {
  const number = (title: string): { title: string; right: true } => ({ title, right: true });
  return table(
    [
      { title: 'line' },
      { title: 'sku' },
      { title: 'item' },
      { title: 'by' },
      ...['ordered', 'cancelled', 'shipped', 'returned', currency].map(number),
    ],
    lines.map((line) => [
      line.id,
      line.sku ?? '',
      line.title,
      line.fulfilledBy,
      ...[line.ordered, line.cancelled, line.shipped, line.returned].map(String),
      line.gross,
    ]),
  );
}

function planLines(plan: PlanDocument | null): string[] {
  if (plan === null) return [];
  return under(
    `Plan ${plan.rev}${plan.applied ? '' : ' (being applied)'}, made ${moment(plan.at.getTime())} for revision ${plan.revision}`,
    [
      ...plan.lines.map(({ line, sku, location, quantity }) => `line ${line}: ${quantity} × ${sku} from ${location}`),
      ...plan.waiting.map(
        ({ line, sku, quantity, cause }) => `line ${line}: ${quantity} wait for ${sku} (${WAITS[cause] ?? cause})`,
      ),
      ...plan.why.map(({ line, location, verdict, reason }) => `line ${line}: ${location} ${verdict}: ${reason}`),
    ],
  );
}

function jobLines({ jobs }: OrderTimeline): string[] {
  return jobs.flatMap(({ _id, state, due, attempts, cause, last }) => {
    const why = cause ?? last;
    return [
      `${_id}: ${state}${state === 'ready' ? `, due ${moment(due.getTime())}` : ''}${attempts > 0 ? `, failed ${attempts} times` : ''}`,
      ...(why === null ? [] : [`  ${why.code}: ${why.message}`, `  → ${why.remedy}`]),
    ];
  });
}

function personalLines({ personal }: OrderTimeline): string[] {
  if (personal === undefined) return [];
  if (personal === null) return ['', 'Its personal data has been erased.'];
  return under(
    'Personal',
    Object.entries(personal)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
  );
}
