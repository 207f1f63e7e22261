import { z } from 'zod';
import type { OrderRow } from '../../queries/order-summary.ts';
import { STAGES } from '../../queries/order-summary.ts';
import type { OrderTimeline } from '../../queries/order-timeline.ts';
import { standing, standingOf } from './order-standing.ts';
import { requireScope } from './scope.ts';
import type { Api, ConsolePorts } from './ports.ts';
import { notThere, Refusal, refusals } from './problem.ts';
import {
  amountOf,
  answerPage,
  cause,
  causeOf,
  date,
  flag,
  given,
  instant,
  iso,
  money,
  name,
  pageAsk,
  pageShape,
  paging,
} from './shapes.ts';

const stage = z.enum(STAGES);

const row = z.strictObject({
  id: z.string(),
  number: z.string().meta({ description: 'What the buyer sees.' }),
  connection: z.string(),
  externalId: z.string(),
  stage,
  placedAt: instant,
  total: money,
  revision: z.int(),
  holds: z.array(z.string()).meta({ description: 'The names of the holds that keep it.' }),
  waiting: z.array(z.string()).meta({ description: 'The SKUs that it waits for.' }),
  problems: z.array(z.string()).meta({ description: 'Codes of what keeps it from being booked.' }),
});

const address = z.strictObject({
  name: z.string().nullable(),
  company: z.string().nullable(),
  lines: z.array(z.string()),
  city: z.string().nullable(),
  region: z.string().nullable(),
  postcode: z.string().nullable(),
  country: z.string().nullable(),
  phone: z.string().nullable(),
});

const personal = z
  .strictObject({
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    customer: z.string().nullable(),
    shippingAddress: address.nullable(),
    billingAddress: address.nullable(),
    note: z.string().nullable(),
    attributes: z.record(z.string(), z.string()),
    ip: z.string().nullable(),
    pickup: z.string().nullable(),
  })
  .nullable()
  .meta({ description: 'Only with `personal=true` and the scope `personal`; null = it has been erased.' });

const planned = z.strictObject({ line: z.string(), sku: z.string(), location: z.string(), quantity: z.int() });

const order = z.strictObject({
  id: z.string(),
  number: z.string(),
  connection: z.string(),
  externalId: z.string(),
  stage,
  placedAt: instant,
  businessDate: date,
  total: money,
  refunded: money,
  lines: z.array(
    z.strictObject({
      id: z.string(),
      sku: z.string().nullable(),
      title: z.string(),
      fulfilledBy: z.string(),
      ordered: z.int(),
      cancelled: z.int(),
      shipped: z.int(),
      returned: z.int(),
      gross: money,
    }),
  ),
  ...standing,
  problems: z.array(
    z.strictObject({
      code: z.string(),
      message: z.string(),
      remedy: z.string(),
      field: z.string().nullable(),
      needs: z.array(z.string()),
    }),
  ),
  plan: z
    .strictObject({
      revision: z.int(),
      applied: z.boolean(),
      at: instant,
      lines: z.array(planned),
      waiting: z.array(z.strictObject({ line: z.string(), sku: z.string(), quantity: z.int(), cause: z.string() })),
      why: z.array(z.strictObject({ line: z.string(), location: z.string(), verdict: z.string(), reason: z.string() })),
    })
    .nullable(),
  personal: personal.optional(),
});

const timeline = z.strictObject({
  id: z.string(),
  number: z.string(),
  steps: z.array(
    z.strictObject({
      at: instant,
      step: z.string(),
      text: z.string(),
      cause: z.string().nullable(),
      remoteId: z.string().nullable(),
    }),
  ),
  revisions: z.array(
    z.strictObject({
      revision: z.int(),
      observation: z.int(),
      mapping: z.string(),
      difference: z.string().nullable(),
    }),
  ),
  jobs: z.array(
    z.strictObject({
      key: z.string(),
      kind: z.string(),
      state: z.enum(['ready', 'claimed', 'parked']),
      due: instant,
      attempts: z.int(),
      why: cause.nullable(),
    }),
  ),
  effects: z.array(
    z.strictObject({
      key: z.string(),
      verb: z.string(),
      state: z.string(),
      externalId: z.string().nullable(),
      attempts: z.int(),
      cause: cause.nullable(),
    }),
  ),
});

const params = z.strictObject({
  order: name.meta({ description: "Our id, the number that the buyer sees, or the channel's id." }),
});

export function orderRoutes(api: Api, ports: ConsolePorts): void {
  api.get(
    '/orders',
    {
      schema: {
        tags: ['orders'],
        summary: 'Orders by their last change at the channel, newest first.',
        description: 'An order that changes while you page moves to the front.',
        querystring: z.strictObject({ stage: stage.optional(), connection: name.optional(), ...paging }),
        response: { 200: pageShape(row), ...refusals() },
      },
    },
    async ({ query: { stage: at, connection, ...page } }) =>
      answerPage(await ports.reads.orders({ ...given({ stage: at, connection }), ...pageAsk(page) }), rowOf),
  );
  api.get(
    '/orders/:order',
    {
      schema: {
        tags: ['orders'],
        summary: 'One order with its lines, its plan, what it waits for and what keeps it from being booked.',
        params,
        querystring: z.strictObject({
          personal: flag.meta({ description: 'Also what is personal; each such look is kept in the log.' }),
        }),
        response: { 200: order, ...refusals(404, 409) },
      },
    },
    async ({ params: { order: asked }, query, caller }) => {
      if (query.personal) requireScope(caller, 'personal');
      const found = await read(ports, asked, false);
      if (!query.personal) return orderOf(found);
      // Kept before it is shown: what could not be kept is not shown.
      await ports.audit('Personal data of an order was looked at.', {
        caller: caller?.name,
        order: found.id,
        connection: found.connection,
      });
      return orderOf(await read(ports, found.id, true));
    },
  );
  api.get(
    '/orders/:order/timeline',
    {
      schema: {
        tags: ['orders'],
        summary: 'Every step in the life of an order with its cause, its jobs and its effects.',
        params,
        response: { 200: timeline, ...refusals(404, 409) },
      },
    },
    async ({ params: { order: asked } }) => timelineOf(await read(ports, asked, false)),
  );
}

/** @throws Refusal where there is none of that name, or several */
async function read({ reads }: ConsolePorts, asked: string, withPersonal: boolean): Promise<OrderTimeline> {
  const found = await reads.findOrders(asked);
  const [one, ...more] = found;
  if (more.length > 0)
    throw new Refusal(
      409,
      'several-orders',
      `Several orders are called ${asked}: ${found.map(({ id, connection }) => `${id} of ${connection}`).join(', ')}.`,
      'Ask for one of them by its id.',
    );
  const whole = one === undefined ? null : await reads.timeline(one.id, { personal: withPersonal });
  if (whole !== null) return whole;
  throw notThere('order', asked, 'List them with /api/v1/orders, or pull it: POST /api/v1/connections/{id}/pull.');
}

function rowOf({ currency, total, placedAt, holds, waiting, problems, ...known }: OrderRow): z.output<typeof row> {
  return {
    ...known,
    placedAt: iso(placedAt),
    total: amountOf(total, currency),
    holds: [...holds],
    waiting: [...waiting],
    problems: [...problems],
  };
}

function orderOf(known: OrderTimeline): z.output<typeof order> {
  const { id, number, connection, externalId, businessDate, currency, plan } = known;
  return {
    id,
    number,
    connection,
    externalId,
    stage: stage.parse(known.stage),
    placedAt: iso(known.placedAt),
    businessDate,
    total: amountOf(known.total, currency),
    refunded: amountOf(known.refunded, currency),
    lines: known.lines.map((line) => ({ ...line, gross: amountOf(line.gross, currency) })),
    ...standingOf(known),
    problems: known.problems.map((problem) => ({ ...problem })),
    plan:
      plan === null
        ? null
        : {
            revision: plan.revision,
            applied: plan.applied,
            at: iso(plan.at),
            lines: plan.lines,
            waiting: plan.waiting,
            why: plan.why,
          },
    ...(known.personal === undefined ? {} : { personal: personalOf(known.personal) }),
  };
}

function personalOf(known: NonNullable<OrderTimeline['personal']> | null): z.output<typeof personal> {
  if (known === null) return null;
  const addressOf = (place: typeof known.shippingAddress): z.output<typeof address> | null =>
    place === null ? null : { ...place, lines: [...place.lines] };
  return {
    ...known,
    attributes: { ...known.attributes },
    shippingAddress: addressOf(known.shippingAddress),
    billingAddress: addressOf(known.billingAddress),
  };
}

function timelineOf({ id, number, steps, revisions, jobs, effects }: OrderTimeline): z.output<typeof timeline> {
  return {
    id,
    number,
    steps: steps.map((step) => ({ ...step, at: iso(step.at) })),
    revisions: revisions.map(({ raw, ...revision }) => ({ ...revision, observation: raw })),
    jobs: jobs.map(({ _id, kind, state, due, attempts, cause: parked, last }) => ({
      key: _id,
      kind,
      state,
      due: iso(due),
      attempts,
      why: causeOf(parked ?? last),
    })),
    effects: effects.map(({ _id, verb, state, externalId, attempts, cause: refused }) => ({
      key: _id,
      verb,
      state,
      externalId,
      attempts,
      cause: causeOf(refused),
    })),
  };
}
