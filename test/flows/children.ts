import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { join } from 'node:path';

const CHILD = join(import.meta.dirname, 'child.ts');
const PRODUCT = join(import.meta.dirname, '../../src/main.ts');
const COMMANDS = join(import.meta.dirname, '../../src/cli/main.ts');

/** A worker in a process of its own. */
export interface Child {
  /** What it has printed so far: where it is, and with `once` how the round went. */
  readonly lines: readonly string[];
  /** What it has logged so far. */
  log(): string;
  /** Resolves at the first line that starts so. Rejects when the process ends before. */
  line(start: string): Promise<string>;
  /** Resolves with the exit code, or null when it was killed. */
  readonly ended: Promise<number | null>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
}

/** @param mode `once` = one round, `work` = until ended */
export function startChild(config: string, mode: 'once' | 'work'): Child {
  return watch([CHILD, config, mode]);
}

/** What `npm start -- <args>` runs. */
export function startProduct(...args: readonly string[]): Child {
  return watch([PRODUCT, ...args]);
}

/** What `crossdock <args>` runs, to its end. */
export async function crossdock(
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const child = watch([COMMANDS, ...args]);
  const code = await child.ended;
  return { code, out: child.lines.join('\n'), err: child.log() };
}

/** Any script of ours by this Node, with its output kept. */
export function watch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    },
  );
  const lines: string[] = [];
  let log = '';
  let rest = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (bytes: Buffer) => {
    rest += bytes.toString();
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    lines,
    log: () => log,
    ended,
    kill: (signal) => void child.kill(signal),
    line: (start) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.startsWith(start));
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then((code) =>
          reject(
            new Error(
              `the process ended with ${String(code)} before it said "${start}":\n${lines.join('\n')}\n${log.slice(-2_000)}`,
            ),
          ),
        );
      }),
  };
}
