import { z } from 'zod';
import { business } from '../../src/connector/sandbox/business/business.ts';
import { openStandIn, type StandIn } from '../../src/connector/sandbox/stand-in.ts';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import { NOTHING_TOLD } from '../../src/connector/sandbox/told.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { Instant } from '../../src/domain/time.ts';
import { answer, throttled, type Serving } from './sandbox-answer.ts';
import { booksOf, confirmationsOf, type Books } from './sandbox-books.ts';
import { Bucket } from './sandbox-bucket.ts';
import { change, changeInput, count, countInput, tick, tickInput } from './sandbox-changes.ts';
import { readGid } from './sandbox-ids.ts';
import { availableOf } from './sandbox-publishing.ts';
import { ALL_SCOPES } from './sandbox-scopes.ts';
import { ShopState } from './sandbox-state.ts';
import { deliver, deliverInput } from './sandbox-webhooks.ts';

export { rawOrders, type RawOrder } from './sandbox-raw.ts';

/** Points per second by plan, twenty seconds of them in the bucket (Shopify's rate limits page; recorded answers of a standard shop). */
const PLANS = { standard: 100, advanced: 200, plus: 1_000, enterprise: 2_000 } as const;

export interface StandInConfig {
  /** Which shop of the business: the id of the connection, `harbour-us` or `harbour-eu`. */
  readonly connection: string;
  readonly plan?: keyof typeof PLANS;
  /** In place of the plan's points. */
  readonly pointsPerSecond?: number;
  /** Default: everything that the connector asks for. */
  readonly scopes?: readonly string[];
  /** Over all shops; default 560. */
  readonly orders?: number;
  readonly accessToken?: string;
  readonly webhookSecret?: string;
}

export interface ShopifyStandIn {
  readonly url: string;
  /** Keys as in the connector's configuration. */
  readonly credentials: { readonly accessToken: string; readonly webhookSecret: string };
  /** Faults, requests, problems, save. The same over HTTP at `/__stand-in/…`. */
  readonly control: StandIn;
  books(): Books;
  /** What `POST /__stand-in/do/<verb>` does, in process: tick, change, count, list-late, show-all, deliver, bucket, scopes. */
  tell(verb: string, input?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: StandInConfig;
  readonly seed: string;
  /** The present of the business; whole seconds. */
  readonly today: Instant;
  readonly clock: Clock;
  readonly port?: number;
  /** A file in which the shop outlives its own restart. */
  readonly snapshot?: string;
  stopped?(): void;
}

const lateInput = z.strictObject({ order: z.string(), forMs: z.int().positive().optional() });
const bucketInput = z.strictObject({ available: z.int().min(0) });
const scopesInput = z.strictObject({ scopes: z.array(z.string()) });

/** Starts one shop of the sandbox business behind Shopify's Admin API 2026-10 on loopback. @throws RangeError for a shop that the business does not have. */
export async function startStandIn({
  config,
  seed,
  today,
  clock,
  port,
  snapshot,
  stopped,
}: StartOptions): Promise<ShopifyStandIn> {
  const state = new ShopState(
    business({ seed, today, ...(config.orders !== undefined && { orders: config.orders }) }),
    config.connection,
  );
  const credentials = {
    accessToken: config.accessToken ?? sandboxCredential(config.connection, 'accessToken'),
    webhookSecret: config.webhookSecret ?? sandboxCredential(config.connection, 'webhookSecret'),
  };
  const perSecond = config.pointsPerSecond ?? PLANS[config.plan ?? 'plus'];
  const serving: Serving = {
    state,
    clock,
    bucket: new Bucket(clock, perSecond * 20, perSecond),
    token: credentials.accessToken,
    scopes: new Set(config.scopes ?? ALL_SCOPES),
  };
  const verbs: Record<string, (input: unknown) => unknown> = {
    tick: (input) => tick(state, clock, tickInput.parse(input)),
    change: (input) => change(state, clock, changeInput.parse(input)),
    count: (input) => count(state, clock, countInput.parse(input)),
    'list-late': (input) => {
      const { order, forMs } = lateInput.parse(input);
      state.listLate(readGid(order)?.tail ?? order, forMs === undefined ? 'told' : clock.now() + forMs);
    },
    'show-all': () => state.showAll(),
    deliver: (input) => deliver(state, clock, credentials.webhookSecret, deliverInput.parse(input ?? {})),
    bucket: (input) => serving.bucket.setTo(bucketInput.parse(input).available),
    scopes: (input) => {
      const { scopes } = scopesInput.parse(input);
      serving.scopes.clear();
      for (const scope of scopes) serving.scopes.add(scope);
    },
  };
  // What it was told outlives a kill: a restarted shop that had forgotten an edit would be no remote.
  const saving = Object.fromEntries(
    Object.entries(verbs).map(([name, does]) => [
      name,
      async (input: unknown) => {
        const done = await does(input);
        await control.save();
        return done;
      },
    ]),
  );
  const control = await openStandIn({
    name: `shopify ${config.connection}`,
    clock,
    answer: (request) => answer(request, serving),
    throttled: () => throttled(100, serving),
    books: () => ({ ...booksOf(state), requests: control.requests() }),
    told: () => ({ ...NOTHING_TOLD, confirmations: confirmationsOf(state), levels: availableOf(state) }),
    verbs: saving,
    ...(port !== undefined && { port }),
    ...(snapshot !== undefined && {
      snapshot: { file: snapshot, take: () => state.remember(), restore: (saved) => state.recall(saved) },
    }),
    ...(stopped && { stopped }),
  });
  state.origin = control.url;
  return {
    url: control.url,
    credentials,
    control,
    books: () => booksOf(state),
    async tell(verb, input = null) {
      const does = verbs[verb];
      if (!does)
        throw new RangeError(`the stand-in cannot be told to "${verb}"; it knows ${Object.keys(verbs).join(', ')}`);
      return does(input);
    },
    close: () => control.close(),
  };
}
