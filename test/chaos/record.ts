/** What happened in a run, as it is drawn and counted: times are milliseconds since the start. */
export interface Happening {
  readonly at: number;
  /** `worker 1`, `store`, or the id of a remote. */
  readonly lane: string;
  readonly kind: 'kill' | 'start' | 'stall' | 'cut' | 'away' | 'ended by itself';
  /** How long it lasted, of what lasts. */
  readonly forMs?: number;
  readonly text: string;
}

/** One look at how far the business and its orders are. */
export interface Sample {
  readonly at: number;
  readonly placed: number;
  /** Parcels that left the warehouses, and those that the shops were told of, by the remotes' own books. */
  readonly left: number;
  readonly confirmed: number;
}

/** What followed a kill: of a worker or of the store. */
export interface Kill {
  readonly at: number;
  readonly lane: string;
  /** Jobs that it held when it died. */
  held: number;
  /** Until the next job was ended as done by anybody; null = none was before the run ended. */
  nextJobMs: number | null;
  /** Until nothing was held by the dead one any more; null = it held nothing, or the run ended before. */
  freedMs: number | null;
}

export interface Figures {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** @returns null where there is nothing to say anything of */
export function figuresOf(values: readonly number[]): Figures | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return sorted.length === 0 ? null : { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}
