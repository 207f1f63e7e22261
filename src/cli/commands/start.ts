import { openApp, type App } from '../../app.ts';
import { asSyncError } from '../../domain/errors.ts';
import type { Log } from '../../domain/ports.ts';
import { sunsetNotices } from '../../domain/sunset.ts';
import {
  REMOTE_KINDS,
  wantCheckConnection,
  wantPullOrders,
  wantPullShipments,
  wantPullStock,
  wantSubscribeWebhooks,
} from '../../flows/wanted.ts';
import type { Worker } from '../../jobs/worker.ts';
import { parkedCases } from '../../queries/cases.ts';
import { connectionStandings, workIsOpen } from '../../queries/connections.ts';
import { orderTotals } from '../../queries/order-summary.ts';
import { asStoreError } from '../../store/faults.ts';
import type { Wanted } from '../../store/job-records.ts';
import { startWeb, type Web } from '../../web/server.ts';
import type { Call, Command } from '../command.ts';
import { every } from '../every.ts';
import { EXIT } from '../exit-code.ts';
import { narrowLog } from '../narrow-log.ts';
import { onStop } from '../stop-signals.ts';
import { openProgress, type Progress } from '../progress.ts';
import { sunsetLines, troubleLines } from '../report.ts';
import { figure, span } from '../table.ts';
import { webPorts } from '../web-ports.ts';

/** What is due later than this is no part of the first round. */
const SOON_MS = 5_000;
const LOOK_MS = 250;
const DAY_MS = 86_400_000;
/** What has not ended so long after the signal is left as a killed worker leaves it: nothing of it is lost. */
const STOP_MS = 9_300;

/** The worker, the schedule and the web server, until they are stopped. */
export const start: Command = {
  name: 'start',
  about:
    'run: pull on the schedule, do all work, serve the page, the API, health, metrics and webhooks; until it is stopped',
  operands: [],
  options: {},
  examples: ['crossdock start', 'crossdock start --config config/production.yaml'],
  async run(call) {
    let progress: Progress | null = null;
    const say = (line: string): void => (progress ?? { say: call.screen.note }).say(line);
    // Where nobody watches, the log of the configuration tells everything; a person is told what is worth a look.
    const log: { log: Log } | object = call.screen.live ? { log: narrowLog('error', say) } : {};
    const app = await openApp({ configFile: call.configFile, ...log });
    const stopping = new AbortController();
    const unlisten = onStop((signal) => {
      say(`${signal}: stopping; once more stops at once.`);
      stopping.abort(new Error('stopped by a signal'));
      void app.flow.clock.sleep(STOP_MS).then(() => process.exit(EXIT.ok));
    });
    try {
      const worker = await app.startWorker();
      const running: { stop(): Promise<void> }[] = [worker];
      try {
        const web = await startWeb(webPorts(app, worker), app.config.web);
        running.push({ stop: () => web.close() });
        running.push(app.startScheduler(worker));
        tellSunsets(app);
        const hush = every(app.flow.clock, DAY_MS, () => tellSunsets(app));
        running.push({ stop: async () => hush() });
        welcome(call, app, web);
        await wantFirstWork(app, worker, stopping.signal);
        progress = openProgress(app.tally, call.screen, app.flow.clock);
        progress.step('first round');
        await firstRound(app, stopping.signal);
        progress.stop();
        progress = null;
        if (!stopping.signal.aborted) for (const line of (await unlessAway(() => standing(app))) ?? []) say(line);
        await new Promise<void>((resolve) => {
          if (stopping.signal.aborted) resolve();
          stopping.signal.addEventListener('abort', () => resolve(), { once: true });
        });
      } finally {
        progress?.stop();
        for (const part of running.reverse()) await part.stop();
      }
      return EXIT.ok;
    } finally {
      unlisten();
      await app.close();
    }
  },
};

/** Asks until the store has it: this worker runs already, and what runs waits for a store that is away. */
async function wantFirstWork(app: App, worker: Worker, stop: AbortSignal): Promise<void> {
  const wanted = firstWork(app);
  while (!stop.aborted && (await unlessAway(() => worker.enqueue(wanted).then(() => true))) === null)
    await app.flow.clock.sleep(LOOK_MS, stop).catch(() => undefined);
}

/** What is new is pulled at once, not only at the next tick of the schedule. */
function firstWork(app: App): Wanted[] {
  return [...app.flow.connections.values()].flatMap(({ id, capabilities }) => [
    wantCheckConnection(id),
    ...(capabilities.stock === undefined ? [] : [wantPullStock(id)]),
    ...(capabilities.orders === undefined ? [] : [wantPullOrders(id)]),
    ...(capabilities.shipments === undefined ? [] : [wantPullShipments(id)]),
    ...(capabilities.webhooks === undefined || app.flow.publicUrl === null ? [] : [wantSubscribeWebhooks(id)]),
  ]);
}

function welcome(call: Call, app: App, web: Web): void {
  const { config } = app;
  const address = web.address;
  if (call.json) {
    call.screen.out(
      JSON.stringify({
        address,
        store: config.store.uri === null ? config.store.file : 'MongoDB',
        connections: config.connections.map(({ id }) => id),
      }),
    );
    return;
  }
  call.screen.out(
    `Crossdock runs on ${config.store.uri === null ? `the embedded store ${config.store.file}` : 'MongoDB'}.`,
  );
  call.screen.out(`Health ${address}/healthz · ready ${address}/readyz · metrics ${address}/metrics`);
  for (const line of accessLines(app, address)) call.screen.out(line);
  for (const connection of config.connections) call.screen.out(connectionLine(connection));
  call.screen.out('Stop with Ctrl-C. In another terminal: npx crossdock orders list · parked list · check');
}

/** How the page and the API are got at; a token is told only where it is the sandbox's, which everybody knows. */
function accessLines({ config }: App, address: string): string[] {
  const [first] = config.web.tokens;
  if (first === undefined)
    return [`Page ${address}/ and API ${address}/api/v1 are closed: configure web.tokens to open them.`];
  const shown = first.sandbox ? first.token : `<the token ${first.name}>`;
  return [
    `Page ${address}/ · log in with ${shown}`,
    `API  curl -H 'authorization: Bearer ${shown}' ${address}/api/v1/orders`,
  ];
}

/** What happens with a connection by itself: when it is pulled from, and which changes at its remote are switched on. */
export function connectionLine(connection: App['config']['connections'][number]): string {
  const { id, connector, sandbox, schedule, zone, effects } = connection;
  const pulled = Object.entries(schedule).flatMap(([what, at]) => (at === null ? [] : [`${what} at ${at}`]));
  const switched = Object.entries(effects).flatMap(([verb, state]) => (state === 'off' ? [] : [`${verb} ${state}`]));
  const parts = [
    ...(pulled.length === 0 ? [] : [`now, then ${pulled.join(', ')} (${zone})`]),
    ...(switched.length === 0 ? [] : [switched.join(', ')]),
  ];
  return `${id} (${connector}${sandbox ? ', sandbox' : ''}): ${parts.length === 0 ? 'on demand only' : parts.join('; ')}`;
}

/** Until nothing is under way and nothing is due soon, or the stop. A store that is away is waited for, as the work waits. */
async function firstRound({ flow }: App, stop: AbortSignal): Promise<void> {
  const { clock } = flow;
  for (let silent = 0; silent < 2 && !stop.aborted;) {
    await clock.sleep(LOOK_MS, stop).catch(() => undefined);
    const open = await unlessAway(() => openSoon(flow));
    silent = open === false ? silent + 1 : 0;
  }
}

/** Whether anything is under way or due soon that does not wait for a remote. */
async function openSoon({ store, clock }: App['flow']): Promise<boolean> {
  const standings = await connectionStandings(store, REMOTE_KINDS);
  const off = (state: string): string[] => standings.filter((standing) => standing.state === state).map(({ id }) => id);
  return workIsOpen(store, new Date(clock.now() + SOON_MS), {
    paused: off('paused'),
    away: off('away'),
    kinds: REMOTE_KINDS,
  });
}

/** What was asked of the store; null while it is away, which ends no worker that runs: it goes on by itself afterwards. */
async function unlessAway<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (thrown) {
    const error = asSyncError(asStoreError(thrown));
    if (error.code === 'store-away') return null;
    throw thrown;
  }
}

/** In the log, which is what is watched of a worker that runs for months. */
function tellSunsets({ apis, flow, log }: App): void {
  for (const { message, ...about } of sunsetNotices(apis, flow.clock.now())) log.warn(message, about);
}

async function standing({ flow, apis }: App): Promise<string[]> {
  const { store, clock } = flow;
  const { orders, stages } = await orderTotals(store);
  const cases = await parkedCases(store);
  const parked = cases.reduce((sum, { count }) => sum + count, 0);
  const oldest = Math.min(...cases.map((one) => one.oldest));
  return [
    `First round done: ${figure(orders)} orders, ${stages.map((one) => `${figure(one.orders)} ${one.stage}`).join(', ')}.`,
    ...(parked === 0
      ? []
      : [`${figure(parked)} parked, oldest ${span(Math.max(0, clock.now() - oldest))}: npx crossdock parked list`]),
    ...[
      ...troubleLines(await connectionStandings(store, REMOTE_KINDS)),
      ...sunsetLines(sunsetNotices(apis, clock.now())),
    ].filter((line) => line !== ''),
  ];
}
