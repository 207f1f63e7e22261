import { openStandIn, type StandIn } from '../connector/sandbox/stand-in.ts';
import { openHttp } from '../connector/transport/http.ts';
import { systemClock } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import type { EffectSink } from './effects.ts';

/**
 * A remote over real HTTP that keeps what it is sent: `PUT /<key>` refuses the second of a key (until it is told to
 * forget), `POST /<key>` takes every one, `GET /<key>` looks up what it has.
 */
export interface TestRemote {
  readonly standIn: StandIn;
  /** The bodies that it has, by key, in order of arrival. */
  readonly records: ReadonlyMap<string, readonly string[]>;
  /** How many times a key was written and looked up, whatever came of it. */
  asked(key: string): { readonly writes: number; readonly looks: number };
  /** What it answers to writes from now on. */
  answer: 'takes' | 'accepts for later' | 'refuses';
  /** The keys are forgotten, the records stay. */
  forgetKeys(): void;
  /** A look-up answers nothing yet of what has just been written. */
  blind: boolean;
  sink(uniqueness: EffectSink['uniqueness']): EffectSink;
  close(): Promise<void>;
}

export async function openTestRemote(timeoutMs: number): Promise<TestRemote> {
  const records = new Map<string, string[]>();
  const known = new Set<string>();
  const standIn = await openStandIn({
    name: 'ledger',
    clock: systemClock,
    answer(request) {
      const key = request.path.slice(1);
      const kept = records.get(key) ?? [];
      if (request.method === 'GET') {
        return { body: JSON.stringify({ id: kept.length > 0 && !remote.blind ? `id-${key}` : null }) };
      }
      if (remote.answer === 'refuses') return { status: 422 };
      if (request.method === 'POST' || !known.has(key)) records.set(key, [...kept, request.text()]);
      known.add(key);
      return { body: JSON.stringify({ id: `id-${key}`, state: remote.answer === 'takes' ? 'done' : 'pending' }) };
    },
  });
  const http = openHttp({ timeoutMs, maxBytes: 10_000, userAgent: 'test', log: silentLog, clock: systemClock });

  const remote: TestRemote = {
    standIn,
    records,
    asked(key) {
      const served = standIn.requests().filter(({ path }) => path === `/${key}`);
      const looks = served.filter(({ method }) => method === 'GET').length;
      return { writes: served.length - looks, looks };
    },
    answer: 'takes',
    blind: false,
    forgetKeys: () => known.clear(),
    sink: (uniqueness) => ({
      uniqueness,
      async send(payload, key, signal) {
        const method = uniqueness.by === 'native' ? 'PUT' : 'POST';
        const url = `${standIn.url}/${key}`;
        const { body } = await http.send({ method, url, body: payload, kind: 'write', signal });
        const sent: { id: string; state: 'done' | 'pending' } = JSON.parse(Buffer.from(body).toString());
        return sent;
      },
      async find(key, _payload, signal) {
        const { body } = await http.send({ method: 'GET', url: `${standIn.url}/${key}`, kind: 'read', signal });
        const found: { id: string | null } = JSON.parse(Buffer.from(body).toString());
        return found.id ?? 'absent';
      },
    }),
    async close() {
      http.close();
      await standIn.close();
    },
  };
  return remote;
}
