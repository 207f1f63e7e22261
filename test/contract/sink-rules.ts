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
  /** Something that the remote accepts; for another key something else, where the remote knows it by what it is. */
  item(remote: R, key: Key): T;
  /** The ids of the remote records that carry this key, by the remote's own books. */
  written(remote: R, key: Key): readonly ExternalId[] | Promise<readonly ExternalId[]>;
  /** How this sink can be asked, as it says itself. */
  readonly by: Uniqueness['by'];
  /** It looks before it sends: the same key twice makes one record also where the remote takes no key. */
  readonly looksFirst?: boolean;
  readonly secrets: readonly string[];
  /** What of the item is a buyer's. */
  readonly personal?: readonly string[];
  /** Something that the remote refuses, and the field or the words that it refuses it with. */
  readonly refused?: { item(remote: R, key: Key): T; readonly says: string };
  /** Of a sink with `outcome`: makes the remote take its time over a record, and then refuse it for this reason. */
  readonly decides?: {
    ponder(remote: R, id: ExternalId): void | Promise<void>;
    refuse(remote: R, id: ExternalId): void | Promise<void>;
    readonly reason: string;
  };
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
          const sent = await subject.open(remote, io).send(subject.item(remote, 'contract:one'), 'contract:one');
          expect(await subject.written(remote, 'contract:one')).toEqual([sent.id]);
        },
      ),
  },
  {
    title: 'makes one remote record of the same key twice, also for another worker (I2)',
    applies: (subject) => subject.by === 'native' || subject.looksFirst === true,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const first = await subject.open(remote, io).send(subject.item(remote, 'contract:twice'), 'contract:twice');
          const second = await subject.open(remote, io).send(subject.item(remote, 'contract:twice'), 'contract:twice');
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
          const sent = await sink.send(subject.item(remote, 'contract:found'), 'contract:found');
          await settled(sink);
          const found = await subject.open(remote, io).find('contract:found', subject.item(remote, 'contract:found'));
          expect(idOf(found)).toBe(sink.uniqueness.by === 'none' ? 'unsure' : sent.id);
          expect(await sink.find('contract:never', subject.item(remote, 'contract:never'))).toBe(
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
          const error = await failureOf(sink.send(subject.item(remote, key), key));
          expect(error.fault).toBe(fault);
          expect(error.remedy).not.toBe('');
          if (kind === '429') expect(error.retryAt).toBeGreaterThanOrEqual(began + 7_000);
          const written = await subject.written(remote, key);
          expect(written).toHaveLength(APPLIED.has(kind) ? 1 : 0);
          await settled(sink);
          const found = idOf(await sink.find(key, subject.item(remote, key)));
          if (sink.uniqueness.by === 'none') expect(found).toBe('unsure');
          else expect(found).toBe(written[0] ?? 'absent');
          if (found === 'absent') await sink.send(subject.item(remote, key), key);
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
          const item = subject.item(remote, 'contract:gone');
          await remote.close();
          expect((await failureOf(subject.open(remote, io).send(item, 'contract:gone'))).fault).toBe('transient');
        },
      ),
  },
  {
    title: 'says of what the remote refuses: data, with what it refuses it for, and nothing is written',
    applies: ({ refused }) => refused !== undefined,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const { refused } = subject;
          if (refused === undefined) throw new Error('the subject has nothing that is refused');
          const item = refused.item(remote, 'contract:refused');
          const error = await failureOf(subject.open(remote, io).send(item, 'contract:refused'));
          expect({ fault: error.fault, message: error.message }).toEqual({ fault: 'data', message: error.message });
          expect(`${error.field ?? ''} ${error.message}`).toContain(refused.says);
          expect(error.remedy).not.toBe('');
          expect(await subject.written(remote, 'contract:refused')).toEqual([]);
        },
      ),
  },
  {
    title:
      'says pending while the remote has not decided, done when it took it, rejected with its reasons when it did not',
    applies: ({ decides }) => decides !== undefined,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const { decides } = subject;
          const sink = subject.open(remote, io);
          const { id } = await sink.send(subject.item(remote, 'contract:later'), 'contract:later');
          expect(await sink.outcome?.(id)).toEqual({ state: 'done' });
          await decides?.ponder(remote, id);
          expect(await sink.outcome?.(id)).toEqual({ state: 'pending' });
          await decides?.refuse(remote, id);
          const outcome = await sink.outcome?.(id);
          expect(outcome).toEqual({
            state: 'rejected',
            reasons: [{ line: null, reason: expect.stringContaining(decides?.reason ?? '') }],
          });
        },
      ),
  },
  {
    title: 'lets no secret and nothing of a buyer into a log line or an error (I9), and talks to nobody but its remote',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, rig) => {
          const sink = subject.open(remote, rig.io);
          const texts: string[] = [];
          for (const kind of ['401', '429', '5xx', 'cut-after-apply', 'malformed'] as const) {
            remote.fail({ kind });
            const key = `contract:secret:${kind}`;
            texts.push(printed(await failureOf(sink.send(subject.item(remote, key), key))));
          }
          if (subject.refused !== undefined) {
            const refused = subject.refused.item(remote, 'contract:secret:refused');
            texts.push(printed(await failureOf(sink.send(refused, 'contract:secret:refused'))));
          }
          const text = [...rig.logged, ...texts, ...rig.calls.map((call) => call.url)].join('\n');
          for (const kept of [...subject.secrets, ...(subject.personal ?? [])]) expect(text).not.toContain(kept);
          expect(remote.requests()).toHaveLength(rig.calls.length);
        },
        HASTY_MS,
      ),
  },
];

/** A look-up answers with the id alone, or with what of the request the remote could not take. */
function idOf(found: Awaited<ReturnType<Sink<unknown>['find']>>): string {
  return typeof found === 'string' ? found : found.id;
}

/** On loopback nothing is under way for as long as a sink must reckon with out there. */
const LONGEST_SETTLE_MS = 50;

async function settled(sink: Sink<unknown>): Promise<void> {
  if (sink.uniqueness.by === 'find') await clock.sleep(Math.min(sink.uniqueness.settleMs, LONGEST_SETTLE_MS));
}
