import { fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import { readMasterKey } from '../../src/store/master-key.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { watch } from '../flows/children.ts';

/**
 * npm run bench:webhooks [-- --rate 200 --seconds 30 --orders 45000]: how soon the product, as `npm start` runs it,
 * answers a webhook, from the moment at which it was due to be sent. The rate is kept whatever the answers do (open
 * loop), so a stall counts for every webhook that it held up. Each is signed, of another order, and stored before it is
 * answered. Once while the shop's orders are pulled, normalized and planned for the first time, once afterwards; both
 * times each webhook makes its order be read again.
 */
const RATE = option('rate', 200);
const SECONDS = option('seconds', 30);
const ORDERS = option('orders', 45_000);
const SHOP = 'harbour-us';
const SECRET = sandboxCredential(SHOP, 'webhookSecret');
const ROOT = join(import.meta.dirname, '../..');
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

interface Figures {
  readonly name: string;
  readonly latencies: number[];
  readonly statuses: Map<number, number>;
  readonly stored: number;
  readonly orders: number;
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

/** One signed webhook; resolves with the status that it was answered with, 0 = not at all. */
function send(web: string, event: string, id: string): Promise<number> {
  const body = JSON.stringify({ id: Number(id.split('/').at(-1)), admin_graphql_api_id: id });
  return new Promise((resolve) => {
    const asked = request(
      `${web}/webhooks/${SHOP}`,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-shopify-topic': 'orders/updated',
          'x-shopify-shop-domain': `${SHOP}.myshopify.com`,
          'x-shopify-event-id': event,
          'x-shopify-webhook-id': event,
          'x-shopify-hmac-sha256': createHmac('sha256', SECRET).update(body).digest('base64'),
        },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asked.once('error', () => resolve(0));
    asked.end(body);
  });
}

async function phase(name: string, web: string, store: Store, ids: readonly string[]): Promise<Figures> {
  const count = RATE * SECONDS;
  const latencies: number[] = [];
  const statuses = new Map<number, number>();
  const answers: Promise<void>[] = [];
  const ordersBefore = await store.collections.orders.countDocuments({});
  const from = performance.now() + 50;
  for (let i = 0; i < count;) {
    const now = performance.now();
    for (; i < count && from + (i * 1_000) / RATE <= now; i += 1) {
      const due = from + (i * 1_000) / RATE;
      answers.push(
        send(web, `${name}-${i}`, ids[i % ids.length] ?? '').then((status) => {
          latencies.push(performance.now() - due);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
      );
    }
    await wait(1);
  }
  await Promise.all(answers);
  const expected = new Set(
    Array.from({ length: count }, (_, i) => `${SHOP}|${name}-${i}/orders/updated/${ids[i % ids.length]}`),
  );
  const rows = await store.collections.inbox.find({ connection: SHOP }).project<{ _id: string }>({ _id: 1 }).toArray();
  const stored = rows.filter(({ _id }) => expected.has(_id)).length;
  const orders = (await store.collections.orders.countDocuments({})) - ordersBefore;
  return { name, latencies, statuses, stored, orders };
}

function line({ name, latencies, statuses, stored, orders }: Figures): string {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1).padStart(8);
  const count = RATE * SECONDS;
  const told = [...statuses].map(([status, times]) => `${times} × ${status}`).join(', ');
  return `${name.padEnd(8)}${at(0.5)}${at(0.95)}${at(0.99)}${at(1)}   ${told}; ${stored} of ${count} in the inbox once; ${orders} new orders meanwhile`;
}

const host = fork(join(import.meta.dirname, 'webhook-host.ts'), [String(ORDERS)], { execArgv: [] });
const shop = await new Promise<{ config: string; storeFile: string; ids: string[] }>((resolve, reject) => {
  host.once('message', (message) => resolve(message as { config: string; storeFile: string; ids: string[] }));
  host.once('exit', (code) => reject(new Error(`the shop ended with ${String(code)}`)));
});
const product = watch(
  ['--max-semi-space-size=4', '--heap-growing-percent=120', join(ROOT, 'src/main.ts'), '--config', shop.config],
  { MALLOC_ARENA_MAX: '1' },
);
try {
  const health = await product.line('Health');
  const web = /(http:\S+)\/healthz/.exec(health)?.[1] ?? '';
  const address = await storeAddress(shop.storeFile);
  const masterKey = readMasterKey({ file: `${shop.storeFile}.key` }, systemRandom);
  const store = await openStore({ uri: address, masterKey, clock: systemClock, random: systemRandom, log: silentLog });
  process.stderr.write('the product runs\n');
  const pulling = await phase('pulling', web, store, shop.ids);
  process.stderr.write(`${line(pulling)}\n`);
  while (await store.jobs.open(new Date(Date.now() + 20_000), [])) await wait(250);
  const quiet = await phase('quiet', web, store, shop.ids);
  await store.close();
  const [cpu] = cpus();
  process.stdout.write(
    [
      `Machine  ${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`,
      `Webhooks ${RATE}/s for ${SECONDS} s, answered in ms from when each was due:`,
      '',
      '             p50     p95     p99     max',
      line(pulling),
      line(quiet),
      '',
    ].join('\n'),
  );
} finally {
  product.kill('SIGTERM');
  await product.ended;
  host.disconnect();
  agent.destroy();
}

/** Where the store of a running product is found: a process that would serve it says so at once. */
async function storeAddress(file: string): Promise<string> {
  const standby = watch([join(import.meta.dirname, '../flows/store-host.ts'), file]);
  const found = await standby.line('mongodb://');
  standby.kill('SIGTERM');
  await standby.ended;
  return found;
}
