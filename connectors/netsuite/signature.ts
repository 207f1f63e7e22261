import { createHmac } from 'node:crypto';
import type { Clock, Random } from '../../src/domain/ports.ts';
import type { Credentials } from './config.ts';

/** What makes one signature differ from the next. */
export interface Stamp {
  /** Never used twice. */
  readonly nonce: string;
  /** Whole seconds since 1970. */
  readonly timestamp: string;
}

export const ALGORITHM = 'HMAC-SHA256';

export function stampOf(clock: Clock, random: Random): Stamp {
  return {
    nonce: Buffer.from(random.bytes(16)).toString('hex'),
    timestamp: String(Math.floor(clock.now() / 1000)),
  };
}

/**
 * The signature of a SOAP token passport: account, consumer key, token, nonce and timestamp joined by `&`, under consumer
 * secret `&` token secret, as base64
 * (https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_4395630653.html).
 */
export function passportSignature(credentials: Credentials, { nonce, timestamp }: Stamp): string {
  const { account, consumerKey, token } = credentials;
  return signed(credentials, [account, consumerKey, token, nonce, timestamp].map(escaped).join('&'));
}

/** The `Authorization` header of a REST call: OAuth 1.0 (RFC 5849, section 3.4) with HMAC-SHA256 and the account as realm. */
export function restAuthorization(credentials: Credentials, method: string, url: URL, stamp: Stamp): string {
  const oauth: readonly (readonly [string, string])[] = [
    ['oauth_consumer_key', credentials.consumerKey],
    ['oauth_nonce', stamp.nonce],
    ['oauth_signature_method', ALGORITHM],
    ['oauth_timestamp', stamp.timestamp],
    ['oauth_token', credentials.token],
    ['oauth_version', '1.0'],
  ];
  const signature = restSignature(credentials, method, url, oauth);
  const fields = [['realm', credentials.account] as const, ...oauth, ['oauth_signature', signature] as const];
  return `OAuth ${fields.map(([name, value]) => `${name}="${escaped(value)}"`).join(', ')}`;
}

/** The signature over method, address without its query, and all parameters in their order. */
export function restSignature(
  credentials: Credentials,
  method: string,
  url: URL,
  oauth: readonly (readonly [string, string])[],
): string {
  const parameters = [...oauth, ...url.searchParams]
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return signed(credentials, [method, `${url.origin}${url.pathname}`, parameters].map(escaped).join('&'));
}

function signed({ consumerSecret, tokenSecret }: Credentials, base: string): string {
  return createHmac('sha256', `${escaped(consumerSecret)}&${escaped(tokenSecret)}`)
    .update(base)
    .digest('base64');
}

/** RFC 3986: `encodeURIComponent` leaves five signs alone that the standard escapes. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
