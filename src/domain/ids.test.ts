import { describe, expect, it } from '@jest/globals';
import { contentHash, derivedId, orderId } from './ids.ts';

describe('derivedId', () => {
  it('mints the same id from the same binding, today and in every release', () => {
    // Written down: a change of this value would give every order in every store a second identity.
    expect(orderId('shop-eu', '5501')).toBe(derivedId('ord', 'shop-eu', '5501'));
    expect(orderId('shop-eu', '5501')).toBe('ord_6P0A_FkvGOG7QxbUUDpkDg');
  });

  it('keeps bindings apart whose parts only join to the same text', () => {
    expect(derivedId('x', 'a', 'bc')).not.toBe(derivedId('x', 'ab', 'c'));
    expect(derivedId('x', 'a', '')).not.toBe(derivedId('x', 'a'));
    expect(derivedId('x', '1:a;', 'b')).not.toBe(derivedId('x', '', '1:a;b'));
  });

  it('is the prefix and 22 characters that are safe in a URL and a file name', () => {
    expect(orderId('zürich', '№ 1')).toMatch(/^ord_[A-Za-z0-9_-]{22}$/);
  });
});

describe('contentHash', () => {
  it('is SHA-256 in base64url, of text as of its UTF-8 bytes', () => {
    // FIPS 180-2, appendix B.1: SHA-256 of "abc".
    const digest = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex');
    expect(contentHash('abc')).toBe(digest.toString('base64url'));
    expect(contentHash(new TextEncoder().encode('ü'))).toBe(contentHash('ü'));
  });
});
