/**
 * What a stand-in can be told to do wrong, once or several times.
 *
 * | kind                | applied | what the caller sees                                                       |
 * |---------------------|---------|----------------------------------------------------------------------------|
 * | 401                 | no      | status 401                                                                 |
 * | 429                 | no      | status 429 with Retry-After of `retryAfterS` (default 1)                   |
 * | throttled           | no      | the vendor's own refusal inside a good status; where it has none, as 429   |
 * | 5xx                 | no      | `status` (default 502)                                                     |
 * | timeout             | no      | a connection that never answers                                            |
 * | timeout-after-apply | yes     | the same, but the request took effect                                      |
 * | cut-before-apply    | no      | the connection is reset                                                    |
 * | cut-after-apply     | yes     | the same, but the request took effect                                      |
 * | malformed           | yes     | the true status, and only the first half of the body as if it were whole   |
 * | slow                | yes     | headers and half the body at once, the rest after `ms` (default 5,000)     |
 */
export const FAULT_KINDS = [
  '401',
  '429',
  'throttled',
  '5xx',
  'timeout',
  'timeout-after-apply',
  'cut-before-apply',
  'cut-after-apply',
  'malformed',
  'slow',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Which requests a planned fault is for: all that are given must be contained in the request, letter by letter. */
export interface FaultMatch {
  readonly method?: string | undefined;
  /** A part of path and query. */
  readonly path?: string | undefined;
  /** A part of the request body, e.g. the name of a GraphQL operation. */
  readonly body?: string | undefined;
}

export interface PlannedFault {
  readonly kind: FaultKind;
  /** Absent = every request. */
  readonly match?: FaultMatch | undefined;
  /** How many matching requests fail; default 1. */
  readonly times?: number | 'always' | undefined;
  /** How many matching requests go well before the first fails; default 0. */
  readonly after?: number | undefined;
  readonly status?: number | undefined;
  readonly retryAfterS?: number | undefined;
  readonly ms?: number | undefined;
}

interface Armed {
  readonly fault: PlannedFault;
  skip: number;
  left: number;
}

/** The faults still to come. Each request asks once; the oldest plan that matches and is due is used up by one. */
export class FaultPlan {
  readonly #armed: Armed[] = [];

  /** @throws RangeError on a kind that is not in the table above. */
  add(fault: PlannedFault): void {
    if (!FAULT_KINDS.includes(fault.kind)) {
      throw new RangeError(
        `fault kind "${String(fault.kind)}" is not known; expected one of ${FAULT_KINDS.join(', ')}`,
      );
    }
    const left = fault.times === 'always' ? Number.POSITIVE_INFINITY : (fault.times ?? 1);
    this.#armed.push({ fault, skip: fault.after ?? 0, left });
  }

  clear(): void {
    this.#armed.length = 0;
  }

  /** What has not happened yet. */
  pending(): readonly PlannedFault[] {
    return this.#armed.filter((armed) => armed.left > 0).map((armed) => armed.fault);
  }

  /** The fault of this request, or null when it goes well. */
  next(request: { readonly method: string; readonly path: string; text(): string }): PlannedFault | null {
    let chosen: PlannedFault | null = null;
    for (const armed of this.#armed) {
      if (armed.left <= 0 || !matches(armed.fault.match, request)) continue;
      if (armed.skip > 0) armed.skip -= 1;
      else if (chosen === null) {
        armed.left -= 1;
        chosen = armed.fault;
      }
    }
    return chosen;
  }
}

function matches(
  match: FaultMatch | undefined,
  request: { readonly method: string; readonly path: string; text(): string },
): boolean {
  if (match === undefined) return true;
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.path !== undefined && !request.path.includes(match.path)) return false;
  return match.body === undefined || request.text().includes(match.body);
}
