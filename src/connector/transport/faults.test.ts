import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { SyncError } from '../../domain/errors.ts';
import type { Clock, Log } from '../../domain/ports.ts';
import { faultOfBreak } from './faults.ts';
import { openHttp } from './http.ts';
import { retryAfter } from './retry-after.ts';

const NOW = Date.UTC(2026, 10, 20, 8, 0, 0);
// Time stands still: no deadline of an exchange is ever reached here.
const clock: Clock = { now: () => NOW, sleep: () => new Promise(() => undefined) };
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => silent };
const http = openHttp({ timeoutMs: 1_000, maxBytes: 1_000, userAgent: 'test', log: silent, clock });

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(() => {
  http.close();
  nock.enableNetConnect();
  nock.restore();
});

async function thrown(
  kind: 'read' | 'write',
  status: number,
  headers: Record<string, string> = {},
): Promise<SyncError> {
  nock('https://api.example.com').post('/v1/orders').query({ page: '2' }).reply(status, 'secret words', headers);
  try {
    await http.send({ method: 'POST', url: 'https://api.example.com/v1/orders?page=2', kind });
  } catch (cause) {
    if (cause instanceof SyncError) return cause;
    throw cause;
  }
  throw new Error('it went well');
}

describe('the table from status to fault', () => {
  it.each([
    [301, 'config', 'config', 'redirected'],
    [400, 'data', 'data', 'refused'],
    [401, 'config', 'config', 'unauthorized'],
    [402, 'config', 'config', 'account-frozen'],
    [403, 'config', 'config', 'forbidden'],
    [404, 'data', 'data', 'not-found'],
    [407, 'config', 'config', 'proxy-unauthorized'],
    [408, 'transient', 'unknown', 'timed-out'],
    [409, 'data', 'data', 'refused'],
    [410, 'data', 'data', 'gone'],
    [422, 'data', 'data', 'refused-content'],
    [425, 'transient', 'unknown', 'too-early'],
    [429, 'throttled', 'throttled', 'throttled'],
    [500, 'transient', 'unknown', 'remote-failed'],
    [502, 'transient', 'unknown', 'remote-failed'],
    [503, 'transient', 'unknown', 'remote-failed'],
    [504, 'transient', 'unknown', 'remote-failed'],
    [599, 'transient', 'unknown', 'remote-failed'],
  ] as const)('%d is %s on a read, %s on a write (%s)', async (status, read, write, code) => {
    const errors = [await thrown('read', status), await thrown('write', status)];
    expect(errors.map((error) => [error.fault, error.code])).toEqual([
      [read, code],
      [write, code],
    ]);
    for (const error of errors) {
      expect(error.message).toMatch(
        new RegExp(`^POST api.example.com/v1/orders: the remote .+ \\(status ${status}\\)`),
      );
      expect(error.message).not.toMatch(/secret words|page=2/);
      expect(error.remedy).toMatch(/^[A-Z].+\.$/);
    }
  });

  it('503 with Retry-After promises that nothing was done, also on a write', async () => {
    const error = await thrown('write', 503, { 'retry-after': '30' });
    expect([error.fault, error.retryAt]).toEqual(['throttled', NOW + 30_000]);
  });

  it('429 waits as long as it is asked to, else a second', async () => {
    expect((await thrown('read', 429)).retryAt).toBe(NOW + 1_000);
    expect((await thrown('read', 429, { 'retry-after': '2.0' })).retryAt).toBe(NOW + 2_000);
  });

  it('keeps the remote’s request id for its support desk, unless it is no id', async () => {
    expect((await thrown('read', 500, { 'x-request-id': 'a1-b2' })).remoteId).toBe('a1-b2');
    expect((await thrown('read', 500, { 'x-request-id': 'Dear Eva, your key' })).remoteId).toBeUndefined();
  });
});

describe('the table from a broken connection to fault', () => {
  const place = { method: 'POST', where: 'api.example.com/v1' };
  it.each([
    ['ECONNREFUSED', true, 'transient', 'transient', 'unreachable'],
    ['ENOTFOUND', true, 'transient', 'transient', 'unreachable'],
    ['ECONNRESET', false, 'transient', 'transient', 'unreachable'],
    ['ECONNRESET', true, 'transient', 'unknown', 'cut'],
    ['EPIPE', true, 'transient', 'unknown', 'cut'],
    ['HPE_INVALID_CONSTANT', true, 'transient', 'unknown', 'cut'],
    ['Z_DATA_ERROR', true, 'transient', 'unknown', 'cut'],
    [null, true, 'transient', 'unknown', 'cut'],
    ['CERT_HAS_EXPIRED', false, 'config', 'config', 'bad-certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false, 'config', 'config', 'bad-certificate'],
    ['EPROTO', false, 'config', 'config', 'no-tls'],
  ] as const)('%s, sent %j, is %s on a read and %s on a write (%s)', (code, sent, read, write, name) => {
    const broke = { reason: 'network', sent, code, limit: 0 } as const;
    const errors = [faultOfBreak(place, 'read', broke), faultOfBreak(place, 'write', broke)];
    expect(errors.map((error) => [error.fault, error.code])).toEqual([
      [read, name],
      [write, name],
    ]);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', undefined, NOW + 120_000],
    ['0', undefined, NOW],
    ['0.2', undefined, NOW + 200],
    ['999999999', undefined, NOW + 86_400_000],
    ['Fri, 20 Nov 2026 08:00:30 GMT', undefined, NOW + 30_000],
    ['Fri, 20 Nov 2026 07:00:00 GMT', undefined, NOW],
    ['Fri, 20 Nov 2026 10:00:30 GMT', 'Fri, 20 Nov 2026 10:00:00 GMT', NOW + 30_000],
    ['soon', undefined, null],
    ['-5', undefined, null],
    [undefined, undefined, null],
  ])('of %j with Date %j means %j', (header, date, expected) => {
    expect(retryAfter(header, date, NOW)).toBe(expected);
  });
});
