import type { Clock } from '../domain/ports.ts';

/** Calls `act` again and again, `ms` after the last call ended. @returns how to stop */
export function every(clock: Clock, ms: number, act: () => void | Promise<void>): () => void {
  const over = new AbortController();
  void (async () => {
    for (;;) {
      await clock.sleep(ms, over.signal);
      await act();
    }
  })().catch((thrown: unknown) => {
    if (!over.signal.aborted) throw thrown;
  });
  return () => over.abort(new Error('stopped'));
}
