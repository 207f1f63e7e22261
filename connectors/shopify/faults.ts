import { SyncError } from '../../src/domain/errors.ts';
import type { Document } from './documents.ts';
import { isObject } from './field.ts';

/** The cost bucket as Shopify stated it with an answer, in points. */
export interface ThrottleState {
  readonly requested: number;
  readonly available: number;
  readonly perSecond: number;
  readonly capacity: number;
}

/** `extensions.cost` of an answer, or null where it has none. */
export function throttleState(extensions: unknown): ThrottleState | null {
  const cost = isObject(extensions) ? extensions['cost'] : undefined;
  const status = isObject(cost) ? cost['throttleStatus'] : undefined;
  if (!isObject(cost) || !isObject(status)) return null;
  const requested = cost['requestedQueryCost'];
  const available = status['currentlyAvailable'];
  const perSecond = status['restoreRate'];
  const capacity = status['maximumAvailable'];
  if (typeof requested !== 'number' || typeof available !== 'number') return null;
  if (typeof perSecond !== 'number' || typeof capacity !== 'number') return null;
  return { requested, available, perSecond, capacity };
}

interface Where {
  readonly document: Document;
  readonly shop: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Without a stated cost, a throttled call waits this long. */
const THROTTLED_WAIT_MS = 1000;

/**
 * The one table from a GraphQL error's `extensions.code` to what happens next
 * (https://shopify.dev/docs/api/admin-graphql#status_and_error_codes).
 */
export function graphqlFault(errors: readonly unknown[], state: ThrottleState | null, where: Where): SyncError {
  const found = new Map<string, Reported>();
  for (const error of errors) {
    const reported = read(error);
    if (!found.has(reported.code)) found.set(reported.code, reported);
  }
  const at = `${where.document.name} for ${where.shop}`;
  if (found.has('THROTTLED')) return throttled(at, state, where.now);
  const denied = found.get('ACCESS_DENIED');
  if (denied !== undefined) return accessDenied(at, denied);
  if (found.has('MAX_COST_EXCEEDED')) {
    return new SyncError('bug', `Shopify refused ${at}: it may cost more than 1,000 points`, {
      code: 'max-cost-exceeded',
      remedy: 'Lower ordersPerPage of this connection, and report the document name: its page sizes must be cut.',
    });
  }
  if (found.has('SHOP_INACTIVE')) {
    return new SyncError('config', `Shopify refused ${at}: the shop is not active`, {
      code: 'shop-inactive',
      remedy: 'Ask the shop’s owner whether it is paused or closed; then resume or remove this connection.',
    });
  }
  if (found.has('INTERNAL_SERVER_ERROR') || found.has('TIMEOUT')) {
    return new SyncError(
      where.document.kind === 'write' ? 'unknown' : 'transient',
      `Shopify failed at ${at} by its own account`,
      {
        code: 'remote-failure',
        remedy: 'Nothing to do at first: it is tried again. If it goes on, look at https://www.shopifystatus.com.',
        ...requestId(found.get('INTERNAL_SERVER_ERROR')),
      },
    );
  }
  const first = [...found.values()][0];
  return new SyncError(
    'bug',
    `Shopify did not accept ${at}: ${first?.code ?? 'no error code'} at ${first?.path ?? 'the document'}`,
    {
      code: 'document-refused',
      remedy: 'This is a fault in Crossdock. Report it with this message and the API version of the connection.',
    },
  );
}

interface Reported {
  readonly code: string;
  readonly path: string;
  readonly required: string | null;
  readonly requestId: string | null;
}

function read(error: unknown): Reported {
  const extensions = isObject(error) && isObject(error['extensions']) ? error['extensions'] : {};
  const path = isObject(error) && Array.isArray(error['path']) ? error['path'].map(String).join('.') : 'the document';
  const required = extensions['requiredAccess'];
  const id = extensions['requestId'];
  return {
    code: typeof extensions['code'] === 'string' ? extensions['code'] : 'no error code',
    path,
    required: typeof required === 'string' ? required : null,
    requestId: typeof id === 'string' ? id : null,
  };
}

function requestId(reported: Reported | undefined): { remoteId?: string } {
  return reported?.requestId == null ? {} : { remoteId: reported.requestId };
}

/** The bucket holds what we asked for again after (requested − available) / restore rate. */
function throttled(at: string, state: ThrottleState | null, now: number): SyncError {
  const missing = state === null ? 0 : Math.max(0, state.requested - state.available);
  const wait =
    state === null || missing === 0 || state.perSecond <= 0
      ? THROTTLED_WAIT_MS
      : Math.ceil((missing / state.perSecond) * 1000);
  return new SyncError('throttled', `Shopify’s cost bucket was empty for ${at}`, {
    code: 'throttled',
    retryAt: now + wait,
    remedy:
      'Nothing to do: it goes on when the bucket has filled. If it happens often, lower this connection’s share or raise the plan.',
  });
}

function accessDenied(at: string, denied: Reported): SyncError {
  const scopes = [...(denied.required ?? '').matchAll(/`([a-z_]+)`/g)].map((match) => match[1]);
  const missing = scopes.length > 0 ? scopes.join(' or ') : 'an access scope that Shopify does not name';
  return new SyncError('config', `Shopify denied ${denied.path} in ${at}: it needs ${missing}`, {
    code: 'missing-scope',
    field: denied.path,
    remedy: `In the app’s API access settings grant ${missing}, approve it for the shop, then resume this connection.`,
  });
}
