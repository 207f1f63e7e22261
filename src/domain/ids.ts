import { hash } from 'node:crypto';

/** A configured account of an outside system, as named in the configuration file. */
export type ConnectionId = string;
/** A legal entity, as named in the configuration file. */
export type CompanyId = string;
/** A remote's own id, as text; only unique together with its connection and kind. */
export type ExternalId = string;
/** Derived from the work, so that it survives a restart: the same work always has the same key. */
export type Key = string;
export type OrderId = string;
export type LineId = string;
export type LocationId = string;
/** Our stock keeping unit. */
export type Sku = string;

/**
 * Our id of a remote record: `<prefix>_` and 22 characters (132 bits of SHA-256, base64url) of its binding.
 * The same binding always gives the same id, so a replay mints the same ids and no binding table is needed.
 */
export function derivedId(prefix: string, ...binding: readonly string[]): string {
  // Length prefixes keep ('a','bc') and ('ab','c') apart.
  const text = binding.map((part) => `${Buffer.byteLength(part)}:${part};`).join('');
  return `${prefix}_${hash('sha256', text, 'base64url').slice(0, 22)}`;
}

/** The id of the order that a channel knows as `externalId`. */
export function orderId(connection: ConnectionId, externalId: ExternalId): OrderId {
  return derivedId('ord', connection, externalId);
}

/** The id of the order that a key or subject names, e.g. of `push:ord_…:1`; null where it names none. */
export function orderIn(text: string): OrderId | null {
  return /(?:^|[^\w-])(ord_[\w-]{22})(?![\w-])/.exec(text)?.[1] ?? null;
}

/** SHA-256 of bytes or text as 43 base64url characters: the content hash of a raw record, the fingerprint of a payload. */
export function contentHash(content: Uint8Array | string): string {
  return hash('sha256', content, 'base64url');
}
