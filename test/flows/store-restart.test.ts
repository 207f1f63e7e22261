import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { watch, type Child } from './children.ts';
import { openRemotes, type Remotes } from './remotes.ts';

const PRODUCT = join(import.meta.dirname, '../../src/main.ts');
const DONE = 'First round done';
let remotes: Remotes | null = null;
const children: Child[] = [];

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await remotes?.close();
});

function start(...args: Parameters<typeof watch>): Child {
  const child = watch(...args);
  children.push(child);
  return child;
}

it('a store that dies in the middle of a worker’s first round does not end it', async () => {
  remotes = await openRemotes({ seed: 'store-restart', orders: 60 });
  const serve = (): Child => start([join(import.meta.dirname, 'store-host.ts'), remotes?.storeFile ?? '']);
  const first = serve();
  const uri = await first.line('mongodb://');
  const worker = start([PRODUCT, '--config', remotes.config], { MONGODB_URI: uri });
  let over = false;
  const ended = worker.ended.then(() => {
    over = true;
  });
  await worker.line('Crossdock runs');
  await wait(300);
  expect(worker.log()).not.toContain(DONE);
  first.kill('SIGKILL');
  await first.ended;
  // Longer than a question to it waits for a store to be there.
  await wait(9_000);
  await serve().line('mongodb://');
  await Promise.race([wait(3_000), ended]);
  expect({ over, said: worker.log() }).toMatchObject({ over: false });
  worker.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
}, 120_000);
