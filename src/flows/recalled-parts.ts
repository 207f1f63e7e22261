import type { Recalled } from '../connector/contract.ts';
import { SyncError } from '../domain/errors.ts';
import { partsOfFulfillmentKey } from '../domain/fulfillment-key.ts';
import type { ConnectionId, Key, LocationId, Sku } from '../domain/ids.ts';
import { shareOut, type PiecedLine } from '../domain/share-out.ts';
import type { TrailEntry } from '../store/documents.ts';
import type { AskedLine, FulfillmentPart } from '../store/fulfillment-documents.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { isLive } from './parts.ts';

/** What of an order says which of its units somebody may hold. */
type Holdable = Pick<AllocatableOrder, 'number' | 'revision' | 'fulfillments'> & {
  readonly order: { readonly lines: readonly PiecedLine[] };
};

/** Who holds requests, where they are shipped from when it does not say, and when it was asked. */
interface Holder {
  readonly provider: ConnectionId;
  readonly location: LocationId;
  readonly at: Date;
}

/**
 * An order's parts with what a provider holds of it: what we had as still to be sent is with it, and what we knew nothing
 * of is one part more.
 *
 * @throws SyncError `data` where it holds, not stopped, units that no line of the order is made of, a request of which it
 *   names no unit, or a key that another provider has
 */
export function withRecalled(
  order: Holdable,
  holder: Holder,
  held: readonly Recalled[],
): { readonly fulfillments: FulfillmentPart[]; readonly trail: TrailEntry[] } {
  const parts = [...(order.fulfillments ?? [])];
  const trail: TrailEntry[] = [];
  for (const one of held) {
    const { n } = partsOfFulfillmentKey(one.key);
    const index = parts.findIndex((part) => part.n === n);
    const known = parts[index];
    if (known?.provider === holder.provider && known.externalId !== null) continue;
    if (known !== undefined && known.provider !== holder.provider) {
      if (one.state === 'stopped') continue;
      throw elsewhere(order.number, one, known, holder);
    }
    const part: FulfillmentPart =
      known === undefined
        ? partOf(order, parts, holder, one)
        : // What its shipments have brought to an end stays ended.
          !isLive(known) && known.shipments.length > 0
          ? { ...known, externalId: one.id }
          : { ...known, state: stateOf(one), externalId: one.id, reason: null };
    if (known === undefined) parts.push(part);
    else parts[index] = part;
    const units = part.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
    const text = `${holder.provider} at ${part.location} had it before the restore: ${units}`;
    trail.push({ at: holder.at, step: 'recalled', text, ref: one.key });
  }
  return { fulfillments: parts.toSorted((one, other) => one.n - other.n), trail };
}

function stateOf({ state }: Recalled): FulfillmentPart['state'] {
  if (state === 'stopped') return 'cancelled';
  return state === 'pending' ? 'pending' : 'pushed';
}

function partOf(
  order: Holdable,
  parts: readonly FulfillmentPart[],
  { provider, location, at }: Holder,
  held: Recalled,
): FulfillmentPart {
  return {
    n: partsOfFulfillmentKey(held.key).n,
    location: held.location ?? location,
    provider,
    lines: linesOf(order, parts, provider, held),
    revision: order.revision,
    assigned: true,
    state: stateOf(held),
    unwanted: null,
    cancel: null,
    externalId: held.id,
    reason: null,
    at,
    shipments: [],
  };
}

/** What it holds as units of the order's lines that nobody else has. */
function linesOf(
  { order, number }: Holdable,
  parts: readonly FulfillmentPart[],
  provider: ConnectionId,
  request: Recalled,
): AskedLine[] {
  const { key, lines: held, state } = request;
  // What was asked and not sent is in nobody's way: what a provider holds comes first.
  const others = parts
    .filter((part) => part.state !== 'cancelled' && part.state !== 'rejected' && part.externalId !== null)
    .flatMap(({ lines }) => lines);
  const units = new Map<Sku, number>();
  for (const { sku, quantity } of held) units.set(sku, (units.get(sku) ?? 0) + quantity);
  // Of what is stopped nothing leaves: it only takes its number.
  if (state !== 'stopped') {
    // As a part it would keep no unit from being asked for once more.
    if (![...units.values()].some((quantity) => quantity > 0)) throw withoutUnits(number, provider, request);
    for (const sku of units.keys())
      if (!order.lines.some(({ components }) => components.some((each) => each.sku === sku)))
        throw withoutLine(number, provider, key, sku);
  }
  return shareOut(order.lines, others, units);
}

function withoutLine(number: string, provider: ConnectionId, key: Key, sku: Sku): SyncError {
  return new SyncError(
    'data',
    `${provider} holds ${sku} under ${key} since before the restore, and no line of order ${number} is made of it.`,
    {
      code: 'recalled-without-line',
      remedy:
        'Nothing of the order is handed on until then: have it stopped there or map the SKU, and replay this case. Where it has left already, ship the rest by hand.',
    },
  );
}

function withoutUnits(number: string, provider: ConnectionId, { key, id }: Recalled): SyncError {
  return new SyncError(
    'data',
    `${provider} holds ${key} of order ${number} since before the restore, and does not say which units it ships.`,
    {
      code: 'recalled-without-units',
      remoteId: id,
      remedy: `Nothing more of the order is handed on until then: have ${id} stopped at ${provider}, or its units put back there, and replay this case. Where it has left already, ship the rest by hand.`,
    },
  );
}

function elsewhere(
  number: string,
  { key, id }: Recalled,
  known: Pick<FulfillmentPart, 'provider'>,
  { provider }: Holder,
): SyncError {
  return new SyncError(
    'data',
    `${provider} holds ${key} of order ${number} since before the restore, and ${known.provider} was asked for it since.`,
    {
      code: 'recalled-elsewhere',
      remoteId: id,
      remedy: `Nothing more of the order is handed on until then: have ${id} stopped at ${provider}, and replay this case.`,
    },
  );
}
