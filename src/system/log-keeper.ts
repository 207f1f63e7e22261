import { Writable } from 'node:stream';
import type { Clock, LogFields, LogLevel, LogLine } from '../domain/ports.ts';

/** So many lines, or so long after the first, and they are kept together. */
const TOGETHER = 200;
const AFTER_MS = 1_000;
/** What cannot be kept for now waits up to so many lines; the oldest give way to newer ones. */
const MOST = 5_000;
const CLOSING_MS = 2_000;

/**
 * Gathers the lines of the log and has them kept in batches. It never holds up who logs and never fails them: what
 * cannot be kept is tried again, and what is given up is counted and said in one line.
 */
export interface LogKeeper {
  /** For winston: takes each line after secrets were hidden in it. */
  readonly stream: Writable;
  /** From now on lines are kept; those said before are kept first. */
  start(append: (lines: readonly LogLine[]) => Promise<void>): void;
  /** Keeps what is left, for at most 2 s. */
  close(): Promise<void>;
}

/** @param say told in a line how many lines were given up, once keeping works again */
export function openLogKeeper(clock: Clock, say: (message: string, fields: LogFields) => void): LogKeeper {
  let lines: LogLine[] = [];
  let n = 0;
  let dropped = 0;
  let append: ((lines: readonly LogLine[]) => Promise<void>) | null = null;
  let closing = false;
  let keeping: Promise<void> | null = null;
  let hurry = new AbortController();

  function take(info: unknown): void {
    const line = lineOf(info, (n += 1), clock);
    if (line === null) return;
    lines.push(line);
    if (lines.length > MOST) {
      lines = lines.slice(TOGETHER);
      dropped += TOGETHER;
    }
    if (lines.length >= TOGETHER) hurry.abort();
    wake();
  }

  function wake(): void {
    if (append === null || closing || keeping !== null || lines.length === 0) return;
    keeping = keepAll(append).finally(() => {
      keeping = null;
      wake();
    });
  }

  async function keepAll(into: (lines: readonly LogLine[]) => Promise<void>): Promise<void> {
    if (!closing && lines.length < TOGETHER) {
      hurry = new AbortController();
      await clock.sleep(AFTER_MS, hurry.signal).catch(() => undefined);
    }
    while (lines.length > 0) {
      const batch = lines.slice(0, TOGETHER);
      try {
        await into(batch);
      } catch {
        // The store is away, and everything else says so. Not in a hurry, and not for ever at the end.
        if (closing) return;
        await clock.sleep(AFTER_MS);
        continue;
      }
      // By their numbers: some may have given way meanwhile.
      const last = batch.at(-1)?.n ?? 0;
      lines = lines.filter((line) => line.n > last);
      if (dropped > 0) {
        const lost = dropped;
        dropped = 0;
        say('Lines of the log could not be kept: they stand only in the output of this process.', { lines: lost });
      }
    }
  }

  return {
    stream: new Writable({
      objectMode: true,
      write(info, _encoding, done) {
        take(info);
        done();
      },
    }),
    start(into) {
      append = into;
      wake();
    },
    async close() {
      closing = true;
      hurry.abort();
      const late = new AbortController();
      const all = (async () => {
        await keeping;
        if (append !== null) await keepAll(append);
      })();
      await Promise.race([all, clock.sleep(CLOSING_MS, late.signal).catch(() => undefined)]);
      late.abort();
      append = null;
    },
  };
}

/** Null for what is no line of ours: a level that nobody keeps. */
function lineOf(info: unknown, n: number, clock: Clock): LogLine | null {
  if (typeof info !== 'object' || info === null) return null;
  const { level, message, timestamp: _said, ...fields }: Readonly<Record<string, unknown>> = { ...info };
  const known = LEVELS.find((name) => name === level);
  if (known === undefined) return null;
  return { at: clock.now(), n, level: known, message: String(message), fields: plain(fields) };
}

const LEVELS: readonly LogLevel[] = ['info', 'warn', 'error'];

function plain(fields: Readonly<Record<string, unknown>>): LogFields {
  const known: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
      known[name] = value;
    else if (Array.isArray(value)) known[name] = value.map(String);
  }
  return known;
}
