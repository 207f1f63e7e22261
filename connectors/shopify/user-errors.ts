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
 * A mutation's payload, when Shopify did what was asked.
 * @param quoted whether Shopify's own words are repeated: only where what was sent holds nothing personal, since they can quote it
 * @throws SyncError `data` naming the fields that Shopify refused
 */
export function refuseUserErrors(payload: unknown, document: Document, quoted = false): Json {
  if (!isObject(payload)) throw unexpected(document);
  const errors = payload['userErrors'];
  if (!Array.isArray(errors) || errors.length === 0) return payload;
  const fields: string[] = [];
  const codes = userErrorCodes(payload);
  const words: string[] = [];
  for (const error of errors) {
    if (!isObject(error)) continue;
    if (quoted && typeof error['message'] === 'string') words.push(error['message']);
    fields.push(Array.isArray(error['field']) ? error['field'].map(String).join('.') : 'the whole request');
  }
  throw new SyncError(
    'data',
    `Shopify refused ${document.name}: ${fields.join(', ')}${codes.length > 0 ? ` (${codes.join(', ')})` : ''}${words.length > 0 ? `: ${words.join(' ')}` : ''}`,
    {
      code: 'user-errors',
      field: fields[0] ?? '',
      remedy: 'Look at the named fields of this record in Shopify; when they are right, replay it.',
    },
  );
}
