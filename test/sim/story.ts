import { orderId } from '../../src/domain/ids.ts';
import type { EffectDocument, JobDocument, OrderDocument } from '../../src/store/documents.ts';
import { describeFault } from './faults.ts';
import type { Outcome } from './run.ts';

const MOST_LINES = 80;

/** What a person reads of a seed that failed: what is broken, what went wrong, and the story of the order it is about. */
export function tellStory(outcome: Outcome): string[] {
  const { surroundings, violations, faults, seed, lines } = outcome;
  const told = [`seed ${seed} breaks:`, ...violations.map((violation) => `  ${violation}`)];
  told.push(
    'with:',
    ...(faults.length === 0 ? ['  nothing going wrong'] : faults.map((fault) => `  ${describeFault(fault)}`)),
  );
  const orders = surroundings.store.rows<OrderDocument>('orders');
  const text = violations.join('\n');
  const order = orders.find(({ _id, number }) => text.includes(_id) || new RegExp(`${number}\\b`).test(text));
  const external = order?.externalId ?? /order (\d+)\b/.exec(text)?.[1];
  if (external === undefined) return told;
  const id = order?._id ?? orderId('shop', external);
  told.push(`order ${external} (${id}):`);
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
