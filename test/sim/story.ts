import { orderId } from '../../src/domain/ids.ts';
import type {
  EffectDocument,
  JobDocument,
  LevelDocument,
  MovementDocument,
  OrderDocument,
} from '../../src/store/documents.ts';
import { describeFault } from './faults.ts';
import type { Outcome } from './run.ts';

const MOST_LINES = 80;

/** What a person reads of a seed that failed: what is broken, what went wrong, and the story of the order it is about. */
export function tellStory(outcome: Outcome): string[] {
  const { violations, faults, seed } = outcome;
  const told = [`seed ${seed} breaks:`, ...violations.map((violation) => `  ${violation}`)];
  told.push(
    'with:',
    ...(faults.length === 0 ? ['  nothing going wrong'] : faults.map((fault) => `  ${describeFault(fault)}`)),
  );
  const text = violations.join('\n');
  const rows = outcome.surroundings.store.rows<OrderDocument>('orders');
  const order = rows.find(({ _id, number }) => text.includes(_id) || new RegExp(`${number}\\b`).test(text));
  const external = order?.externalId ?? /order (\d+)\b/.exec(text)?.[1];
  if (external !== undefined) return [...told, ...tellOrder(outcome, external, order)];
  const places = outcome.surroundings.store.rows<LevelDocument>('levels').filter(({ _id }) => text.includes(_id));
  return [...told, ...places.flatMap((level) => tellLevel(outcome, level))];
}

/** A place, and the orders that hold units there. */
function tellLevel(outcome: Outcome, level: LevelDocument): string[] {
  const rows = outcome.surroundings.store.rows<OrderDocument>('orders');
  const told = [
    `${level._id}: ${level.onHand} on hand, ${level.free} free; counted by ${level.countedAt?.toISOString()}`,
  ];
  const copied = outcome.surroundings.store.rows<MovementDocument>('movements', { level: level._id });
  for (const entry of [...copied.flatMap(({ entries }) => entries), ...level.tail])
    told.push(`  ${JSON.stringify(entry)}`);
  for (const { order, line, quantity } of level.reserved) {
    told.push(`  ${quantity} for line ${line} of ${order}`);
    const held = rows.find(({ _id }) => _id === order);
    if (held !== undefined) told.push(...tellOrder(outcome, held.externalId, held));
  }
  return told;
}

function tellOrder({ surroundings, lines }: Outcome, external: string, order: OrderDocument | undefined): string[] {
  const id = order?._id ?? orderId('shop', external);
  const told = [`order ${external} (${id}):`];
  for (const { at, step, text: said } of order?.trail ?? [])
    told.push(`  ${at.toISOString().slice(11, 23)} ${step}: ${said}`);
  told.push(`  the shop has it as ${JSON.stringify(surroundings.shop.orders.get(external))}`);
  for (const { kept, state } of surroundings.depot.work)
    if (kept.item.order === id) told.push(`  the depot has ${kept.key} as ${kept.id}: ${state}`);
  for (const { shipment, status } of surroundings.depot.shipments)
    if (shipment.request?.includes(id) === true)
      told.push(`  the depot told of ${shipment.externalId}: ${status} ${shipment.reason ?? ''}`);
  for (const { key, item } of surroundings.shop.keys.records)
    if (item.order === external) told.push(`  the shop was told ${key}`);
  for (const { _id, state, externalId, attempts } of surroundings.store.rows<EffectDocument>('effects'))
    if (_id.includes(id)) told.push(`  effect ${_id}: ${state}, ${externalId ?? 'no id'}, ${attempts} attempts`);
  for (const { _id, state, cause } of surroundings.store.rows<JobDocument>('jobs'))
    if (_id.includes(id)) told.push(`  job ${_id}: ${state} ${cause?.message ?? ''}`);
  const about = lines.filter(
    (line) => line.includes(id) || line.includes(`order ${external} `) || /killed|stands still|: cut/.test(line),
  );
  if (about.length > 0)
    told.push('what happened:', ...about.slice(0, MOST_LINES).map((line) => `  ${line.slice(0, 220)}`));
  return told;
}
