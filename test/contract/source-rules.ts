import { expect } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cursor, Observed, Source } from '../../src/connector/contract.ts';
import { failureOf, withRemote } from './rig.ts';
import { sourceFaultRules } from './source-fault-rules.ts';
import { expectAll, pullAll, type Known, type SourceRule, type SourceSubject } from './source-subject.ts';

export const sourceRules: readonly SourceRule[] = [
  {
    title: 'has fixtures, each with its raw and its canonical side',
    run: async ({ normalized }) => {
      const files = readdirSync(normalized.fixtures).filter((file) => file.endsWith('.json'));
      const cases = casesOf(normalized.fixtures);
      expect(cases.length).toBeGreaterThan(0);
      expect(files.toSorted()).toEqual(cases.flatMap((one) => [`${one}.canonical.json`, `${one}.raw.json`]).toSorted());
    },
  },
  {
    title: 'normalizes each fixture to exactly its canonical record, twice the same, its input untouched',
    run: (subject) =>
      eachFixture(subject, (source, { name, record, canonical }) => {
        const { mapping } = subject.normalized;
        const before = JSON.stringify(record);
        const once = asJson(source.normalize(record, mapping));
        expect({ case: name, record: once }).toEqual({ case: name, record: canonical });
        expect(asJson(source.normalize(record, mapping))).toEqual(once);
        expect(JSON.stringify(record)).toBe(before);
      }),
  },
  {
    title: 'adds up to the remote’s own totals in every fixture (I4)',
    applies: ({ normalized }) => normalized.differences !== undefined,
    run: (subject) =>
      eachFixture(subject, (source, { name, record }) => {
        const { mapping, differences, wrongTotals = [] } = subject.normalized;
        const found = (differences?.(source.normalize(record, mapping)) ?? []).filter(
          ({ kind }) => kind !== 'rounding',
        );
        if (wrongTotals.includes(name)) expect(found).not.toEqual([]);
        else expect({ case: name, found }).toEqual({ case: name, found: [] });
      }),
  },
  {
    title: 'pulls everything that the remote holds, in several pages, and ends',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const { pages, seen } = await pullAll(subject.open(remote, io), null);
          expect(pages.length).toBeGreaterThanOrEqual(3);
          expectAll(seen, await subject.held(remote));
        },
      ),
  },
  {
    title: 'normalizes everything that it pulls, or says which field of a record cannot be read',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const source = subject.open(remote, io);
          for await (const page of source.pull(null)) {
            for (const record of page.records) {
              try {
                source.normalize(record, subject.normalized.mapping);
              } catch (cause) {
                expect(cause).toMatchObject({ fault: 'data', field: expect.any(String) });
              }
            }
          }
        },
      ),
  },
  {
    title: 'loses nothing when it is killed after any page and resumed by another (I1)',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const held = await subject.held(remote);
          const { pages } = await pullAll(subject.open(remote, io), null);
          for (let stored = 0; stored < pages.length; stored++) {
            const before: Known[] = [];
            let saved: Cursor | null = null;
            let count = 0;
            for await (const page of subject.open(remote, io).pull(null)) {
              // The page after the last stored one was delivered, but the kill came before its cursor was saved.
              if (count++ === stored) break;
              before.push(...page.records);
              saved = page.next;
            }
            const { seen } = await pullAll(subject.open(remote, io), saved);
            expectAll([...before, ...seen], held);
          }
        },
      ),
  },
  {
    title: 'loses nothing when any single answer is lost and the pull goes on from the last saved cursor (I1)',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const held = await subject.held(remote);
          const asked = remote.requests().length;
          await pullAll(subject.open(remote, io), null);
          const answers = Math.min(remote.requests().length - asked, 12);
          for (let lost = 0; lost < answers; lost++) {
            remote.fail({ kind: 'cut-after-apply', after: lost });
            const seen: Known[] = [];
            let saved: Cursor | null = null;
            const store = async (): Promise<void> => {
              for await (const page of subject.open(remote, io).pull(saved)) {
                seen.push(...page.records);
                saved = page.next;
              }
            };
            expect((await failureOf(store())).fault).toBe('transient');
            await store();
            expectAll(seen, held);
          }
        },
      ),
  },
  {
    title: 'finds a record that changed since the last pull at its new version',
    applies: ({ touch }) => touch !== undefined,
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const { pages } = await pullAll(subject.open(remote, io), null);
          const changed = await subject.touch?.(remote);
          const { seen } = await pullAll(subject.open(remote, io), pages.at(-1)?.next ?? null);
          expectAll(seen, changed ? [changed] : []);
        },
      ),
  },
  {
    title: 'gets any record by its id at the same version, and null for one that is not there',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const source = subject.open(remote, io);
          const held = await subject.held(remote);
          for (const { id, version } of [held[0], held.at(-1)].filter((one) => one !== undefined)) {
            const found = await source.get(id);
            expect(found && { id: found.id, version: found.version }).toEqual({ id, version });
          }
          expect(await source.get(subject.unknownId)).toBeNull();
        },
      ),
  },
  {
    title: 'gets a record whose normal form is that of the pulled one (I8)',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const source = subject.open(remote, io);
          for await (const { records } of source.pull(null)) {
            const [pulled] = records;
            if (pulled === undefined) continue;
            const got = await source.get(pulled.id);
            if (got === null) throw new Error(`${pulled.id} was pulled but cannot be got`);
            const { mapping } = subject.normalized;
            expect(asJson(source.normalize(got, mapping))).toEqual(asJson(source.normalize(pulled, mapping)));
            return;
          }
        },
      ),
  },
  {
    title: 'lists the ids and versions of a window without gaps (I1)',
    run: (subject) =>
      withRemote(
        () => subject.start(),
        subject.secrets,
        async (remote, { io }) => {
          const listed: Known[] = [];
          for await (const known of subject.open(remote, io).ids(subject.window)) listed.push(known);
          expectAll(listed, await subject.held(remote));
          const empty: Known[] = [];
          const { from } = subject.window;
          for await (const known of subject.open(remote, io).ids({ from, to: from })) empty.push(known);
          expect(empty).toEqual([]);
        },
      ),
  },
  ...sourceFaultRules,
];

interface Fixture {
  readonly name: string;
  readonly record: Observed;
  readonly canonical: unknown;
}

function casesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.raw.json'))
    .map((file) => file.slice(0, -'.raw.json'.length));
}

async function eachFixture(
  subject: SourceSubject<unknown>,
  check: (source: Source<unknown>, fixture: Fixture) => void,
): Promise<void> {
  const { fixtures, observe } = subject.normalized;
  await withRemote(
    () => subject.start(),
    subject.secrets,
    async (remote, { io }) => {
      const source = subject.open(remote, io);
      for (const name of casesOf(fixtures)) {
        const read = (side: string): unknown =>
          JSON.parse(readFileSync(join(fixtures, `${name}.${side}.json`), 'utf8'));
        check(source, { name, record: Object.freeze(observe(read('raw'))), canonical: read('canonical') });
      }
    },
  );
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
