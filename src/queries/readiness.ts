import type { Store } from '../store/open-store.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What is in the way, in words. */
  readonly problems: readonly string[];
}

/** Whether the store answers and the lease of the worker of this process is alive. Never throws. */
export async function readiness(
  store: Store,
  worker: { readonly host: string; readonly pid: number },
): Promise<Readiness> {
  try {
    await store.measureClock();
    const alive = await store.workers.alive(store.clock.now());
    if (alive.some(({ host, pid }) => host === worker.host && pid === worker.pid)) return { ready: true, problems: [] };
    return {
      ready: false,
      problems: ['The lease of this worker is over: it takes no work until its heartbeat is acknowledged again.'],
    };
  } catch {
    return { ready: false, problems: ['The store does not answer.'] };
  }
}
