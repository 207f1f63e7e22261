import type { FulfillmentProvider, LedgerSink, Page, ShipmentSink, Sink } from '../../src/connector/contract.ts';
import type { FlowConnection } from '../../src/flows/flow.ts';
import type { Handler, Result } from '../../src/jobs/handler.ts';
import type { BudgetDocument } from '../../src/store/documents.ts';
import type { Wanted } from '../../src/store/job-records.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { Plant } from './worker.ts';

type Changed<T extends object> = (parts: T) => Partial<T>;

/** A store of which one repository does something else. */
function inStore<K extends keyof Store>(name: K, change: (store: Store) => Partial<Store[K]>): Plant {
  return { store: (store) => ({ ...store, [name]: Object.assign({}, store[name], change(store)) }) };
}

/** A connection of which one capability does something else. */
function inCapabilities(id: string, change: Changed<FlowConnection['capabilities']>): Plant {
  return {
    connections(connections) {
      const connection = connections.get(id);
      if (connection === undefined) throw new Error(`there is no connection ${id}`);
      const capabilities = { ...connection.capabilities, ...change(connection.capabilities) };
      connections.set(id, { ...connection, capabilities });
    },
  };
}

function there<T>(capability: T | undefined): T {
  if (capability === undefined) throw new Error('the connection has no such capability');
  return capability;
}

let sends = 0;
/** A sink that gives every attempt a key of its own. */
function everyTimeAnew<T, S extends Sink<T>>(sink: S): S {
  return { ...sink, send: (item, key, signal) => sink.send(item, `${key}~${(sends += 1)}`, signal) };
}

function inHandlers(run: (handler: Handler) => Handler['run']): Plant {
  return { handlers: (handlers) => handlers.map((handler) => ({ ...handler, run: run(handler) })) };
}

/** Ends jobs first and wants what follows afterwards. */
function followsAfterTheEnd(): Plant {
  const following = new WeakMap<Store, Map<string, readonly Wanted[]>>();
  const of = (store: Store): Map<string, readonly Wanted[]> => {
    const known = following.get(store) ?? new Map<string, readonly Wanted[]>();
    following.set(store, known);
    return known;
  };
  return {
    store(store) {
      const known = of(store);
      const changed: Store = {
        ...store,
        jobs: {
          ...store.jobs,
          async end(endings, now) {
            await store.jobs.end(endings, now);
            const wanted = endings.flatMap(({ job }) => known.get(job.token + job._id) ?? []);
            for (const { job } of endings) known.delete(job.token + job._id);
            await store.jobs.enqueue(wanted, now);
          },
        },
      };
      following.set(changed, known);
      return changed;
    },
    handlers: (handlers, flow) =>
      handlers.map((handler) => ({
        ...handler,
        async run(jobs, context): Promise<readonly Result[]> {
          const results = await handler.run(jobs, context);
          return results.map((result) => {
            if (result.enqueue !== undefined) of(flow.store).set(result.job.token + result.job._id, result.enqueue);
            return { ...result, enqueue: [] };
          });
        },
      })),
  };
}

/** Mistakes that somebody could make, each of which the simulator must find. */
export const PLANTED: Readonly<Record<string, Plant>> = {
  'a lost reply makes an effect ready to be sent again': inStore('effects', ({ effects }) => ({
    change: (before, set) => effects.change(before, set.state === 'unsure' ? { ...set, state: 'ready' } : set),
  })),
  'a look-up counts before the settle time': inStore('effects', ({ effects }) => ({
    change: (before, set) =>
      effects.change(before, set.settleAt === undefined ? set : { ...set, settleAt: new Date(0) }),
  })),
  'what another worker was sending is sent again at once': inStore('effects', ({ effects }) => ({
    async freeze(effect, now, first) {
      const frozen = await effects.freeze(effect, now, first);
      const { document, fresh } = frozen;
      return fresh || document.state !== 'sending' ? frozen : { ...frozen, document: { ...document, state: 'ready' } };
    },
  })),
  'a remote is taken to remember its keys for ever': inCapabilities('depot', ({ provider }) => {
    const sink = there(provider);
    return sink.uniqueness.by === 'native' ? { provider: { ...sink, uniqueness: { by: 'native', forMs: 1e12 } } } : {};
  }),
  'each attempt to push has a key of its own': inCapabilities('depot', ({ provider }) => ({
    provider: everyTimeAnew<Parameters<FulfillmentProvider['send']>[0], FulfillmentProvider>(there(provider)),
  })),
  'each attempt to confirm has a key of its own': inCapabilities('shop', ({ confirmations }) => ({
    confirmations: everyTimeAnew<Parameters<ShipmentSink['send']>[0], ShipmentSink>(there(confirmations)),
  })),
  'each attempt to post has a key of its own': inCapabilities('ledger', ({ ledger }) => ({
    ledger: everyTimeAnew<Parameters<LedgerSink['send']>[0], LedgerSink>(there(ledger)),
  })),
  'the cursor of shipments does not go back for what is listed late': inCapabilities('depot', ({ shipments }) => {
    const source = there(shipments);
    return {
      shipments: {
        ...source,
        async *pull(since, signal): AsyncIterable<Page> {
          for await (const page of source.pull(since, signal)) {
            const records = page.records.filter(({ version }) => since === null || version > Number(since));
            yield { records, next: page.next };
          }
        },
      },
    };
  }),
  'the sweep finds what is missing, and not what is stale': inCapabilities('shop', ({ orders }) => {
    const source = there(orders);
    return {
      orders: {
        ...source,
        async *ids(window, signal) {
          for await (const { id } of source.ids(window, signal)) yield { id, version: 0 };
        },
      },
    };
  }),
  'a stock level is written over whatever stands there by now': inStore('levels', ({ levels }) => ({
    async change(changes) {
      const heads = new Map(
        (await levels.heads(changes.map(({ before }) => before._id))).map((head) => [head._id, head]),
      );
      return levels.change(
        changes.map((change) => ({ ...change, before: { ...change.before, v: heads.get(change.before._id)?.v ?? 0 } })),
      );
    },
  })),
  'a refused change of a stock level is taken for done': inStore('levels', ({ levels }) => ({
    async change(changes) {
      await levels.change(changes);
      return new Set();
    },
  })),
  'what is released is put back twice': inStore('levels', ({ levels }) => ({
    change: (changes) =>
      levels.change(
        changes.map((change) => {
          const released = change.movement.kind === 'released';
          const back = change.movement.lines.reduce((sum, { quantity }) => sum - quantity, 0);
          return released && back > 0 ? { ...change, free: change.free + back } : change;
        }),
      ),
  })),
  'a refused change of an order is taken for done': inStore('orders', ({ orders }) => ({
    async change(changes) {
      await orders.change(changes);
      return new Set();
    },
  })),
  'of several facts of an order only the first is booked': inStore('facts', ({ facts }) => ({
    append: (fresh) =>
      facts.append(fresh.filter(({ order }, index) => fresh.findIndex((fact) => fact.order === order) === index)),
  })),
  'a supplement is taken for the document that it follows': inStore('batches', ({ batches }) => ({
    insert: async (batch) => (await batches.ofScope(batch.scope))[0] ?? batches.insert(batch),
  })),
  'what follows from a job is wanted after its end': followsAfterTheEnd(),
  'a trigger during a run is lost with its end': inStore('jobs', ({ jobs, collections }) => ({
    async end(endings, now) {
      const done = endings.filter(({ end }) => end === 'done');
      for (const { job } of done) await collections.jobs.deleteOne({ _id: job._id, token: job.token });
      await jobs.end(
        endings.filter(({ end }) => end !== 'done'),
        now,
      );
    },
  })),
  'money that went back is not booked': inStore('facts', ({ facts }) => ({
    append: (fresh) => facts.append(fresh.filter(({ fact }) => fact.kind !== 'refund-paid')),
  })),
  'a remote that cannot be asked is sent to again': inCapabilities('depot', ({ provider }) => {
    const sink = there(provider);
    if (sink.uniqueness.by !== 'none') return {};
    return { provider: { ...sink, uniqueness: { by: 'find', settleMs: 0 }, find: async () => 'absent' } };
  }),
  'what a provider decides later is taken for accepted': inCapabilities('depot', ({ provider }) => {
    const { outcome: _, ...sink } = there(provider);
    return {
      provider: { ...sink, send: async (...sent) => ({ ...(await sink.send(...sent)), state: 'done' }) },
    };
  }),
  'a second edit in the same tick is taken for the first': inCapabilities('shop', ({ orders }) => {
    const source = there(orders);
    const seen = new Set<string>();
    return {
      orders: {
        ...source,
        async *pull(since, signal): AsyncIterable<Page> {
          for await (const page of source.pull(since, signal)) {
            const records = page.records.filter(({ id, version }) => !seen.has(`${id}|${version}`));
            yield { records, next: page.next };
            for (const { id, version } of records) seen.add(`${id}|${version}`);
          }
        },
      },
    };
  }),
  'nothing is doubted after a restore': inStore('effects', () => ({ restoredAt: async () => null })),
  'nobody asks after a restore what was asked before it': inCapabilities('depot', ({ provider }) => {
    const { recall: _asked, ...blind } = there(provider);
    return { provider: blind };
  }),
  'every worker has a budget of its own': inStore('budgets', () => {
    let mine: BudgetDocument | null = null;
    return {
      async read(name, capacity, now) {
        return (mine ??= { _id: name, v: 1, tokens: capacity, at: new Date(now), closedUntil: new Date(0), slots: [] });
      },
      async replace(before, after) {
        mine = { ...before, ...after, v: before.v + 1 };
        return true;
      },
    };
  }),
  'a plan does not say why': inStore('orders', ({ orders }) => ({
    change: (changes) =>
      orders.change(
        changes.map((change) =>
          change.set.plan == null
            ? change
            : { ...change, set: { ...change.set, plan: { ...change.set.plan, why: [] } } },
        ),
      ),
  })),
  'jobs of a dead worker are not taken over': inStore('jobs', () => ({ freeAll: async () => 0 })),
  'jobs of a dead worker are taken over while its request is under way': inStore('jobs', ({ jobs }) => ({
    freeAll: (owner, _due, kinds) => jobs.freeAll(owner, () => 0, kinds),
  })),
  'the lease is not looked at before something is sent': inHandlers(
    (handler) => (jobs, context) => handler.run(jobs, { ...context, signal: new AbortController().signal }),
  ),
};
