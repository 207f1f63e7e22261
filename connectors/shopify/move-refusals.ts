import { SyncError } from '../../src/domain/errors.ts';
import type { AssignmentRequest } from '../../src/domain/fulfillment.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import { unexpected } from './connections.ts';
import { MOVE } from './documents.ts';
import { isObject } from './field.ts';
import { userErrorCodes } from './user-errors.ts';

/** Units of one line of a fulfillment order that are moved. */
export interface Moving {
  readonly id: ExternalId;
  readonly quantity: number;
  /** What a person finds the line by: its SKU, else the id of the order's line. */
  readonly named: string;
}

/**
 * Ends well where Shopify moved a fulfillment order. The reasons for which it does not
 * (https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentOrderMove) each want something else of a person;
 * of them only reported progress has a code, and a location that does not stock an item is told by Shopify's words.
 * @throws SyncError `data` that says what to do in Shopify
 */
export function acceptedMove(
  payload: unknown,
  fulfillmentOrder: ExternalId,
  lines: readonly Moving[],
  { order, location }: AssignmentRequest,
): void {
  const errors = isObject(payload) ? payload['userErrors'] : undefined;
  if (!Array.isArray(errors)) throw unexpected(MOVE);
  if (errors.length === 0) return;
  const words = errors.flatMap((error) => (isObject(error) ? [String(error['message'])] : [])).join(' ');
  const named = [...new Set(lines.map((line) => line.named))].join(', ');
  const units = lines.map((line) => `${line.quantity} × ${line.named}`).join(', ');
  const { code, remedy } = causeOf(userErrorCodes(payload), words, { named, location, fulfillmentOrder });
  throw new SyncError('data', `Shopify does not move ${units} to ${location}: ${words}`, {
    code,
    field: 'location',
    remoteId: order,
    remedy,
  });
}

interface Concerned {
  readonly named: string;
  readonly location: ExternalId;
  readonly fulfillmentOrder: ExternalId;
}

function causeOf(
  codes: readonly string[],
  words: string,
  { named, location, fulfillmentOrder }: Concerned,
): { readonly code: string; readonly remedy: string } {
  const stocked = `In Shopify open the product of each of ${named}, under Inventory → Edit locations tick the location ${location}, save, and replay this.`;
  const progress = `In Shopify open the order and take back “in progress” of the fulfillment ${fulfillmentOrder} (Mark as open); then replay this.`;
  if (codes.includes('CANNOT_MOVE_FULFILLMENT_ORDER_WITH_REPORTED_PROGRESS'))
    return { code: 'progress-reported', remedy: progress };
  if (/\bstock/i.test(words)) {
    return {
      code: 'not-stocked',
      remedy: `${stocked} If it is not to ship from there, correct the stock that is counted for it there: it is then planned elsewhere.`,
    };
  }
  return {
    code: 'move-refused',
    remedy: `Look at the order in Shopify, by these in turn. Is ${location} an active location there? Is ${named} stocked at it? If not: ${stocked} Is it in progress? ${progress} Has a fulfillment service been asked for it? Have its request cancelled there, then replay this.`,
  };
}
