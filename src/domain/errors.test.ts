import { describe, expect, it } from '@jest/globals';
import { asSyncError, SyncError } from './errors.ts';

describe('SyncError', () => {
  it('carries what happens next and what a person should do; its code is the fault unless it has a name of its own', () => {
    const plain = new SyncError('transient', 'The shop did not answer', { remedy: 'Nothing: it is tried again.' });
    expect(plain).toMatchObject({
      fault: 'transient',
      code: 'transient',
      needs: [],
      remedy: 'Nothing: it is tried again.',
    });
    expect('cause' in plain).toBe(false);
    const cause = new Error('socket');
    const named = new SyncError('throttled', 'Too fast', {
      remedy: 'Wait.',
      code: 'cost',
      retryAt: 5,
      remoteId: 'req-1',
      cause,
    });
    expect(named).toMatchObject({ code: 'cost', retryAt: 5, remoteId: 'req-1', cause });
  });
});

describe('asSyncError', () => {
  it('leaves a SyncError as it is', () => {
    const error = new SyncError('data', 'No', { remedy: 'Map it.' });
    expect(asSyncError(error)).toBe(error);
  });

  it('calls whatever nobody classified a bug, and keeps it as the cause', () => {
    const thrown = new TypeError('x is not a function');
    expect(asSyncError(thrown)).toMatchObject({ fault: 'bug', message: 'x is not a function', cause: thrown });
    expect(asSyncError('late')).toMatchObject({ fault: 'bug', message: 'late' });
  });
});
