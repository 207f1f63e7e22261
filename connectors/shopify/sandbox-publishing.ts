import { Kind, type FieldNode } from 'graphql';
import { contentHash } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/time.ts';
import { isObject } from './field.ts';
import { placeOf } from './sandbox-fulfilling.ts';
import { gid, locationTail } from './sandbox-ids.ts';
import { refused as queryRefused } from './sandbox-pages.ts';
import type { ShopState } from './sandbox-state.ts';
import { committedUnits, itemId } from './sandbox-stock.ts';
import type { Plain } from './sandbox-writing.ts';

/** What was answered under each key that a request bore, for as long as the shop runs. */
const answered = new WeakMap<ShopState, Map<string, { readonly hash: string; readonly answer: Plain }>>();

/** The key of the field's `@idempotent` directive; null where it bears none. */
export function idempotencyKey(
  field: FieldNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): string | null {
  const directive = field?.directives?.find(({ name }) => name.value === 'idempotent');
  const value = directive?.arguments?.find(({ name }) => name.value === 'key')?.value;
  if (value?.kind === Kind.STRING) return value.value;
  return value?.kind === Kind.VARIABLE ? String(variables[value.name.value]) : null;
}

/** `inventorySetQuantities` of `available`: all of the request or nothing of it. @throws GraphQLError without a key */
export function setQuantities(state: ShopState, at: Instant, input: Plain, key: string | null): Plain {
  if (key === null)
    throw queryRefused('The @idempotent directive is required for this mutation but was not provided.', 'BAD_REQUEST');
  const kept = answered.get(state) ?? new Map<string, { readonly hash: string; readonly answer: Plain }>();
  answered.set(state, kept);
  const hash = contentHash(JSON.stringify(input));
  const before = kept.get(key);
  if (before !== undefined) {
    if (before.hash === hash) return before.answer;
    return failed([
      error([], 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH', 'The same idempotency key was used with different parameters.'),
    ]);
  }
  const answer = set(state, at, input);
  kept.set(key, { hash, answer });
  return answer;
}

function set(state: ShopState, at: Instant, input: Plain): Plain {
  if (input['name'] !== 'available')
    return failed([error(['input', 'name'], 'INVALID_NAME', 'The quantity name must be available or on_hand.')]);
  const quantities = Array.isArray(input['quantities']) ? input['quantities'].filter(isObject) : [];
  if (quantities.length > 250)
    throw queryRefused(
      `The input array size of ${quantities.length} is greater than the maximum allowed of 250.`,
      'MAX_INPUT_SIZE_EXCEEDED',
    );
  const committed = committedUnits(state);
  const errors: Plain[] = [];
  const changes = quantities.map((each, index) => {
    const field = (name: string): string[] => ['input', 'quantities', String(index), name];
    const product = state.business.products.find((one) => itemId(one) === each['inventoryItemId']);
    const place = placeOf(state, String(each['locationId']));
    const shelf = product && place !== null ? state.onShelf(product.sku, place) : null;
    const wanted = Number(each['quantity']);
    if (!product)
      errors.push(error(field('inventoryItemId'), 'INVALID_INVENTORY_ITEM', 'The inventory item could not be found.'));
    else if (place === null)
      errors.push(error(field('locationId'), 'INVALID_LOCATION', 'The location could not be found.'));
    else if (!shelf)
      errors.push(error(field('locationId'), 'INVALID_LOCATION', 'The item is not stocked at the location.'));
    else if (wanted < 0)
      errors.push(error(field('quantity'), 'INVALID_QUANTITY_NEGATIVE', 'The quantity can’t be negative.'));
    if (!shelf || !product) return null;
    const held = committed.get(`${product.sku}@${shelf.place}`) ?? 0;
    const seen = each['changeFromQuantity'];
    if (typeof seen === 'number' && seen !== shelf.onHand - held)
      errors.push(
        error(
          field('changeFromQuantity'),
          'CHANGE_FROM_QUANTITY_STALE',
          'The changeFromQuantity value does not match persisted value.',
        ),
      );
    return { shelf, onHand: wanted + held };
  });
  if (errors.length > 0) return failed(errors);
  for (const change of changes) {
    if (change === null) continue;
    const { shelf, onHand } = change;
    state.putStock({ ...shelf, onHand, updatedAt: Math.max(shelf.updatedAt, at) });
  }
  return {
    inventoryAdjustmentGroup: {
      __typename: 'InventoryAdjustmentGroup',
      id: gid('InventoryAdjustmentGroup', state.count()),
    },
    userErrors: [],
  };
}

function failed(userErrors: readonly Plain[]): Plain {
  return { inventoryAdjustmentGroup: null, userErrors };
}

function error(field: readonly string[], code: string, message: string): Plain {
  return { field, code, message };
}

/** What every listing shows as available, by Shopify's own ids of the location. */
export function availableOf(state: ShopState): { listing: string; location: string; available: number }[] {
  const committed = committedUnits(state);
  return [...state.stock()].map(({ sku, place, onHand }) => ({
    listing: sku,
    location: gid('Location', locationTail(place)),
    available: onHand - (committed.get(`${sku}@${place}`) ?? 0),
  }));
}
