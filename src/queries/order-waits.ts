import { canRelease, holdName, isActive } from '../domain/holds.ts';
import type { ConnectionId, LocationId } from '../domain/ids.ts';
import type { Hold } from '../domain/order.ts';
import type { Waiting } from '../domain/plan.ts';
import { moment } from '../domain/telling.ts';
import type { Instant } from '../domain/time.ts';
import type { JobDocument, OrderDocument, ParkCause, Stage } from '../store/documents.ts';
import type { FulfillmentPart } from '../store/fulfillment-documents.ts';

/** One thing that an order waits for, and what a person can do. */
export interface OrderWait {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Who is asked to ship from a location, as the configuration has it. */
export interface HandsOn {
  readonly shipsBy: ReadonlyMap<LocationId, ConnectionId>;
  /** The switch `push` of a provider. */
  readonly push: (provider: ConnectionId) => 'off' | 'shadow' | 'on';
}

export type WaitingJob = Pick<JobDocument, '_id' | 'kind' | 'connection' | 'state' | 'cause' | 'last'>;

/** What else is known where an order waits. */
export interface WaitsBeside {
  /** All open work on the order. */
  readonly jobs: readonly WaitingJob[];
  /** Why connections are paused. */
  readonly paused: ReadonlyMap<ConnectionId, ParkCause>;
  readonly handsOn: HandsOn;
  readonly now: Instant;
}

/** Nothing of these is still to be planned or handed on; work on them may be open all the same. */
const ENDED: ReadonlySet<Stage> = new Set(['shipped', 'nothing to ship', 'cancelled', 'history']);

/** What a job asks of its connection. */
const ASKS: Readonly<Record<string, string>> = {
  'recall-requests': 'what it was asked of this order before the restore',
  'push-fulfillment': 'the request to ship',
  'cancel-fulfillment': 'the request to stop',
  'assign-fulfillment': 'the move to the location that ships',
  'confirm-shipment': 'the news of what shipped',
};

/** What the remedy of a paused provider does not say by itself. */
const GIVEN_UP =
  'Nothing of the order is handed on before, since it may be there already. A provider that was given up is passed over while it is paused and its push is off.';

/** Everything that keeps an order where it is; nothing where it goes on by itself at once, or has ended. */
export function orderWaits(
  {
    number,
    stage,
    order,
    plan,
    fulfillments,
  }: Pick<OrderDocument, 'number' | 'stage' | 'order' | 'plan' | 'fulfillments'>,
  { jobs, paused, handsOn, now }: WaitsBeside,
): OrderWait[] {
  const ended = ENDED.has(stage) || order.test;
  const holds = order.test ? [] : standingHolds(stage, order.holds, now);
  const live = (fulfillments ?? []).filter(({ state }) => !DONE.has(state));
  return [
    ...holds.map((hold) => heldBy(hold, number)),
    ...(ended ? [] : unplanned(plan?.waiting ?? [])),
    // What keeps it from being booked is told as its problems: its goods go on.
    ...jobs.filter(({ kind }) => kind !== 'account-order').flatMap((job) => openWork(job, paused)),
    ...(ended || holds.length > 0 || plan?.applied !== true ? [] : notHandedOn(plan.lines, live, handsOn)),
    ...live.flatMap((part) => withProvider(part)),
  ];
}

/** The holds that keep an order waiting: those of one that has ended keep nothing back. */
export function standingHolds(stage: Stage, holds: readonly Hold[], now: Instant): readonly Hold[] {
  return ENDED.has(stage) ? [] : holds.filter((hold) => isActive(hold, now));
}

const DONE: ReadonlySet<FulfillmentPart['state']> = new Set(['rejected', 'cancelled', 'closed']);

function heldBy(hold: Hold, number: string): OrderWait {
  const name = holdName(hold);
  const ends = hold.until === null ? '' : ` until ${moment(hold.until)}`;
  return {
    code: 'held',
    message: `It is held${ends} (${name}): ${hold.reason}`,
    remedy: canRelease(hold)
      ? `${hold.until === null ? 'Let it go when that is settled' : 'It ends by itself, or let it go before'}: crossdock orders unhold '${number}' ${name} --because "…"`
      : 'Only the channel ends it: it is read again by itself when that changes there.',
  };
}

/** One for each SKU that decides, and none for lines that only wait for those. */
function unplanned(waiting: readonly Waiting[]): OrderWait[] {
  const units = new Map<string, { readonly first: Waiting; readonly quantity: number }>();
  const deciding = waiting.filter(({ cause }) => cause !== 'company');
  for (const first of deciding.length === 0 ? waiting : deciding) {
    const key = JSON.stringify([first.sku, first.cause]);
    units.set(key, { first, quantity: (units.get(key)?.quantity ?? 0) + first.quantity });
  }
  return [...units.values()].map(({ first: { sku, cause }, quantity }) => {
    const of = `${quantity} × ${sku}`;
    if (cause === 'location')
      return {
        code: 'no-location',
        message: `No location may ship ${of}.`,
        remedy: 'The plan says for each location why. Correct the address at the channel, or what the locations serve.',
      };
    const look = `See: crossdock stock list --sku ${sku}`;
    return cause === 'company'
      ? { code: 'stock', message: `${of} cannot be had together with the order's other lines.`, remedy: look }
      : {
          code: 'stock',
          message:
            cause === 'short'
              ? `Not enough of ${sku} is there: it needs ${quantity}.`
              : `Older orders wait for ${sku} first; this one needs ${quantity}.`,
          remedy: `Nothing to do: it goes on when stock arrives, the oldest promise first. ${look}`,
        };
  });
}

/** What keeps open work from being done; nothing where it is only to be done. */
function openWork(job: WaitingJob, paused: ReadonlyMap<ConnectionId, ParkCause>): OrderWait[] {
  const { kind, connection, state, cause, last } = job;
  if (state === 'parked')
    return cause === null ? [] : [{ code: cause.code, message: cause.message, remedy: cause.remedy }];
  const what = ASKS[kind] ?? 'work on the order';
  const why = paused.get(connection);
  const recalls = kind === 'recall-requests';
  if (why !== undefined)
    return [
      {
        code: 'paused',
        message: `${connection} is paused, and ${what} waits for it: ${why.message}`,
        remedy: recalls ? `${why.remedy} ${GIVEN_UP}` : why.remedy,
      },
    ];
  if (last !== null) {
    // What a remote says of a request names neither the connection nor what it was for; what waits for its time does.
    const failed = last.fault === 'throttled' ? '' : `${what} has failed at ${connection} and is tried again: `;
    return [{ code: last.code, message: capital(`${failed}${last.message}`), remedy: last.remedy }];
  }
  if (!recalls) return [];
  const remedy = 'Nothing to do: it is asked, and then the order goes on.';
  return [{ code: 'recall', message: `${connection} is still to say ${what}.`, remedy }];
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** Locations from which nobody is asked to ship what is reserved there. */
function notHandedOn(
  lines: readonly { readonly location: LocationId }[],
  live: readonly FulfillmentPart[],
  { shipsBy, push }: HandsOn,
): OrderWait[] {
  const asked = new Set(live.map(({ location }) => location));
  const places = new Set(lines.map(({ location }) => location).filter((location) => !asked.has(location)));
  return [...places].flatMap((location): OrderWait[] => {
    const provider = shipsBy.get(location);
    if (provider === undefined)
      return [
        {
          code: 'no-provider',
          message: `What is reserved at ${location} is handed on to nobody: no connection ships from there.`,
          remedy: `Name one in \`shipsBy\` of the location ${location}, or ship it by hand and say so at the channel.`,
        },
      ];
    if (push(provider) !== 'off') return [];
    return [
      {
        code: 'switched-off',
        message: `What is reserved at ${location} is not handed on: the switch push of ${provider} is off.`,
        remedy: `It goes on at the start at which \`effects: { push: on }\` stands at ${provider}.`,
      },
    ];
  });
}

/** What a provider was asked for and has not shipped all of. */
function withProvider(part: FulfillmentPart): OrderWait[] {
  const { state, provider, location, lines, externalId, shipments, at, unwanted, cancel } = part;
  const units = lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
  if (state === 'shadow')
    return [
      {
        code: 'shadow',
        message: `${units} at ${location} was shown and not sent: the switch push of ${provider} stood on shadow.`,
        remedy: 'What was frozen in shadow stays unsent: it is shipped by whoever did so before.',
      },
    ];
  if (state === 'asked') return [];
  const some = shipments.some(({ parcels }) => parcels.length > 0) ? ', and has shipped some of it' : '';
  if (unwanted !== null)
    return [
      {
        code: 'called-back',
        message: `${units} with ${provider} (${externalId ?? 'no id yet'}) is not wanted any more: ${unwanted}.`,
        remedy:
          cancel === 'too late'
            ? 'It is too late to stop it there: what leaves is taken over, and has to be got back by hand.'
            : `Nothing to do: ${provider} is asked to stop.`,
      },
    ];
  return [
    {
      code: 'with-provider',
      message: `${provider} has ${units} since ${moment(at.getTime())} (${externalId ?? 'no id yet'})${some}.`,
      remedy: `Nothing to do here: it goes on when ${provider} ships.`,
    },
  ];
}
