import { z } from 'zod';
import type { FulfillmentProvider, LedgerSink, Recalled } from '../../src/connector/contract.ts';
import type { Io } from '../../src/connector/io.ts';
import { openStandIn, type StandIn } from '../../src/connector/sandbox/stand-in.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { FulfillmentRequest, LedgerDocument } from '../../src/domain/fulfillment.ts';
import type { Key } from '../../src/domain/ids.ts';
import { clock } from './rig.ts';

/** What a provider or books can get wrong. Each is caught by a rule of the contract. */
export type OfficeFlaw =
  | 'none'
  | 'a refusal is an outage'
  | 'a refusal without its words'
  | 'a refusal is written all the same'
  | 'the buyer in an error'
  | 'what is pending is done'
  | 'a rejection without reasons'
  | 'rejected stays pending'
  | 'a second cancellation is too late'
  | 'cancels nothing'
  | 'too late is cancelled'
  | 'cancels what has begun'
  | 'a cancellation is called a read'
  | 'a failed cancellation is too late'
  | 'recalls nothing'
  | 'recalls what was cancelled as done'
  | 'recalls one unit of each'
  | 'cents are lost'
  | 'what is not there throws'
  | 'writes over what stands'
  | 'a taken key is taken for done'
  | 'a failed read is not there';

export const OFFICE_TOKEN = 'office-token-5ecret';
export const REFUSED = 'no such shelf';
const record = z.object({ id: z.string(), key: z.string(), status: z.string(), item: z.unknown() });
type Kept = z.output<typeof record>;
const given = z.object({ key: z.string(), over: z.boolean(), item: z.unknown() });

export interface ToyOffice extends StandIn {
  kept(): readonly Kept[];
  /** `done` → `pending`, `rejected` or `begun`. */
  turn(id: string, status: string): void;
}

/** A small remote that keeps what it is given under its key, cancels it until it has begun, and shows it again. */
export async function openToyOffice(): Promise<ToyOffice> {
  const kept: Kept[] = [];
  const found = (id: string): Kept | undefined => kept.find((each) => each.id === id);
  const standIn = await openStandIn({
    name: 'toy office',
    clock,
    answer: ({ method, url, headers, text }) => {
      if (headers['authorization'] !== `Bearer ${OFFICE_TOKEN}`) return { status: 401 };
      const [, , id = '', verb] = url.pathname.split('/');
      const byKey = url.searchParams.get('key');
      if (method === 'GET' && byKey !== null)
        return { body: JSON.stringify(kept.find(({ key }) => key === byKey) ?? null) };
      const one = found(id);
      if (method === 'GET') return one === undefined ? { status: 404 } : { body: JSON.stringify(one) };
      if (verb === 'cancel') {
        if (one?.status === 'done') one.status = 'cancelled';
        return { body: JSON.stringify(one) };
      }
      const { key, over, item } = given.parse(JSON.parse(text()));
      if (JSON.stringify(item).includes(REFUSED)) return { status: 422, body: JSON.stringify({ error: REFUSED }) };
      const there = kept.find((each) => each.key === key);
      if (there !== undefined && over) there.item = item;
      if (there === undefined) kept.push({ id: `r${kept.length + 1}`, key, status: 'done', item });
      return { body: JSON.stringify(kept.find((each) => each.key === key)) };
    },
  });
  return Object.assign(standIn, {
    kept: () => kept,
    turn: (id: string, status: string) => {
      const one = found(id);
      if (one !== undefined) one.status = status;
    },
  });
}

interface Calls {
  send(item: unknown, key: Key, over: boolean): Promise<Kept>;
  byKey(key: Key): Promise<Kept | null>;
  get(id: string): Promise<Kept | null>;
  cancel(id: string): Promise<Kept>;
}

function callsOf(office: ToyOffice, io: Io, flaw: OfficeFlaw): Calls {
  const headers = { authorization: `Bearer ${OFFICE_TOKEN}` };
  async function call<T>(schema: z.ZodType<T>, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const kind =
      method === 'GET' || (path.endsWith('/cancel') && flaw === 'a cancellation is called a read') ? 'read' : 'write';
    const answer = await io.http.send({
      method,
      url: `${office.url}${path}`,
      headers,
      kind,
      accept: [422],
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = Buffer.from(answer.body).toString();
    if (answer.status === 422) throw refusal(text);
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw new SyncError(kind === 'write' ? 'unknown' : 'transient', 'the answer is no JSON', {
        remedy: 'Nothing to do.',
      });
    }
  }
  function refusal(text: string): SyncError {
    const fault = flaw === 'a refusal is an outage' ? 'transient' : 'data';
    const words = flaw === 'a refusal without its words' ? '' : text;
    return new SyncError(fault, `the office refuses: ${words}`, { remedy: 'Mend what it names.' });
  }
  return {
    async send(item, key, over) {
      if (flaw === 'a refusal is written all the same')
        await call(record, 'POST', '/records', { key, over, item: 'something else' });
      try {
        return await call(record, 'POST', '/records', { key, over, item });
      } catch (cause) {
        if (flaw !== 'the buyer in an error') throw cause;
        const { fault, remedy, retryAt } =
          cause instanceof SyncError ? cause : new SyncError('bug', '', { remedy: '' });
        throw new SyncError(fault, `it failed for ${JSON.stringify(item)}`, {
          remedy,
          ...(retryAt !== undefined && { retryAt }),
        });
      }
    },
    byKey: (key) => call(record.nullable(), 'GET', `/records?key=${encodeURIComponent(key)}`),
    async get(id) {
      try {
        return await call(record, 'GET', `/records/${id}`);
      } catch (cause) {
        if (flaw === 'a failed read is not there') return null;
        if (flaw !== 'what is not there throws' && cause instanceof SyncError && cause.code === 'not-found')
          return null;
        throw cause;
      }
    },
    cancel: (id) => call(record, 'POST', `/records/${id}/cancel`),
  };
}

export function toyProvider(office: ToyOffice, io: Io, flaw: OfficeFlaw): FulfillmentProvider {
  const calls = callsOf(office, io, flaw);
  const cancelled = new Set<string>();
  return {
    uniqueness: { by: 'native', forMs: 86_400_000 },
    send: async (item: FulfillmentRequest, key) => ({ id: (await calls.send(item, key, false)).id, state: 'done' }),
    find: async (key) => (await calls.byKey(key))?.id ?? 'absent',
    async outcome(id) {
      const status = (await calls.get(id))?.status;
      if (status === 'pending') return { state: flaw === 'what is pending is done' ? 'done' : 'pending' };
      if (status !== 'rejected') return { state: 'done' };
      if (flaw === 'rejected stays pending') return { state: 'pending' };
      return {
        state: 'rejected',
        reasons: flaw === 'a rejection without reasons' ? [] : [{ line: null, reason: 'it broke' }],
      };
    },
    async recall(keys) {
      const held: Recalled[] = [];
      for (const key of flaw === 'recalls nothing' ? [] : keys) {
        const kept = await calls.byKey(key);
        if (kept === null) continue;
        const { location, lines } = request.parse(kept.item);
        const stopped = kept.status === 'cancelled' && flaw !== 'recalls what was cancelled as done';
        held.push({
          key,
          id: kept.id,
          location,
          lines: lines.map(({ sku, quantity }) => ({
            sku,
            quantity: flaw === 'recalls one unit of each' ? 1 : quantity,
          })),
          state: stopped ? 'stopped' : 'done',
        });
      }
      return held;
    },
    async cancel(id) {
      if (flaw === 'cancels nothing') return 'cancelled';
      if (flaw === 'cancels what has begun') office.turn(id, 'done');
      if (flaw === 'a second cancellation is too late' && cancelled.has(id)) return 'too late';
      try {
        const { status } = await calls.cancel(id);
        if (status === 'cancelled') cancelled.add(id);
        return status === 'cancelled' || flaw === 'too late is cancelled' ? 'cancelled' : 'too late';
      } catch (cause) {
        if (flaw === 'a failed cancellation is too late') return 'too late';
        throw cause;
      }
    },
  };
}

const request = z.object({
  location: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number() })),
});
const document = z.custom<LedgerDocument>((value) => typeof value === 'object' && value !== null && 'lines' in value);

export function toyLedger(office: ToyOffice, io: Io, flaw: OfficeFlaw): LedgerSink {
  const calls = callsOf(office, io, flaw);
  return {
    uniqueness: { by: 'native', forMs: 86_400_000 },
    async send(item, key) {
      const kept = await calls.send(item, key, flaw === 'writes over what stands');
      const same = JSON.stringify(kept.item) === JSON.stringify(item);
      if (same || flaw === 'a taken key is taken for done') return { id: kept.id, state: 'done' };
      throw new SyncError('data', `another document stands under ${key}`, {
        remedy: 'Compare the two.',
        remoteId: kept.id,
      });
    },
    find: async (key) => (await calls.byKey(key))?.id ?? 'absent',
    async read(id) {
      const kept = await calls.get(id);
      if (kept === null) return null;
      const read = document.parse(kept.item);
      if (flaw !== 'cents are lost') return read;
      return { ...read, lines: read.lines.map((line) => ({ ...line, debit: Math.floor(line.debit / 100) * 100 })) };
    },
  };
}
