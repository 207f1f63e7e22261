import { describe, expect, it } from '@jest/globals';
import { passportSignature, restAuthorization, stampOf } from './signature.ts';

const CREDENTIALS = { account: '1234567_SB1', consumerKey: 'ck', consumerSecret: 'cs', token: 'tk', tokenSecret: 'ts' };
const STAMP = { nonce: 'fjaLirsIcCGVZWzBX0pg', timestamp: '1508242306' };

describe('signatures', () => {
  // Expected values were computed by Python's hmac and base64 over base strings written out by hand.
  it('of a token passport are HMAC-SHA256 over account, key, token, nonce and time', () => {
    expect(passportSignature(CREDENTIALS, STAMP)).toBe('QXIPyfQnMKDMBkiBexV0YHpvCV3ZWDb7mFK7SpH/ix4=');
  });

  it('of a REST call cover the query, and the header is OAuth 1.0 with the account as realm', () => {
    const url = new URL(
      'https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/record/v1/journalEntry/eid:a_1?expandSubResources=true',
    );
    expect(restAuthorization(CREDENTIALS, 'GET', url, STAMP)).toBe(
      'OAuth realm="1234567_SB1", oauth_consumer_key="ck", oauth_nonce="fjaLirsIcCGVZWzBX0pg", ' +
        'oauth_signature_method="HMAC-SHA256", oauth_timestamp="1508242306", oauth_token="tk", oauth_version="1.0", ' +
        'oauth_signature="LHSLM8%2Bdj78G6R%2BOGsXlI9EgGema%2B35Bb4xodULyZO8%3D"',
    );
  });

  it('take time in whole seconds and chance from the ports', () => {
    const clock = { now: () => 1_508_242_306_999, sleep: () => Promise.resolve() };
    const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length).fill(0xab) };
    expect(stampOf(clock, random)).toEqual({ nonce: 'ab'.repeat(16), timestamp: '1508242306' });
  });
});
