import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../domain/ports.ts';
import { FAULT_KINDS, type PlannedFault } from './fault-plan.ts';
import { openStandIn, type StandIn, type StandInOptions } from './stand-in.ts';

const clock: Clock = { now: () => 1_764_000_000_000, sleep: (ms, signal) => wait(ms, undefined, { signal }) };
const open: StandIn[] = [];

async function counter(more: Partial<StandInOptions> = {}): Promise<{ standIn: StandIn; applied: () => number }> {
  let applied = 0;
  const standIn = await openStandIn({
    name: 'counter',
    clock,
    answer: (request) => ({ body: JSON.stringify({ applied: ++applied, asked: request.path, said: request.text() }) }),
    books: () => ({ applied }),
    ...more,
  });
  open.push(standIn);
  return { standIn, applied: () => applied };
}

afterEach(async () => {
  for (const standIn of open.splice(0)) await standIn.close();
});

/** Status and text, or how the exchange broke. */
async function ask(standIn: StandIn, path = '/things', body = 'x'): Promise<string> {
  try {
    const answer = await fetch(standIn.url + path, { method: 'POST', body, signal: AbortSignal.timeout(150) });
    return `${answer.status} ${await answer.text()}`;
  } catch (cause) {
    return String(cause).startsWith('TimeoutError') ? 'no answer' : 'cut';
  }
}

async function control(standIn: StandIn, verb: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${standIn.url}/__stand-in/${path}`, {
    method: verb,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answer.json();
}

describe('a stand-in', () => {
  it('answers over real HTTP and writes down what it was asked', async () => {
    const { standIn } = await counter();
    expect(await ask(standIn, '/things?page=2', 'abc')).toBe('200 {"applied":1,"asked":"/things?page=2","said":"abc"}');
    expect(standIn.requests()).toEqual([
      { number: 1, at: 1_764_000_000_000, method: 'POST', path: '/things?page=2', bytes: 3, status: 200, fault: null },
    ]);
  });

  it.each<[PlannedFault, string, number]>([
    [{ kind: '401' }, '401 {"errors":"told to refuse the credentials"}', 0],
    [{ kind: '429' }, '429 {"errors":"told to throttle"}', 0],
    [{ kind: 'throttled' }, '429 {"errors":"told to throttle"}', 0],
    [{ kind: '5xx' }, '502 {"errors":"told to fail"}', 0],
    [{ kind: '5xx', status: 503 }, '503 {"errors":"told to fail"}', 0],
    [{ kind: 'timeout' }, 'no answer', 0],
    [{ kind: 'timeout-after-apply' }, 'no answer', 1],
    [{ kind: 'cut-before-apply' }, 'cut', 0],
    [{ kind: 'cut-after-apply' }, 'cut', 1],
    [{ kind: 'malformed' }, '200 {"applied":1,"asked":', 1],
    [{ kind: 'slow', ms: 20 }, '200 {"applied":1,"asked":"/things","said":"x"}', 1],
    [{ kind: 'slow', ms: 5_000 }, 'no answer', 1],
  ])('told %j gives %j and has applied %d', async (fault, seen, applied) => {
    const served = await counter();
    served.standIn.fail(fault);
    expect(await ask(served.standIn)).toBe(seen);
    expect(served.applied()).toBe(applied);
    expect(served.standIn.pendingFaults()).toEqual([]);
    expect(await ask(served.standIn)).toMatch(/^200 /);
    expect(served.standIn.requests().map((request) => request.fault)).toEqual([fault.kind, null]);
  });

  it('knows every kind of fault that the table names', async () => {
    const { standIn } = await counter();
    for (const kind of FAULT_KINDS) standIn.fail({ kind });
    expect(standIn.pendingFaults()).toHaveLength(FAULT_KINDS.length);
  });

  it('lets `after` matching requests go well, fails `times`, and leaves others alone', async () => {
    const { standIn } = await counter();
    standIn.fail({ kind: '5xx', match: { path: '/orders', body: 'refund' }, after: 1, times: 2 });
    const statuses: string[] = [];
    for (const [path, body] of [
      ['/orders', 'refund 1'],
      ['/orders', 'capture'],
      ['/stock', 'refund'],
      ['/orders', 'refund 2'],
      ['/orders', 'refund 3'],
      ['/orders', 'refund 4'],
    ] as const) {
      statuses.push((await ask(standIn, path, body)).slice(0, 3));
    }
    expect(statuses).toEqual(['200', '200', '200', '502', '502', '200']);
  });

  it('uses the vendor’s own refusal where it has one', async () => {
    const { standIn } = await counter({ throttled: () => ({ body: '{"errors":[{"code":"THROTTLED"}]}' }) });
    standIn.fail({ kind: 'throttled' });
    expect(await ask(standIn)).toBe('200 {"errors":[{"code":"THROTTLED"}]}');
  });

  it('is told what to do over HTTP, and refuses what it does not understand', async () => {
    const { standIn } = await counter({ verbs: { tick: (input) => ({ ticked: input }) } });
    expect(await control(standIn, 'POST', 'faults', { kind: '429', times: 2 })).toEqual([{ kind: '429', times: 2 }]);
    expect(await ask(standIn)).toMatch(/^429 /);
    expect(await control(standIn, 'DELETE', 'faults')).toEqual([]);
    expect(await ask(standIn)).toMatch(/^200 /);
    expect(await control(standIn, 'GET', 'books')).toEqual({ applied: 1 });
    expect(await control(standIn, 'POST', 'do/tick', { orders: 3 })).toEqual({ ticked: { orders: 3 } });
    expect(await control(standIn, 'POST', 'do/tock', {})).toEqual({ error: 'this stand-in has no "do/tock"' });
    expect(await control(standIn, 'POST', 'faults', { kind: 'fire' })).toEqual({
      error: expect.stringContaining('kind'),
    });
    expect(standIn.requests()).toHaveLength(2);
  });

  it('stops when it is told to, and says so to its owner', async () => {
    const stopped = new Promise<void>((resolve) => {
      void counter({ stopped: resolve }).then(({ standIn }) => control(standIn, 'POST', 'stop'));
    });
    await stopped;
    expect(await ask(open[0] ?? raise())).toBe('cut');
  });

  it('lists its own mistakes instead of hiding them behind a status', async () => {
    const { standIn } = await counter({
      answer: () => {
        throw new TypeError('no such resolver');
      },
    });
    expect(await ask(standIn)).toBe('500 {"standIn":"TypeError: no such resolver"}');
    expect(standIn.problems()).toEqual(['POST /things: TypeError: no such resolver']);
  });

  it('finds its state again after a restart, and leaves no half file behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stand-in-'));
    const state = { orders: 0 };
    const options: Partial<StandInOptions> = {
      answer: () => ({ body: String(++state.orders) }),
      snapshot: {
        file: join(folder, 'deep', 'shop.json'),
        take: () => state,
        restore: (saved) => Object.assign(state, saved),
      },
    };
    const first = await counter(options);
    expect(await ask(first.standIn)).toBe('200 1');
    await first.standIn.close();
    state.orders = 99;
    const second = await counter(options);
    expect(await ask(second.standIn)).toBe('200 2');
    expect(await readdir(join(folder, 'deep'))).toEqual(['shop.json']);
  });
});

function raise(): never {
  throw new Error('nothing was opened');
}
