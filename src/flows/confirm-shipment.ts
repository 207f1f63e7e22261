import type { ShipmentSink } from '../connector/contract.ts';
import { asSyncError, type SyncError } from '../domain/errors.ts';
import type { Confirmation } from '../domain/fulfillment.ts';
import type { ExternalId, Key } from '../domain/ids.ts';
import { toldParcels } from '../domain/parcels.ts';
import type { Handler, RunContext } from '../jobs/handler.ts';
import { isStoreAway } from '../store/faults.ts';
import type { FulfillmentPart, ParcelPart, ShipmentPart } from '../store/fulfillment-documents.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import type { AllocatableOrder } from '../store/order-records.ts';
import { remoteLocation } from './assign-fulfillment.ts';
import { changeParts } from './change-order.ts';
import { each } from './each.ts';
import { makeEffect, type Made } from './effect.ts';
import { connectionOf, type Flow, type FlowConnection } from './flow.ts';
import { frozenConfirmation } from './frozen.ts';
import { confirmedOf } from './parts.ts';
import { KIND } from './wanted.ts';

/**
 * confirm: tells the channel of every parcel that it does not know yet, each once, in the order in which they left. One
 * that it refuses keeps none of the others back.
 */
export function confirmShipment(flow: Flow): Handler {
  return {
    kind: KIND.confirmShipment,
    batch: 32,
    concurrency: 2,
    requestMs: 30_000,
    run: (jobs, context) => each(jobs, (job) => confirm(flow, job, context)),
  };
}

interface Untold {
  readonly part: FulfillmentPart;
  readonly shipment: ShipmentPart;
  readonly index: number;
  readonly parcel: ParcelPart;
  /** Of parcels before it that completed no line by themselves. */
  readonly before: readonly ParcelPart[];
}

async function confirm(flow: Flow, job: ClaimedJob, context: RunContext): Promise<void> {
  const [order] = await flow.store.orders.readForAllocation([job.subject]);
  if (order === undefined) return;
  const channel = connectionOf(flow, order.connection);
  const sink = channel.capabilities.confirmations;
  if (sink === undefined) return;
  let standing = order;
  let refused: SyncError | null = null;
  const parcels = untoldOf(order);
  const unnoted = await unnotedOf(flow, order, parcels);
  for (const untold of parcels) {
    const key = keyOf(order, untold);
    let made: Made;
    try {
      const item = confirmationOf(key, order, channel, untold);
      made = await makeEffect(
        flow,
        context,
        {
          connection: channel,
          verb: 'confirm',
          switchOf: 'confirm',
          key,
          subject: order._id,
          item,
          again: true,
          since: item.shippedAt,
        },
        besides(sink, [...confirmedOf(standing), ...unnoted]),
        frozenConfirmation,
      );
    } catch (thrown) {
      const refusal = refusalOf(thrown);
      refused ??= refusal;
      continue;
    }
    if ('externalId' in made) standing = (await note(flow, job, untold, made, key, standing)) ?? standing;
  }
  if (refused !== null) throw refused;
}

/** The channel's ids of parcels that it was told of by a worker that died before it could note that. */
async function unnotedOf(flow: Flow, order: AllocatableOrder, parcels: readonly Untold[]): Promise<ExternalId[]> {
  // Of a single one no other can be taken for it.
  if (parcels.length < 2) return [];
  const effects = await Promise.all(parcels.map((parcel) => flow.store.effects.get(keyOf(order, parcel))));
  return effects.flatMap((effect) => effect?.externalId ?? []);
}

/**
 * The channel, asked with what it was told of the other parcels by now. That is not frozen: a parcel that was refused is
 * asked for again after others like it were told.
 */
function besides(sink: ShipmentSink, told: readonly ExternalId[]): ShipmentSink {
  return {
    uniqueness: sink.uniqueness,
    send: (item, ...rest) => sink.send({ ...item, told }, ...rest),
    find: (key, item, ...rest) => sink.find(key, { ...item, told }, ...rest),
  };
}

/**
 * What stands in the way of one parcel alone: the buyer is told of the others all the same.
 * @throws what was thrown, where the next parcel would meet it too, or where this one is tried again by itself soon: until
 *   it is known whether it was told, one that is like it could be taken for it
 */
function refusalOf(thrown: unknown): SyncError {
  if (isStoreAway(thrown)) throw thrown;
  const error = asSyncError(thrown);
  if (error.fault !== 'data' && error.fault !== 'bug') throw error;
  return error;
}

function keyOf(order: AllocatableOrder, { part, shipment, index }: Untold): Key {
  return `confirm:${order._id}:${part.n}:${shipment.externalId}:${index}`;
}

function untoldOf(order: AllocatableOrder): Untold[] {
  return (order.fulfillments ?? []).flatMap((part) => {
    const places = part.shipments.flatMap((shipment) =>
      shipment.parcels.map((parcel, index) => ({ units: parcel.units, items: parcel.items, shipment, index, parcel })),
    );
    return toldParcels(places).flatMap(({ parcel: { shipment, index, parcel }, before }): Untold[] =>
      parcel.confirmed === null ? [{ part, shipment, index, parcel, before: before.map((one) => one.parcel) }] : [],
    );
  });
}

function confirmationOf(
  key: string,
  order: AllocatableOrder,
  channel: FlowConnection,
  { part, shipment, parcel, before }: Untold,
): Confirmation {
  const lines = new Map(order.order.lines.map(({ id, externalId }) => [id, externalId]));
  const { carrier } = parcel;
  return {
    key,
    order: order.externalId,
    location: remoteLocation(channel, part.location),
    lines: parcel.units.flatMap(({ line, quantity }) => {
      const remote = lines.get(line);
      return remote === undefined ? [] : [{ line: remote, quantity }];
    }),
    carrier: carrier === null ? null : (channel.mapping.remote('carriers', carrier) ?? carrier),
    tracking: [...before, parcel].flatMap(({ tracking, url }) =>
      tracking === null ? [] : [{ number: tracking, url }],
    ),
    shippedAt: (shipment.shippedAt ?? part.at).getTime(),
    notify: true,
  };
}

async function note(
  flow: Flow,
  job: ClaimedJob,
  untold: Untold,
  { externalId: id, short }: { readonly externalId: ExternalId; readonly short?: { units: number; why: string } },
  key: string,
  known: AllocatableOrder,
): Promise<AllocatableOrder | null> {
  const { part, shipment, index, parcel } = untold;
  const at = new Date(flow.clock.now());
  const after = await changeParts(
    flow,
    job.subject,
    (order) => {
      const standing = order.fulfillments
        ?.find(({ n }) => n === part.n)
        ?.shipments.find(({ externalId }) => externalId === shipment.externalId)?.parcels[index];
      if (standing === undefined || standing.confirmed !== null) return null;
      return {
        fulfillments: (order.fulfillments ?? []).map((other) =>
          other.n !== part.n
            ? other
            : {
                ...other,
                shipments: other.shipments.map((known) =>
                  known.externalId !== shipment.externalId
                    ? known
                    : {
                        ...known,
                        parcels: known.parcels.map((one, place) =>
                          place === index
                            ? { ...one, confirmed: id, ...(short === undefined ? {} : { untold: short.units }) }
                            : one,
                        ),
                      },
                ),
              },
        ),
        trail: [
          {
            at,
            step: 'confirmed',
            text: `${job.connection} ${id}: ${parcel.tracking ?? 'without tracking'}${short === undefined ? '' : `; not of ${short.units} of its units: ${short.why}`}`,
            ref: key,
          },
        ],
      };
    },
    known,
  );
  flow.meter.count('shipments_confirmed', 1, { connection: job.connection });
  return after;
}
