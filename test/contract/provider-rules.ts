import { expect } from '@jest/globals';
import type { FulfillmentProvider } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import type { FaultKind } from '../../src/connector/sandbox/fault-plan.ts';
import type { Fault } from '../../src/domain/errors.ts';
import type { ExternalId } from '../../src/domain/ids.ts';
import { failureOf, HASTY_MS, withRemote, type Remote, type Rig, type Rule } from './rig.ts';
import type { SinkSubject } from './sink-rules.ts';

type Request = Parameters<FulfillmentProvider['send']>[0];

/** A FulfillmentProvider under test. */
export interface ProviderSubject<R extends Remote = Remote> extends SinkSubject<Request, R> {
  open(remote: R, io: Io): FulfillmentProvider;
  /** Makes it too late to stop. */
  tooLate(remote: R, id: ExternalId): void | Promise<void>;
  /** How a request stands by the remote's own books, whatever it calls that. */
  stands(remote: R, id: ExternalId): string | Promise<string>;
}

type ProviderRule = Rule<ProviderSubject>;

const KEY = 'contract:cancel';
const CANCEL_FAULTS: readonly (readonly [FaultKind, Fault])[] = [
  ['401', 'config'],
  ['429', 'throttled'],
  ['5xx', 'unknown'],
  ['cut-before-apply', 'unknown'],
];

/** What a provider answers to a cancellation: whether the goods were stopped, and never anything but the truth. */
export const providerRules: readonly ProviderRule[] = [
  {
    title: 'cancels what has not begun, and says so again when it is asked again',
    run: (subject) =>
      asked(subject, async (provider, id, { stands }) => {
        const before = await stands();
        expect(await provider.cancel(id)).toBe('cancelled');
        const after = await stands();
        expect(after).not.toBe(before);
        expect(await provider.cancel(id)).toBe('cancelled');
        expect(await stands()).toBe(after);
      }),
  },
  {
    title: 'says too late of what has begun, again when it is asked again, and changes nothing',
    run: (subject) =>
      asked(subject, async (provider, id, { stands, remote }) => {
        await subject.tooLate(remote, id);
        const before = await stands();
        expect(await provider.cancel(id)).toBe('too late');
        expect(await provider.cancel(id)).toBe('too late');
        expect(await stands()).toBe(before);
      }),
  },
  {
    title: 'does not know when the reply to a cancellation is lost, and says the truth when it is asked again',
    run: (subject) =>
      asked(subject, async (provider, id, { remote }) => {
        remote.fail({ kind: 'cut-after-apply' });
        expect((await failureOf(provider.cancel(id))).fault).toBe('unknown');
        expect(await provider.cancel(id)).toBe('cancelled');
      }),
  },
  {
    title:
      'recalls by our keys the units that it was asked for, says of what was cancelled that it is, and has no key that it was never given',
    run: (subject) =>
      asked(subject, async (provider, id, { remote }) => {
        // One that cannot tell says so by not having it.
        if (provider.recall === undefined) return;
        const { location, lines } = subject.item(remote, KEY);
        const units = new Map<string, number>();
        for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0) + quantity);
        const recalled = async (): Promise<unknown[]> =>
          ((await provider.recall?.([KEY, `${KEY}:other`])) ?? []).map((held) => ({
            ...held,
            // It need not say where from.
            location: held.location ?? location,
            lines: new Map(held.lines.map(({ sku, quantity }) => [sku, quantity])),
          }));
        const held = { key: KEY, id, location, lines: units };
        expect(await recalled()).toEqual([{ ...held, state: 'done' }]);
        expect(await provider.cancel(id)).toBe('cancelled');
        expect(await recalled()).toEqual([{ ...held, state: 'stopped' }]);
      }),
  },
  ...CANCEL_FAULTS.map(([kind, fault]): ProviderRule => ({
    title: `says of ${kind} on a cancellation: ${fault}; nothing was cancelled, and it still can be`,
    run: (subject) =>
      asked(subject, async (provider, id, { stands, remote, io }) => {
        const before = await stands();
        const began = io.clock.now();
        remote.fail({ kind, retryAfterS: 7 });
        const error = await failureOf(provider.cancel(id));
        expect(error.fault).toBe(fault);
        expect(error.remedy).not.toBe('');
        if (kind === '429') expect(error.retryAt).toBeGreaterThanOrEqual(began + 7_000);
        expect(await stands()).toBe(before);
        expect(await provider.cancel(id)).toBe('cancelled');
      }),
  })),
];

interface Asked {
  readonly remote: Remote;
  readonly io: Rig['io'];
  stands(): string | Promise<string>;
}

/** Runs with one request that the provider has. */
async function asked(
  subject: ProviderSubject,
  run: (provider: FulfillmentProvider, id: ExternalId, asked: Asked) => Promise<void>,
): Promise<void> {
  await withRemote(
    () => subject.start(),
    subject.secrets,
    async (remote, { io }) => {
      const provider = subject.open(remote, io);
      const { id } = await provider.send(subject.item(remote, KEY), KEY);
      await run(provider, id, { remote, io, stands: () => subject.stands(remote, id) });
    },
    HASTY_MS,
  );
}
