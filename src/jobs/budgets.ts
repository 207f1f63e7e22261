import PQueue from 'p-queue';
import type { Clock } from '../domain/ports.ts';
import type { Instant } from '../domain/time.ts';
import type { BudgetDocument } from '../store/documents.ts';
import { asStoreError } from '../store/faults.ts';
import type { Store } from '../store/open-store.ts';

/** What is drawn from the shared document at once: about this long's worth of tokens. */
const BLOCK_MS = 1_000;
/** A drawn block that was not spent is given up after this, so that a saved-up block never bursts. */
const BLOCK_LIFE_MS = 2_000;
const CONTENDED_MS = 20;

export interface BudgetSettings {
  /** `<connection>/<budget>`: one document in the store, shared by all workers. */
  readonly name: string;
  /** Our share of the remote's rate: tokens per second. */
  readonly perSecond: number;
  readonly capacity: number;
  /** Calls under way at once over all workers; absent = not limited. */
  readonly concurrency?: number;
  /** How long a dead worker's call may still be under way: its slot is free after that. */
  readonly requestMs: number;
}

/** Our share of one rate limit, kept by all workers together on the database's clock (I10). */
export interface SharedBudget {
  /**
   * Resolves when `cost` tokens were drawn. A cost above the capacity waits for a full bucket.
   * @throws SyncError `transient` while the store is away
   */
  take(cost: number, signal?: AbortSignal): Promise<void>;
  /** What the remote said of its own bucket: we never plan above it. */
  observe(state: { readonly available: number; readonly perSecond: number; readonly capacity: number }): void;
  /** The remote refused: nothing is drawn by anyone before this instant. */
  refuse(until: Instant): void;
  /**
   * Runs a call in one of the budget's slots, and gives what the call gives.
   * @throws SyncError `transient` while the store is away, before anything was called
   */
  slot<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function openBudget(
  settings: BudgetSettings,
  store: Store,
  clock: Clock,
  newHolder: () => string,
): SharedBudget {
  const { name, perSecond, capacity, concurrency, requestMs } = settings;
  // One draw at a time in this worker, in order of asking: nobody starves behind cheaper calls.
  const line = new PQueue({ concurrency: 1 });
  let block = { tokens: 0, until: 0 };
  /** What the remote said that is left there, and since when it fills up again. */
  let observed: { readonly tokens: number; readonly at: Instant; readonly perSecond: number } | null = null;
  let closedUntil: Instant = 0;

  function refilled(document: BudgetDocument, now: Instant): number {
    const ours = Math.min(capacity, document.tokens + gained(document.at.getTime(), now, perSecond));
    return observed === null ? ours : Math.min(ours, observed.tokens + gained(observed.at, now, observed.perSecond));
  }

  /** Tells all workers that the remote refused. Repeated by the next draw where it fails. */
  async function close(): Promise<void> {
    for (;;) {
      const now = store.clock.now();
      const document = await store.budgets.read(name, capacity, now);
      if (closedUntil <= now || document.closedUntil.getTime() >= closedUntil) return;
      const refused = { ...document, tokens: 0, at: latest(document.at, now), closedUntil: new Date(closedUntil) };
      if (await store.budgets.replace(document, refused)) return;
    }
  }

  async function draw(cost: number, signal?: AbortSignal): Promise<void> {
    const want = Math.min(cost, capacity);
    for (;;) {
      signal?.throwIfAborted();
      if (block.until > clock.now() && block.tokens >= want && closedUntil <= store.clock.now()) {
        block.tokens -= want;
        return;
      }
      const now = store.clock.now();
      const document = await store.budgets.read(name, capacity, now);
      const closed = Math.max(document.closedUntil.getTime(), closedUntil);
      if (closed > now) {
        await close();
        await clock.sleep(closed - now, signal);
        continue;
      }
      const tokens = refilled(document, now);
      if (tokens < want) {
        await clock.sleep(Math.max(CONTENDED_MS, ((want - tokens) / perSecond) * 1_000), signal);
        continue;
      }
      const granted = Math.min(tokens, Math.max(want, (perSecond * BLOCK_MS) / 1_000));
      const drawn = await store.budgets.replace(document, {
        ...document,
        tokens: tokens - granted,
        at: latest(document.at, now),
      });
      if (!drawn) continue;
      observed = null;
      block = { tokens: granted - want, until: clock.now() + BLOCK_LIFE_MS };
      return;
    }
  }

  async function enter(holder: string, signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const now = store.clock.now();
      const document = await store.budgets.read(name, capacity, now);
      const held = document.slots.filter((slot) => slot.until.getTime() > now);
      if (held.length < (concurrency ?? Infinity)) {
        const slots = [...held, { holder, until: new Date(now + requestMs) }];
        if (await store.budgets.replace(document, { ...document, slots })) return;
      }
      await clock.sleep(CONTENDED_MS, signal);
    }
  }

  async function leave(holder: string): Promise<void> {
    for (;;) {
      const document = await store.budgets.read(name, capacity, store.clock.now());
      const slots = document.slots.filter((slot) => slot.holder !== holder);
      if (slots.length === document.slots.length || (await store.budgets.replace(document, { ...document, slots })))
        return;
    }
  }

  return {
    async take(cost, signal) {
      await ofTheStore(line.add(() => draw(cost, signal)));
    },

    observe(state) {
      // What is left there after what we have drawn and not spent yet.
      const unspent = block.until > clock.now() ? block.tokens : 0;
      observed = {
        tokens: Math.max(0, Math.min(capacity, state.available) - unspent),
        at: store.clock.now(),
        perSecond: state.perSecond > 0 ? Math.min(perSecond, state.perSecond) : perSecond,
      };
      if (state.available <= 0) block = { tokens: 0, until: 0 };
    },

    refuse(until) {
      const now = clock.now();
      closedUntil = Math.max(closedUntil, store.clock.now() + Math.max(0, until - now));
      block = { tokens: 0, until: 0 };
      // At once: this worker may draw nothing for a long time, and the others would run into the same refusal.
      void close().catch(() => undefined);
    },

    async slot(call, signal) {
      if (concurrency === undefined) return call();
      const holder = newHolder();
      await ofTheStore(enter(holder, signal));
      try {
        return await call();
      } finally {
        // What the remote answered stands, whatever becomes of the slot: it is free again when the request time-out is over.
        await leave(holder).catch(() => undefined);
      }
    },
  };
}

/** Nothing was asked of the remote yet: a store that is away is told as what it is, not as an outcome of the call. */
async function ofTheStore(waiting: Promise<unknown>): Promise<void> {
  try {
    await waiting;
  } catch (thrown) {
    throw asStoreError(thrown);
  }
}

function gained(since: Instant, now: Instant, perSecond: number): number {
  return (Math.max(0, now - since) / 1_000) * perSecond;
}

/** Never backwards: workers know the server's clock to within some milliseconds, and none of them is counted twice. */
function latest(at: Date, now: Instant): Date {
  return new Date(Math.max(at.getTime(), now));
}
