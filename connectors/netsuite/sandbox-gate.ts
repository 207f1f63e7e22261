import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../src/domain/ports.ts';
import type { Credentials } from './config.ts';
import { passportSignature, restSignature } from './signature.ts';

const TOLERATED_S = 300;

/** What every request has to pass, by either interface: the signature, a nonce that is new, and room in the pool. */
export class Gate {
  readonly credentials: Credentials;
  readonly #clock: Clock;
  readonly #nonces = new Set<string>();
  /** How many calls may be under way at once. */
  limit: number;
  #under = 0;

  constructor(credentials: Credentials, clock: Clock, limit: number) {
    this.credentials = credentials;
    this.#clock = clock;
    this.limit = limit;
  }

  /** Runs the call with a place in the pool, or gives `full` where there is none. */
  async within<T>(call: () => Promise<T>, full: () => T): Promise<T> {
    if (this.#under >= this.limit) return full();
    this.#under += 1;
    try {
      return await call();
    } finally {
      this.#under -= 1;
    }
  }

  /** Whether the fields of a token passport are these credentials', signed now and for the first time. */
  admitsPassport(told: {
    readonly [name in 'account' | 'consumerKey' | 'token' | 'nonce' | 'timestamp' | 'signature']: string;
  }): boolean {
    const { account, consumerKey, token } = this.credentials;
    if (told.account !== account || told.consumerKey !== consumerKey || told.token !== token) return false;
    return this.#fresh(told.nonce, told.timestamp) && same(passportSignature(this.credentials, told), told.signature);
  }

  /** The same of an OAuth 1.0 `Authorization` header. */
  admitsHeader(header: string, method: string, url: URL): boolean {
    const fields = new Map(
      [...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        decodeURIComponent(value),
      ]),
    );
    const told = (name: string): string => fields.get(name) ?? '';
    const { account, consumerKey, token } = this.credentials;
    if (told('realm') !== account || told('oauth_consumer_key') !== consumerKey || told('oauth_token') !== token)
      return false;
    if (told('oauth_signature_method') !== 'HMAC-SHA256' || told('oauth_version') !== '1.0') return false;
    const oauth = [...fields].filter(([name]) => name !== 'realm' && name !== 'oauth_signature');
    const expected = restSignature(this.credentials, method, url, oauth);
    return this.#fresh(told('oauth_nonce'), told('oauth_timestamp')) && same(expected, told('oauth_signature'));
  }

  #fresh(nonce: string, timestamp: string): boolean {
    if (nonce.length < 6 || this.#nonces.has(nonce) || !/^\d+$/.test(timestamp)) return false;
    if (Math.abs(this.#clock.now() / 1000 - Number(timestamp)) > TOLERATED_S) return false;
    this.#nonces.add(nonce);
    return true;
  }
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
