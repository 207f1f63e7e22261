const looks = new WeakMap<AbortSignal, () => boolean>();

/**
 * A signal that stops what a worker runs, and by which whoever writes to a remote looks once more at that worker's lease:
 * a process may stand still at any point between its last look and its first byte, and its work is another's by then.
 *
 * @param stop stops it too
 * @param alive false once the lease is over
 */
export function runSignal(stop: AbortSignal, alive: () => boolean): AbortSignal {
  const signal = AbortSignal.any([stop]);
  looks.set(signal, alive);
  return signal;
}

/** Whether a request that may change something at a remote may still leave. Asked when nothing is left between the answer and the first byte. */
export function mayLeave(signal: AbortSignal | undefined): boolean {
  return signal === undefined || (!signal.aborted && (looks.get(signal)?.() ?? true));
}
