import { describe, expect, it } from '@jest/globals';
import { faultOfReasons } from './faults.ts';

const NOW = 1_000_000;

describe('a refusal by NetSuite', () => {
  it.each([
    ['SSS_REQUEST_LIMIT_EXCEEDED', '', 'throttled', 'throttled', 'throttled'],
    ['WS_CONCUR_SESSION_DISALLWD', '', 'throttled', 'throttled', 'throttled'],
    ['INVALID_LOGIN_ATTEMPT', '', 'config', 'config', 'unauthorized'],
    ['INSUFFICIENT_PERMISSION', '', 'config', 'config', 'forbidden'],
    ['UNSUPPORTED_WS_VERSION', '', 'config', 'config', 'api-retired'],
    ['UNEXPECTED_ERROR', '', 'transient', 'unknown', 'remote-failed'],
    ['TRAN_PERIOD_CLOSED', '', 'data', 'data', 'period-closed'],
    ['INVALID_KEY_OR_REF', '', 'data', 'data', 'unknown-reference'],
    ['DUP_RCRD', '', 'data', 'data', 'duplicate'],
    ['USER_ERROR', 'This record already exists', 'data', 'data', 'duplicate'],
    ['USER_ERROR', 'The posting period is closed or locked', 'data', 'data', 'period-closed'],
    ['USER_ERROR', 'Please enter a memo', 'data', 'data', 'refused'],
    ['SOMETHING_NEW', '', 'data', 'data', 'refused'],
  ])('%s "%s" is %s on a read and %s on a write: %s', (code, message, read, write, name) => {
    const [one, other] = (['read', 'write'] as const).map((kind) => faultOfReasons([{ code, message }], kind, NOW));
    expect([one?.fault, other?.fault, one?.code, other?.code]).toEqual([read, write, name, name]);
    expect(one?.remedy).not.toBe('');
  });

  it('says when to try again only where the pool is full', () => {
    const at = (code: string): number | undefined => faultOfReasons([{ code, message: '' }], 'write', NOW).retryAt;
    expect([at('CONCURRENCY_LIMIT_EXCEEDED'), at('DUP_RCRD')]).toEqual([NOW + 2_000, undefined]);
  });

  it('with several reasons is what is more than a refused record, and quotes them all', () => {
    const reasons = [
      { code: 'USER_ERROR', message: 'One' },
      { code: 'UNEXPECTED_ERROR', message: 'Two' },
    ];
    const error = faultOfReasons(reasons, 'write', NOW);
    expect([error.fault, error.message]).toEqual([
      'unknown',
      'NetSuite refuses: USER_ERROR: One; UNEXPECTED_ERROR: Two',
    ]);
  });

  it('without a reason is refused content', () => {
    expect(faultOfReasons([], 'write', NOW).fault).toBe('data');
  });
});
