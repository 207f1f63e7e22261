import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A process that was started for a run, its output in a file. */
export interface Process {
  readonly pid: number;
  /** Resolves with how it ended: its exit code, or the signal. */
  readonly ended: Promise<number | string>;
  /** How it ended, while it has not: null. */
  over(): number | string | null;
  /** Resolves with the first line of standard output that starts so. Rejects where the process ends before. */
  line(start: string): Promise<string>;
  send(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
}

const running = new Set<Process>();

/** Ends what this run started and has not ended yet, so that nothing outlives it. */
export function killAll(): void {
  for (const process of running) process.send('SIGKILL');
}

/** A script of ours by this Node; what it says is appended to the file. */
export function startProcess(
  args: readonly string[],
  { log, env = {} }: { readonly log: string; readonly env?: Readonly<Record<string, string>> },
): Process {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  const file = createWriteStream(log, { flags: 'a' });
  file.write(`-- started as ${child.pid ?? 0} at ${new Date().toISOString()}\n`);
  const waiting = new Set<{ readonly start: string; found(line: string): void; lost(why: Error): void }>();
  const said: string[] = [];
  let rest = '';
  let over: number | string | null = null;
  child.stderr.on('data', (bytes: Buffer) => file.write(bytes));
  child.stdout.on('data', (bytes: Buffer) => {
    file.write(bytes);
    const parts = `${rest}${bytes.toString()}`.split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      // Who waits for a line waits for one of the first: what a long run says later need not be kept.
      if (said.length < 200) said.push(line);
      for (const each of waiting) if (line.startsWith(each.start)) each.found(line);
    }
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      over = code ?? signal ?? 'unknown';
      file.end(`-- ended with ${over} at ${new Date().toISOString()}\n`);
      running.delete(started);
      for (const each of waiting) each.lost(new Error(`a process ended with ${over} before it said "${each.start}": see ${log}`)); // prettier-ignore
      resolve(over);
    });
  });
  const started: Process = {
    pid: child.pid ?? 0,
    ended,
    over: () => over,
    line: (start) =>
      new Promise((resolve, reject) => {
        const found = said.find((line) => line.startsWith(start));
        if (found !== undefined) resolve(found);
        else if (over !== null) reject(new Error(`a process ended with ${over} before it said "${start}": see ${log}`));
        else waiting.add({ start, found: resolve, lost: reject });
      }),
    send: (signal) => void child.kill(signal),
  };
  running.add(started);
  return started;
}
