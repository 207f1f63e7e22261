import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { rawOrders } from '../../connectors/shopify/sandbox.ts';
import { business } from '../../src/connector/sandbox/business/business.ts';

/** Writes raw orders, one JSON line each, in a process of its own: what they cost to make is no part of the measurement. */
const [file = '', count = '1000'] = process.argv.slice(2);
const made = business({
  seed: 'bench',
  today: Date.UTC(2026, 10, 20),
  orders: Math.ceil((Number(count) / 58) * 100) + 100,
});
const out = createWriteStream(file);
let written = 0;
let bytes = 0;
for (const order of rawOrders(made, 'harbour-us')) {
  if (written === Number(count)) break;
  // The version is the place in the file: the present of the bench is not that of the business.
  const line = `${JSON.stringify({ ...order, version: written + 1 })}\n`;
  bytes += order.body.length;
  written += 1;
  if (!out.write(line)) await once(out, 'drain');
}
out.end();
await once(out, 'close');
process.stdout.write(`${JSON.stringify({ written, meanBytes: Math.round(bytes / written) })}\n`);
