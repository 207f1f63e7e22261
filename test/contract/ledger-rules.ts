import { expect } from '@jest/globals';
import type { LedgerSink } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { FaultKind } from '../../src/connector/sandbox/fault-plan.ts';
import type { Fault } from '../../src/domain/errors.ts';
import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import { failureOf, HASTY_MS, withRemote, type Remote, type Rule } from './rig.ts';
import type { SinkSubject } from './sink-rules.ts';

/** A LedgerSink under test. Its `item` is a document of the key that it is asked for. */
export interface LedgerSubject<R extends Remote = Remote> extends SinkSubject<LedgerDocument, R> {
  open(remote: R, io: Io): LedgerSink;
  readonly unknownId: ExternalId;
}

type LedgerRule = Rule<LedgerSubject>;

const KEY = 'contract:posted';
const READ_FAULTS: readonly (readonly [FaultKind, Fault])[] = [
  ['401', 'config'],
  ['429', 'throttled'],
  ['5xx', 'transient'],
  ['cut-after-apply', 'transient'],
  ['malformed', 'transient'],
];

/** What makes posted books trustworthy: they can be read back whole, and what stands is never written over. */
export const ledgerRules: readonly LedgerRule[] = [
  {
    title: 'reads back to the cent what it posted, and null for what is not there (I4)',
    run: (subject) =>
      posted(subject, async (ledger, id, { document }) => {
        expect(await ledger.read(id)).toEqual(document);
        expect(await ledger.read(subject.unknownId)).toBeNull();
      }),
  },
  {
    title:
      'refuses another document under a key that is taken, names the one that is there, and leaves it as it is (I5)',
    run: (subject) =>
      posted(subject, async (ledger, id, { remote, document }) => {
        const error = await failureOf(ledger.send(withMore(document), KEY));
        expect([error.fault, error.remoteId]).toEqual(['data', id]);
        expect(error.remedy).not.toBe('');
        expect(await ledger.read(id)).toEqual(document);
        expect(await subject.written(remote, KEY)).toEqual([id]);
      }),
  },
  {
    title: 'says of what goes wrong on a read what it is, and never that the document is not there',
    run: (subject) =>
      posted(subject, async (ledger, id, { remote, document }) => {
        const told: (readonly [FaultKind, Fault])[] = [];
        for (const [kind] of READ_FAULTS) {
          remote.fail({ kind, times: 'always' });
          told.push([kind, (await failureOf(ledger.read(id))).fault]);
          remote.clearFaults();
        }
        expect(told).toEqual(READ_FAULTS);
        expect(await ledger.read(id)).toEqual(document);
      }),
  },
];

/** The same with one minor unit more on both sides. */
function withMore(document: LedgerDocument): LedgerDocument {
  const [debit, credit] = [
    document.lines.findIndex((line) => line.debit > 0),
    document.lines.findIndex((line) => line.credit > 0),
  ];
  const lines = document.lines.map((line, at) => ({
    ...line,
    debit: line.debit + (at === debit ? 1 : 0),
    credit: line.credit + (at === credit ? 1 : 0),
  }));
  return { ...document, lines };
}

interface Posted {
  readonly remote: Remote;
  readonly document: LedgerDocument;
}

async function posted(
  subject: LedgerSubject,
  run: (ledger: LedgerSink, id: ExternalId, posted: Posted) => Promise<void>,
): Promise<void> {
  await withRemote(
    () => subject.start(),
    subject.secrets,
    async (remote, { io }) => {
      const ledger = subject.open(remote, io);
      const document = subject.item(remote, KEY);
      const { id } = await ledger.send(document, KEY);
      await run(ledger, id, { remote, document });
    },
    HASTY_MS,
  );
}
