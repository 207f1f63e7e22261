import { expect } from '@jest/globals';
import type { FaultKind } from '../../src/connector/sandbox/fault-plan.ts';
import type { Fault, SyncError } from '../../src/domain/errors.ts';
import { failureOf, HASTY_MS, printed, withRemote } from './rig.ts';
import { expectBetween, pullAll, type SourceRule } from './source-subject.ts';

const READ_FAULTS: readonly (readonly [FaultKind, Fault])[] = [
  ['401', 'config'],
  ['429', 'throttled'],
  ['throttled', 'throttled'],
  ['5xx', 'transient'],
  ['timeout', 'transient'],
  ['slow', 'transient'],
  ['cut-before-apply', 'transient'],
  ['cut-after-apply', 'transient'],
  ['malformed', 'transient'],
];

/** What a source says when its remote does wrong, and what it keeps to itself. */
export const sourceFaultRules: readonly SourceRule[] = [
  ...READ_FAULTS.map(([kind, fault]): SourceRule => ({
    title: `says of ${kind} on a pull and on a get: ${fault}, then goes on as if nothing had been`,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const source = subject.open(remote, io);
          const held = await subject.held(remote);
          const began = io.clock.now();
          remote.fail({ kind, times: 'always', retryAfterS: 7 });
          const errors = [await failureOf(pullAll(source, null)), await failureOf(source.get(held[0]?.id ?? ''))];
          for (const error of errors) {
            expect({ fault: error.fault, message: error.message }).toEqual({ fault, message: error.message });
            expect(error.remedy).not.toBe('');
            if (kind === '429') expectBetween(error.retryAt, began + 7_000, io.clock.now() + 7_000);
            if (kind === 'throttled') expectBetween(error.retryAt, began, io.clock.now() + 3_600_000);
          }
          remote.clearFaults();
          expect(await source.get(held[0]?.id ?? '')).not.toBeNull();
        },
        HASTY_MS,
      ),
  })),
  {
    title: 'says of a remote that is not there: transient',
    run: async (subject) => {
      await withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const source = subject.open(remote, io);
          await remote.close();
          expect((await failureOf(pullAll(source, null))).fault).toBe('transient');
        },
      );
    },
  },
  {
    title: 'lets no secret into a log line or an error (I9), and talks to nobody but its remote',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, rig) => {
          const errors: SyncError[] = [];
          await pullAll(subject.open(remote, rig.io), null);
          for (const kind of ['401', '429', '5xx', 'cut-after-apply', 'malformed'] as const) {
            remote.fail({ kind, times: 'always' });
            errors.push(await failureOf(pullAll(subject.open(remote, rig.io), null)));
            remote.clearFaults();
          }
          const text = [...rig.logged, ...errors.map(printed)].join('\n');
          for (const secret of subject.secrets) expect(text.includes(secret)).toBe(false);
          const elsewhere = rig.calls.filter((call) => new URL(call.url).origin !== new URL(remote.url).origin);
          expect(elsewhere.map((call) => new URL(call.url).origin)).toEqual([]);
          for (const call of rig.calls)
            for (const secret of subject.secrets) expect(call.url.includes(secret)).toBe(false);
          // What did not go through the port would be counted by the remote alone.
          expect(remote.requests()).toHaveLength(rig.calls.length);
        },
        HASTY_MS,
      ),
  },
];
