import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config, ConnectionConfig } from '../config/read.ts';
import { readDraft } from '../config/mapping-file.ts';
import { readConfig } from '../config/read.ts';
import { connectors } from '../connectors/index.ts';
import type { Connector } from './connector/contract.ts';
import type { Budget, Io } from './connector/io.ts';
import { openHttp, type OpenHttp } from './connector/transport/http.ts';
import { SyncError } from './domain/errors.ts';
import type { ConnectionId } from './domain/ids.ts';
import type { Clock, Log, Random } from './domain/ports.ts';
import type { ConnectionApi } from './domain/sunset.ts';
import type { Flow, FlowConnection } from './flows/flow.ts';
import { flowHandlers } from './flows/handlers.ts';
import { registerConnections } from './flows/register-connections.ts';
import { scheduleOf } from './flows/schedule.ts';
import { openBudget } from './jobs/budgets.ts';
import { startScheduler } from './jobs/scheduler.ts';
import { startWorker, type Worker } from './jobs/worker.ts';
import type { BudgetLimit } from './queries/connection-health.ts';
import { openEmbedded } from './store/embedded/index.ts';
import { proveKey, readMasterKey } from './store/master-key.ts';
import { openStore, type Store } from './store/open-store.ts';
import { startSandbox } from './sandbox-process.ts';
import { systemClock, systemRandom } from './system/clock.ts';
import { bothLogs, openLog } from './system/log.ts';
import { openLogKeeper, type LogKeeper } from './system/log-keeper.ts';
import { openTally, type Tally } from './system/meter.ts';

const DAY_MS = 86_400_000;

/** The configuration with its mappings, for what needs neither store nor remote. @throws SyncError `config` listing every mistake */
export function readConfiguration(file: string): Config {
  return readConfig({ file, connectors: Object.values(connectors) });
}

/** A mapping file that no connection has to name, by the checks of one. @throws SyncError `config` listing every mistake */
export function readDraftMapping(file: string, config: Config): ReturnType<typeof readDraft> {
  return readDraft(file, config);
}

export interface AppOptions {
  readonly configFile: string;
  /** Overrides the configuration, for commands that must not be chatty and for tests. */
  readonly log?: Log;
  readonly storeFile?: string;
  /** Whether the remotes are to be reached: sandbox stand-ins are started only then. Default true. */
  readonly remotes?: boolean;
  /** Whether lines of the log are kept in the store, to be searched. Default: where remotes are reached. */
  readonly keepLog?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Everything, wired and not yet running. */
export interface App {
  readonly config: Config;
  readonly store: Store;
  readonly flow: Flow;
  readonly log: Log;
  readonly tally: Tally;
  /** Our share of every remote's rate limits. */
  readonly budgets: readonly BudgetLimit[];
  /** The API that each connection speaks, and when it ends. */
  readonly apis: readonly ConnectionApi[];
  /** Where the stand-ins of this configuration's sandbox connections listen. */
  readonly standIns: ReadonlyMap<ConnectionId, string>;
  startWorker(): Promise<Worker>;
  startScheduler(worker: Worker): { stop(): Promise<void> };
  close(): Promise<void>;
}

/**
 * The only wiring: configuration → store → connectors → flows. Starts nothing that runs by itself but the sandbox's
 * stand-ins, where the configuration asks for them.
 *
 * @throws SyncError `config` listing every mistake, or `transient` when the store cannot be opened
 */
export async function openApp(options: AppOptions): Promise<App> {
  const ownClock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const config = readConfiguration(options.configFile);
  const tally = openTally();
  const closing: (() => Promise<void>)[] = [];
  const keeper =
    (options.keepLog ?? options.remotes !== false)
      ? openLogKeeper(ownClock, (message, fields) => log.warn(message, fields))
      : null;
  const log = logOf(config, options.log, keeper);
  async function close(): Promise<void> {
    for (const end of closing.splice(0).reverse()) await end();
  }
  try {
    const storeFile = options.storeFile ?? config.store.file;
    const keyFile = `${storeFile}.key`;
    const isMade = config.vault.masterKey === null && !existsSync(keyFile);
    const masterKey = readMasterKey({ base64: config.vault.masterKey ?? undefined, file: keyFile }, random);
    const uri = config.store.uri ?? (await embedded(storeFile, closing));
    const store = await openStore({ uri, masterKey, clock: ownClock, random, log });
    const { clock } = store;
    closing.push(() => store.close());
    await proveKey(store.vault, isMade ? { file: keyFile, key: masterKey } : null);
    if (keeper !== null) {
      const keepMs = config.log.keepDays * DAY_MS;
      keeper.start((lines) => store.log.append(lines, keepMs));
      closing.push(() => keeper.close());
    }
    const addresses =
      options.remotes === false
        ? new Map<ConnectionId, string>()
        : await startSandbox(
            config.connections.filter(({ sandbox, input }) => sandbox && input['baseUrl'] === undefined),
            { today: clock.now(), folder: join(dirname(storeFile), 'sandbox') },
            closing,
          );
    const connections = new Map<ConnectionId, FlowConnection>();
    const limits: BudgetLimit[] = [];
    const apis: ConnectionApi[] = [];
    for (const connection of config.connections) {
      const http = openHttp({ ...policyOf(connection), log, clock });
      closing.push(async () => http.close());
      connections.set(
        connection.id,
        openConnection(connection, addresses.get(connection.id), { http, store, clock, random, log, limits, apis }),
      );
    }
    const flow: Flow = {
      store,
      clock,
      random,
      log,
      meter: tally,
      connections,
      sourcing: {
        locations: config.locations.map(({ id, enabled, priority, countries }) => ({
          id,
          enabled,
          priority,
          countries,
        })),
        policy: config.allocation.policy,
        maxLocations: config.allocation.maxLocations,
      },
      publicUrl: config.web.publicUrl?.replace(/\/$/, '') ?? null,
      assigned: config.allocation.assigned,
      stockFrom: new Map(
        config.locations.flatMap(({ id, stockFrom }) => (stockFrom === null ? [] : [[id, stockFrom]])),
      ),
      shipsBy: new Map(config.locations.flatMap(({ id, shipsBy }) => (shipsBy === null ? [] : [[id, shipsBy]]))),
      personalMs: config.retention.personalDays * DAY_MS,
    };
    // A command that only reads must not settle what the running workers, with the mapping they know, have to settle.
    if (options.remotes !== false) await registerConnections(flow, config.connections);
    return {
      config,
      store,
      flow,
      log,
      tally,
      budgets: limits,
      apis,
      standIns: standInsOf(config, addresses),
      startWorker: () =>
        startWorker({
          store,
          handlers: flowHandlers(flow),
          clock: ownClock,
          random,
          log,
          host: hostname(),
          pid: process.pid,
          onEnd: (kind, end, count) => tally.count('jobs_ended', count, { kind, end }),
        }),
      startScheduler: (worker) => startScheduler(scheduleOf(flow, config.connections), worker.enqueue, log),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The log as it is shown, beside which each line is kept where there is a keeper. */
function logOf({ log, secrets }: Config, shown: Log | undefined, keeper: LogKeeper | null): Log {
  const settings = { ...log, secrets };
  const keep = keeper === null ? {} : { keep: keeper.stream };
  if (shown === undefined) return openLog({ ...settings, ...keep });
  return keeper === null ? shown : bothLogs(shown, openLog({ ...settings, ...keep, shown: false }));
}

function standInsOf(config: Config, started: ReadonlyMap<ConnectionId, string>): Map<ConnectionId, string> {
  return new Map(
    config.connections.flatMap(({ id, sandbox, input }) => {
      const address = started.get(id) ?? input['baseUrl'];
      return sandbox && typeof address === 'string' ? [[id, address]] : [];
    }),
  );
}

async function embedded(file: string, closing: (() => Promise<void>)[]): Promise<string> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const server = await openEmbedded({ file });
  closing.push(() => server.close());
  return server.uri;
}

function policyOf({ http, secrets }: ConnectionConfig): Omit<Parameters<typeof openHttp>[0], 'log' | 'clock'> {
  return {
    timeoutMs: http.timeoutMs,
    maxBytes: http.maxBytes,
    userAgent: 'Crossdock',
    secrets,
    ...(http.proxy === null ? {} : { proxy: http.proxy }),
  };
}

interface Outside {
  readonly http: OpenHttp;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told of every budget that is opened. */
  readonly limits: BudgetLimit[];
  /** Told of every API that is spoken. */
  readonly apis: ConnectionApi[];
}

function openConnection(connection: ConnectionConfig, address: string | undefined, outside: Outside): FlowConnection {
  const connector = connectorOf(connection);
  const settings = connector.config.parse({
    ...connection.input,
    ...(address === undefined ? {} : { baseUrl: address }),
  });
  outside.apis.push({ connection: connection.id, connector: connector.kind, ...connector.api(settings) });
  const budgets = new Map<string, Budget>();
  for (const spec of connector.budgets(settings)) {
    const share = connection.budgets[spec.name] ?? 1;
    const ours = { perSecond: spec.perSecond * share, capacity: spec.capacity * share };
    const owner = spec.sharedAs === undefined ? connection.id : `${connector.kind}:${spec.sharedAs}`;
    const key = `${owner}/${spec.name}`;
    outside.limits.push({ connection: connection.id, name: spec.name, key, ...ours });
    budgets.set(
      spec.name,
      openBudget(
        {
          name: key,
          ...ours,
          requestMs: connection.http.timeoutMs,
          ...(spec.concurrency === undefined ? {} : { concurrency: spec.concurrency }),
        },
        outside.store,
        outside.clock,
        () => Buffer.from(outside.random.bytes(9)).toString('base64url'),
      ),
    );
  }
  const io: Io = {
    connection: { id: connection.id, company: connection.company, zone: connection.zone },
    http: outside.http,
    clock: outside.clock,
    random: outside.random,
    log: outside.log.with({ connection: connection.id }),
    budget(name) {
      const budget = budgets.get(name);
      if (budget !== undefined) return budget;
      throw new SyncError('bug', `The connector ${connector.kind} declares no budget "${name}".`, {
        remedy: 'This is a fault in the connector. Report it.',
      });
    },
  };
  return {
    id: connection.id,
    company: connection.company,
    zone: connection.zone,
    cutOver: connection.cutOver,
    mapping: connection.mapping,
    effects: connection.effects,
    books: connection.books,
    accounts: connection.accounts,
    buffer: connection.publish.buffer,
    capabilities: connector.open(settings, io),
  };
}

function connectorOf(connection: ConnectionConfig): Connector {
  const connector = connectors[connection.connector];
  if (connector !== undefined) return connector;
  throw new SyncError(
    'config',
    `The connection ${connection.id} names the connector "${connection.connector}", which there is not.`,
    {
      remedy: `Use one of: ${Object.keys(connectors).join(', ')}.`,
    },
  );
}
