import type { LineId, LocationId, Sku } from './ids.ts';

/** What one order line needs: `quantity` units, each made of `components`. `location: null` = we choose. */
export interface Demand {
  readonly line: LineId;
  readonly sku: Sku;
  readonly quantity: number;
  /** What of one unit leaves the warehouse: a plain item is itself × 1. */
  readonly components: readonly { readonly sku: Sku; readonly quantity: number }[];
  readonly location: LocationId | null;
}

/** What there is, as seen when planning; the store's conditional updates have the last word. */
export interface Supply {
  /** Units not set aside; negative after a count took away what was reserved. */
  free(sku: Sku, location: LocationId): number;
  stocked(sku: Sku, location: LocationId): boolean;
  /** Older promises wait for this SKU: nothing of it may be taken out of turn. */
  backlog(sku: Sku): boolean;
}

/** How an order may be sourced. */
export interface SourcingRules {
  readonly locations: readonly {
    readonly id: LocationId;
    readonly enabled: boolean;
    /** Why it is not enabled, where that is not because somebody has switched it off. */
    readonly off?: string;
    /** Smaller is asked first. */
    readonly priority: number;
    /** ISO 3166-1 alpha-2 of the countries that it ships to; null = everywhere. */
    readonly countries: readonly string[] | null;
  }[];
  /**
   * `ship-complete` = everything from one location, or nothing now. `split` = every line whole from one location, lines
   * from several, or nothing now. `partial` = as `split` where that is possible, else what is there; the rest waits.
   */
  readonly policy: 'ship-complete' | 'split' | 'partial';
  /** How many locations an order may come from. Those that the channel assigned count, but are never refused for it. */
  readonly maxLocations: number;
  /** ISO 3166-1 alpha-2; null = not known, which rules no location out. */
  readonly destination: string | null;
}

/** Units of a component to reserve for a line at a location: one entry per line, component and location. */
export interface PlanLine {
  readonly line: LineId;
  readonly sku: Sku;
  readonly location: LocationId;
  /** In component units. */
  readonly quantity: number;
}

/**
 * Units of a line that are not planned. `short` = `sku` is not there in the quantity needed; `backlog` = older promises
 * wait for `sku`; `company` = the line itself could be had, but not together with the others (by policy, or because
 * lines share a component); `location` = no location may serve it. Only `short` is a reason for newer orders to queue.
 */
export interface Waiting {
  readonly line: LineId;
  /** The component that decides, or the line's first where none does. */
  readonly sku: Sku;
  /** In line units. */
  readonly quantity: number;
  readonly cause: 'short' | 'backlog' | 'company' | 'location';
}

/** Why a location was chosen or passed over for a line. */
export interface Verdict {
  readonly line: LineId;
  readonly location: LocationId;
  readonly verdict: 'chosen' | 'passed over';
  readonly reason: string;
}

export interface Plan {
  readonly lines: readonly PlanLine[];
  readonly waiting: readonly Waiting[];
  readonly why: readonly Verdict[];
}
