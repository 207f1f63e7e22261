import { SyncError } from '../../src/domain/errors.ts';
import { unexpected } from './connections.ts';
import type { Document } from './documents.ts';
import { isObject } from './field.ts';
import type { Json } from './field.ts';

/** The codes of a payload's user errors, where Shopify gives any. */
export function userErrorCodes(payload: unknown): readonly string[] {
  const errors = isObject(payload) ? payload['userErrors'] : undefined;
  if (!Array.isArray(errors)) return [];
  const codes: string[] = [];
  for (const error of errors) if (isObject(error) && typeof error['code'] === 'string') codes.push(error['code']);
  return codes;
}

/**
 * A mutation's payload, when Shopify did what was asked. Its own words are not repeated, since they can quote what was sent.
 * @throws SyncError `data` naming the fields that Shopify refused
 */
export function refuseUserErrors(payload: unknown, document: Document): Json {
  if (!isObject(payload)) throw unexpected(document);
  const errors = payload['userErrors'];
  if (!Array.isArray(errors) || errors.length === 0) return payload;
  const fields: string[] = [];
  const codes = userErrorCodes(payload);
  for (const error of errors) {
    if (!isObject(error)) continue;
    fields.push(Array.isArray(error['field']) ? error['field'].map(String).join('.') : 'the whole request');
  }
  throw new SyncError(
    'data',
    `Shopify refused ${document.name}: ${fields.join(', ')}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}`,
    {
      code: 'user-errors',
      field: fields[0] ?? '',
      remedy: 'Look at the named fields of this record in Shopify; when they are right, replay it.',
    },
  );
}
