import { expect } from '@jest/globals';
import type { Sink, Uniqueness } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { FaultKind } from '../../src/connector/sandbox/fault-plan.ts';
import type { Fault } from '../../src/domain/errors.ts';
import type { ExternalId, Key } from '../../src/domain/ids.ts';
import { clock, failureOf, HASTY_MS, printed, withRemote, type Remote, type Rule } from './rig.ts';

/** A Sink under test. */
export interface SinkSubject<T, R extends Remote = Remote> {
  readonly name: string;
  start(): Promise<R>;
  open(remote: R, io: Io): Sink<T>;
  /** Something that the remote accepts. */
  item(): T;
  /** The ids of the remote records that carry this key, by the remote's own books. */
  written(remote: R, key: Key): readonly ExternalId[] | Promise<readonly ExternalId[]>;
  /** How this sink can be asked, as it says itself. */
  readonly by: Uniqueness['by'];
  readonly secrets: readonly string[];
}

type SinkRule = Rule<SinkSubject<unknown>>;

const WRITE_FAULTS: readonly (readonly [FaultKind, Fault])[] = [
  ['401', 'config'],
  ['429', 'throttled'],
  ['throttled', 'throttled'],
  ['5xx', 'unknown'],
  ['timeout', 'unknown'],
  ['timeout-after-apply', 'unknown'],
  ['cut-before-apply', 'unknown'],
  ['cut-after-apply', 'unknown'],
  ['malformed', 'unknown'],
];
const APPLIED: ReadonlySet<FaultKind> = new Set(['timeout-after-apply', 'cut-after-apply', 'malformed']);

export const sinkRules: readonly SinkRule[] = [
  {
    title: 'makes one remote record and says its id',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const sent = await subject.open(remote, io).send(subject.item(), 'contract:one');
          expect(await subject.written(remote, 'contract:one')).toEqual([sent.id]);
        },
      ),
  },
  {
    title: 'makes one remote record of the same key twice, also for another worker (I2)',
    applies: (subject) => subject.by === 'native',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const first = await subject.open(remote, io).send(subject.item(), 'contract:twice');
          const second = await subject.open(remote, io).send(subject.item(), 'contract:twice');
          expect(second.id).toBe(first.id);
          expect(await subject.written(remote, 'contract:twice')).toEqual([first.id]);
        },
      ),
  },
  {
    title: 'finds what it sent by its key, and never an id for a key that was not sent',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const sink = subject.open(remote, io);
          const sent = await sink.send(subject.item(), 'contract:found');
          await settled(sink);
          const found = await subject.open(remote, io).find('contract:found', subject.item());
          expect(found).toBe(sink.uniqueness.by === 'none' ? 'unsure' : sent.id);
          expect(await sink.find('contract:never', subject.item())).toBe(
            sink.uniqueness.by === 'none' ? 'unsure' : 'absent',
          );
        },
      ),
  },
  ...WRITE_FAULTS.map(([kind, fault]): SinkRule => ({
    title: `says of ${kind} on a send: ${fault}; then a look-up tells the truth and one record is made (I2)`,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const sink = subject.open(remote, io);
          const key = `contract:${kind}`;
          const began = io.clock.now();
          remote.fail({ kind, retryAfterS: 7 });
          const error = await failureOf(sink.send(subject.item(), key));
          expect(error.fault).toBe(fault);
          expect(error.remedy).not.toBe('');
          if (kind === '429') expect(error.retryAt).toBeGreaterThanOrEqual(began + 7_000);
          const written = await subject.written(remote, key);
          expect(written).toHaveLength(APPLIED.has(kind) ? 1 : 0);
          await settled(sink);
          const found = await sink.find(key, subject.item());
          if (sink.uniqueness.by === 'none') expect(found).toBe('unsure');
          else expect(found).toBe(written[0] ?? 'absent');
          if (found === 'absent') await sink.send(subject.item(), key);
          if (found !== 'unsure') expect(await subject.written(remote, key)).toHaveLength(1);
        },
        HASTY_MS,
      ),
  })),
  {
    title: 'says of a remote that is not there: transient, because nothing was sent',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          await remote.close();
          expect((await failureOf(subject.open(remote, io).send(subject.item(), 'contract:gone'))).fault).toBe(
            'transient',
          );
        },
      ),
  },
  {
    title: 'lets no secret into a log line or an error (I9), and talks to nobody but its remote',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, rig) => {
          const sink = subject.open(remote, rig.io);
          const texts: string[] = [];
          for (const kind of ['401', '429', '5xx', 'cut-after-apply', 'malformed'] as const) {
            remote.fail({ kind });
            texts.push(printed(await failureOf(sink.send(subject.item(), `contract:secret:${kind}`))));
          }
          const text = [...rig.logged, ...texts, ...rig.calls.map((call) => call.url)].join('\n');
          for (const secret of subject.secrets) expect(text.includes(secret)).toBe(false);
          expect(remote.requests()).toHaveLength(rig.calls.length);
        },
        HASTY_MS,
      ),
  },
];

async function settled(sink: Sink<unknown>): Promise<void> {
  if (sink.uniqueness.by === 'find' && sink.uniqueness.settleMs > 0) await clock.sleep(sink.uniqueness.settleMs);
}
