import { describe, expect, it } from '@jest/globals';
import { figuresOf, type Happening, type Kill } from './record.ts';
import { isWrite } from './remote-road.ts';
import { reportOf } from './report.ts';
import type { Outcome } from './run.ts';
import { drawSchedule, type ScheduleSettings, type Trouble } from './schedule.ts';
import { drawTimeline } from './timeline.ts';

const SETTINGS: ScheduleSettings = {
  seed: 'a',
  forMs: 1_800_000,
  workers: 3,
  remotes: ['harbour-us', 'shipbob-us', 'netsuite-us'],
};

describe('what goes wrong', () => {
  it('is the same for the same seed, another for another, and a longer run begins as a shorter one does', () => {
    const schedule = drawSchedule(SETTINGS);
    expect(drawSchedule(SETTINGS)).toEqual(schedule);
    expect(drawSchedule({ ...SETTINGS, seed: 'b' })).not.toEqual(schedule);
    const shorter = drawSchedule({ ...SETTINGS, forMs: 600_000 }).map(({ at, kind }) => ({ at, kind }));
    expect(schedule.slice(0, shorter.length).map(({ at, kind }) => ({ at, kind }))).toEqual(shorter);
  });

  it('is in the order of time, ends in time, has enough of everything and stalls longer than a lease', () => {
    const schedule = drawSchedule(SETTINGS);
    const times = schedule.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const one of schedule) expect(one.at + ('forMs' in one ? one.forMs : 0)).toBeLessThanOrEqual(SETTINGS.forMs);
    const of = (kind: Trouble['kind']): number => schedule.filter((one) => one.kind === kind).length;
    expect(of('kill')).toBeGreaterThan(150);
    for (const kind of ['stall', 'cut store', 'cut remote'] as const) expect(of(kind)).toBeGreaterThan(30);
    for (const kind of ['kill store', 'away'] as const) expect(of(kind)).toBeGreaterThan(10);
    const stalls = schedule.flatMap((one) => (one.kind === 'stall' ? [one.forMs] : []));
    expect(stalls.filter((ms) => ms > 2_500).length).toBeGreaterThan(10);
    expect(Math.max(...stalls)).toBeGreaterThan(30_000);
  });

  it('never stalls all workers at once, nor does anything to one that is stalled', () => {
    for (const seed of ['a', 'b', 'c', 'd', 'e'])
      for (const workers of [1, 2, 3]) {
        const until = new Array<number>(workers).fill(0);
        for (const one of drawSchedule({ ...SETTINGS, seed, workers })) {
          if (!('worker' in one)) continue;
          expect(until[one.worker]).toBeLessThanOrEqual(one.at);
          if (one.kind === 'stall') until[one.worker] = one.at + one.forMs;
          expect(until.filter((end) => end > one.at).length).toBeLessThan(workers);
        }
      }
  });
});

it('a write is told from a read by what each kind of remote is asked', () => {
  const post = 'POST /x HTTP/1.1\r\nhost: h\r\n';
  expect(isWrite('shopify', `${post}\r\n{"query":"mutation Fulfill($f: F) { f }"}`)).toBe(true);
  expect(isWrite('shopify', `${post}\r\n{"query":"query Orders { mutation }"}`)).toBe(false);
  expect(isWrite('shipbob', `${post}\r\n{}`)).toBe(true);
  expect(isWrite('shipbob', 'GET /x HTTP/1.1\r\n\r\n')).toBe(false);
  expect(isWrite('netsuite', `${post}\r\n{}`)).toBe(true);
  expect(isWrite('netsuite', `${post}SOAPAction: "add"\r\n\r\n<soap:Body><add xmlns="">`)).toBe(true);
  expect(isWrite('netsuite', `${post}SOAPAction: "get"\r\n\r\n<soap:Body><get xmlns="">`)).toBe(false);
});

it('figures are taken from what there is', () => {
  expect(figuresOf([])).toBeNull();
  expect(figuresOf([3])).toEqual({ count: 1, p50: 3, p95: 3, max: 3 });
  expect(figuresOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({ count: 100, p50: 50, p95: 95, max: 100 }); // prettier-ignore
});

const HAPPENINGS: readonly Happening[] = [
  { at: 1_000, lane: 'worker 1', kind: 'start', text: 'starts' },
  { at: 20_000, lane: 'worker 1', kind: 'kill', text: 'killed at a "write" & <more>' },
  { at: 22_000, lane: 'worker 1', kind: 'start', text: 'starts' },
  { at: 30_000, lane: 'worker 2', kind: 'stall', forMs: 3_000, text: 'stopped for 3000 ms' },
  { at: 40_000, lane: 'store', kind: 'kill', text: 'killed' },
  { at: 41_000, lane: 'store', kind: 'start', text: 'serves again' },
  { at: 50_000, lane: 'shipbob-us', kind: 'cut', text: 'cut after a write' },
  { at: 55_000, lane: 'harbour-us', kind: 'away', forMs: 2_000, text: 'away' },
];
const KILLS: readonly Kill[] = [
  { at: 20_000, lane: 'worker 1', held: 7, nextJobMs: 400, freedMs: 2_600 },
  { at: 40_000, lane: 'store', held: 0, nextJobMs: 6_000, freedMs: null },
];

function outcome(faults: readonly string[]): Outcome {
  return {
    settings: {
      seed: 'a',
      forMs: 60_000,
      workers: 2,
      orders: 560,
      ordersPerSecond: 2,
      planted: null,
      calm: false,
      logs: '.',
      say: () => undefined,
    },
    happenings: HAPPENINGS,
    kills: KILLS,
    samples: [
      { at: 0, placed: 560, left: 0, confirmed: 0 },
      { at: 60_000, placed: 680, left: 400, confirmed: 390 },
      { at: 90_000, placed: 680, left: 500, confirmed: 500 },
    ],
    calmAt: 60_000,
    endedAt: 90_000,
    rounds: 2,
    orders: 680,
    planted: null,
    verdict: { faults, seen: { orders: 680, confirmations: 500 }, parked: new Map([['nothing-left', 2]]) },
    stories: [],
  };
}

describe('the picture', () => {
  it('has a lane for each process, a mark for all that went wrong, and the orders over the same time', () => {
    const svg = drawTimeline(outcome([]));
    for (const lane of ['worker 1', 'worker 2', 'store', 'harbour-us', 'shipbob-us'])
      expect(svg).toContain(`>${lane}</text>`);
    expect(svg.match(/<path d="M/g)).toHaveLength(2);
    expect(svg.match(/<polyline/g)).toHaveLength(3);
    expect(svg).toContain('killed at a &quot;write&quot; &amp; &lt;more&gt;');
    expect(svg).toContain('nothing lost, nothing doubled');
    expect(drawTimeline(outcome(['I1: one is missing.']))).toContain('1 fault');
    expect(svg).not.toContain('NaN');
  });

  it('is drawn of nothing too', () => {
    const svg = drawTimeline({ ...outcome([]), happenings: [], samples: [], calmAt: 0, endedAt: 0 });
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe('the report', () => {
  it('counts what went wrong and says after how many kills work went on too late', () => {
    const text = reportOf(outcome([]));
    expect(text).toContain('| workers killed (SIGKILL) | 1 |');
    expect(text).toContain('| store killed and started again on its files | 1 |');
    expect(text).toContain('| until anybody ended the next job | 0.40 s | 6.00 s | 6.00 s | 2 |');
    expect(text).toContain('After 1 of 2 kills the next job took 5 s or longer.');
    expect(text).toContain('| orders of the shops | 680 |');
    expect(text).not.toContain('## Faults');
  });

  it('names every fault', () => {
    const text = reportOf(outcome(['I1: harbour-us #1 is missing.']));
    expect(text).toContain('## Faults');
    expect(text).toContain('- I1: harbour-us #1 is missing.');
  });
});
