import cliProgress from 'cli-progress';
import type { Clock } from '../domain/ports.ts';
import type { Tally } from '../system/meter.ts';
import { every } from './every.ts';
import type { Screen } from './screen.ts';

const LINE_MS = 2_000;
const DRAW_MS = 100;

/** How far a round is, in counts that only grow. */
export interface Counts {
  readonly pulled: number;
  readonly normalized: number;
  readonly settled: number;
  readonly stock: number;
}

export interface Progress {
  /** What is being done now. */
  step(name: string): void;
  /** A line that stands above the bars. */
  say(line: string): void;
  stop(): void;
}

export function countsOf(tally: Tally): Counts {
  return {
    pulled: tally.total('orders_pulled'),
    normalized: tally.total('orders_normalized'),
    settled: tally.total('orders_settled'),
    stock: tally.total('stock_items_seen'),
  };
}

/** Shows how far the work is: a bar per stage where a person watches, else a plain line every two seconds. */
export function openProgress(tally: Tally, screen: Screen, clock: Clock): Progress {
  return screen.live ? bars(tally, clock) : lines(tally, screen, clock);
}

function bars(tally: Tally, clock: Clock): Progress {
  const all = new cliProgress.MultiBar({
    format: '{name} [{bar}] {count} {note}',
    stream: process.stderr,
    hideCursor: true,
    // Neither the end nor a full bar says that no more will come.
    stopOnComplete: false,
    clearOnComplete: false,
    forceRedraw: true,
  });
  const stages = (['stock', 'pull', 'normalize', 'allocate'] as const).map((name) => ({
    name,
    bar: all.create(1, 0, { name: name.padEnd(9), count: '', note: '' }),
  }));
  let step = '';
  function draw(): void {
    const { pulled, normalized, settled, stock } = countsOf(tally);
    // A stage's total is what the stage before it has handed over so far.
    const reached = {
      stock: [stock, stock],
      pull: [pulled, pulled],
      normalize: [normalized, pulled],
      allocate: [settled, normalized],
    };
    for (const { name, bar } of stages) {
      const [value = 0, total = 0] = reached[name];
      // A bar of nothing would be drawn full.
      bar.setTotal(Math.max(1, value, total));
      bar.update(value, {
        count: value < total ? `${value} of ${total}` : String(value),
        note: name === 'pull' ? step : '',
      });
    }
  }
  const still = every(clock, DRAW_MS, draw);
  return {
    step: (name) => {
      step = name;
      draw();
    },
    say: (line) => all.log(`${line}\n`),
    stop: () => {
      still();
      step = '';
      draw();
      all.stop();
    },
  };
}

function lines(tally: Tally, screen: Screen, clock: Clock): Progress {
  let step = '';
  let last = '';
  const still = every(clock, LINE_MS, () => {
    const line = progressLine(step, countsOf(tally));
    if (line === last) return;
    last = line;
    screen.note(line);
  });
  return {
    step: (name) => {
      step = name;
    },
    say: (line) => screen.note(line),
    stop: still,
  };
}

/** One plain line of progress. */
export function progressLine(step: string, { pulled, normalized, settled, stock }: Counts): string {
  const figures = [`${stock} stock items`, `${pulled} orders pulled`, `${normalized} normalized`, `${settled} planned`];
  return `${step === '' ? '' : `${step}: `}${figures.join(', ')}`;
}
