import { describe, expect, it } from '@jest/globals';
import { SyncError, type Fault, type SyncErrorDetail } from '../domain/errors.ts';
import type { ClaimedJob } from '../store/job-records.ts';
import { endingOf } from './ending.ts';

const NOW = Date.UTC(2026, 9, 1);

function job(attempts = 0): ClaimedJob {
  const named = { _id: 'k', kind: 'push', lane: 'k', connection: 'shop', subject: 'k' };
  return { ...named, prio: 2, wanted: 1, mark: '', token: 't', attempts, at: new Date(NOW) };
}

function fault(name: Fault, detail: Partial<SyncErrorDetail> = {}): SyncError {
  return new SyncError(name, `it is ${name}`, { remedy: 'do this', ...detail });
}

describe('how a job ends', () => {
  it.each<[Fault, Partial<SyncErrorDetail>, number, object]>([
    ['transient', {}, 0, { end: 'again', due: NOW + 250, attempt: true }],
    ['transient', { retryAt: NOW + 9_000 }, 0, { end: 'again', due: NOW + 9_000, attempt: true }],
    ['unknown', {}, 2, { end: 'again', due: NOW + 1_000, attempt: true }],
    ['throttled', { retryAt: NOW + 9_000 }, 40, { end: 'again', due: NOW + 9_000, attempt: false }],
    ['throttled', {}, 0, { end: 'again', due: NOW + 1_000, attempt: false }],
    ['throttled', { retryAt: NOW - 9_000 }, 0, { end: 'again', due: NOW, attempt: false }],
    ['config', {}, 40, { end: 'again', due: NOW, attempt: false }],
    ['transient', {}, 28, { end: 'again', due: NOW + 150_000, attempt: true }],
    ['transient', {}, 29, { end: 'parked' }],
    ['unknown', {}, 29, { end: 'parked' }],
    ['data', {}, 0, { end: 'parked' }],
    ['bug', {}, 0, { end: 'parked' }],
  ])('after a fault that is %s (%j) with %i attempts before it', (name, detail, attempts, expected) => {
    expect(endingOf({ job: job(attempts), error: fault(name, detail) }, NOW, 0.5)).toMatchObject(expected);
  });

  it('is parked with everything that a person needs to mend it', () => {
    const error = fault('data', { code: 'unmapped', field: 'payments[0]', needs: ['payments/x'], remoteId: 'req-1' });
    expect(endingOf({ job: job(), error }, NOW, 0)).toMatchObject({
      end: 'parked',
      cause: {
        fault: 'data',
        code: 'unmapped',
        message: 'it is data',
        remedy: 'do this',
        field: 'payments[0]',
        needs: ['payments/x'],
        remoteId: 'req-1',
        at: new Date(NOW),
      },
    });
  });

  it('is no attempt where it only waits', () => {
    expect(endingOf({ job: job(3), again: NOW + 5 }, NOW, 0)).toMatchObject({
      end: 'again',
      due: NOW + 5,
      attempt: false,
      last: null,
    });
    expect(endingOf({ job: job(3), done: true }, NOW, 0)).toMatchObject({ end: 'done' });
  });
});
