import { z } from 'zod';
import { sandboxCredential } from '../../src/connector/sandbox/credentials.ts';
import {
  openStandIn,
  type StandIn,
  type StandInAnswer,
  type StandInRequest,
} from '../../src/connector/sandbox/stand-in.ts';
import { NOTHING_TOLD } from '../../src/connector/sandbox/told.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { Credentials } from './config.ts';
import { Books } from './sandbox-books.ts';
import { CHART, type ChartAccount } from './sandbox-chart.ts';
import { Gate } from './sandbox-gate.ts';
import { answerRest, restFull } from './sandbox-rest.ts';
import { openSoapSide } from './sandbox-soap.ts';
import { soapPath } from './soap-journals.ts';

export { CHART } from './sandbox-chart.ts';

export interface StandInConfig {
  /** Names the credentials of a sandbox connection. */
  readonly connection: string;
  /** Default `TSTDRV1`. */
  readonly account?: string;
  /** Default: those that a credential written as `{ sandbox: true }` stands for. */
  readonly credentials?: Omit<Credentials, 'account'>;
  /** ISO 4217 code → internal id; default USD 1, GBP 2, CAD 3, EUR 4. */
  readonly currencies?: Readonly<Record<string, string>>;
  /** Absent = an account without subsidiaries. */
  readonly subsidiary?: string;
  readonly chart?: readonly ChartAccount[];
  readonly soapVersion?: string;
  /** Default `America/Los_Angeles`, as accounts come. */
  readonly accountZone?: string;
  /** Calls at once, default 5. */
  readonly limit?: number;
}

export interface NetsuiteStandIn {
  readonly url: string;
  readonly credentials: Credentials;
  /** Faults, requests, problems, save. The same over HTTP at `/__stand-in/…`. */
  readonly control: StandIn;
  readonly books: Books;
  /** What `POST /__stand-in/do/<verb>` does, in process. @throws RangeError for a verb that it does not have. */
  tell(verb: string, input: unknown): void;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: StandInConfig;
  readonly clock: Clock;
  readonly port?: number;
  /** A file in which the books outlive a restart. */
  readonly snapshot?: string;
}

const CURRENCIES = { USD: '1', GBP: '2', CAD: '3', EUR: '4' };

const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const closeInput = z.strictObject({ through: date.nullable() });
const accountInput = z.strictObject({ account: z.string() });
const paceInput = z.strictObject({ answerMs: z.int().min(0), limit: z.int().min(0).optional() });
const editInput = z.strictObject({
  id: z.string(),
  date: date.optional(),
  line: z.int().optional(),
  account: z.string().optional(),
});
const loseInput = z.strictObject({ times: z.int().positive() });

/**
 * Starts one NetSuite account on loopback: SuiteTalk SOAP and the REST record API over one set of books. Told by
 * `POST /__stand-in/do/<verb>`: `close-period {through}` · `deactivate {account}` · `pace {answerMs, limit}` ·
 * `edit {id, date | line, account}` · `lose-location {times}` (REST answers that do not name what they made).
 */
export async function startStandIn({ config, clock, port, snapshot }: StartOptions): Promise<NetsuiteStandIn> {
  const { connection } = config;
  const own = (name: string): string => sandboxCredential(connection, name);
  const credentials: Credentials = {
    account: config.account ?? 'TSTDRV1',
    ...(config.credentials ?? {
      consumerKey: own('consumerKey'),
      consumerSecret: own('consumerSecret'),
      token: own('token'),
      tokenSecret: own('tokenSecret'),
    }),
  };
  const books = new Books({
    chart: config.chart ?? CHART,
    currencies: config.currencies ?? CURRENCIES,
    subsidiary: config.subsidiary ?? null,
  });
  const gate = new Gate(credentials, clock, config.limit ?? 5);
  const version = config.soapVersion ?? '2025_2';
  const soap = await openSoapSide(books, gate, clock, version, config.accountZone ?? 'America/Los_Angeles');
  const isSoap = ({ url }: StandInRequest): boolean => url.pathname === soapPath(version);
  const full = (request: StandInRequest): StandInAnswer => (isSoap(request) ? soap.full() : restFull());
  let answerMs = 0;
  let losing = 0;
  const lost = (): boolean => losing > 0 && losing-- > 0;

  async function answer(request: StandInRequest): Promise<StandInAnswer> {
    if (answerMs > 0) await clock.sleep(answerMs);
    if (!isSoap(request)) return answerRest(request, askedAt(request) ?? control.url, books, gate, lost);
    if (request.method !== 'POST') return { status: 405, body: '' };
    return soap.answer(request);
  }

  const verbs: Record<string, (input: unknown) => void> = {
    'close-period': (input) => books.closeThrough(closeInput.parse(input).through),
    deactivate: (input) => books.deactivate(accountInput.parse(input).account),
    pace: (input) => {
      const told = paceInput.parse(input);
      answerMs = told.answerMs;
      gate.limit = told.limit ?? gate.limit;
    },
    edit: (input) => {
      const told = editInput.parse(input);
      books.edit(told.id, (entry) => ({
        ...entry,
        date: told.date ?? entry.date,
        lines: entry.lines.map((line, index) =>
          index === told.line ? { ...line, account: told.account ?? line.account } : line,
        ),
      }));
    },
    'lose-location': (input) => {
      losing = loseInput.parse(input).times;
    },
  };

  const control = await openStandIn({
    name: `netsuite ${connection}`,
    clock,
    answer: (request) =>
      gate.within(
        async () => {
          const before = books.count;
          const answered = await answer(request);
          // Before anybody is told: what NetSuite has said that it booked outlives any kill.
          if (books.count > before) await control.save();
          return answered;
        },
        () => full(request),
      ),
    throttled: full,
    books: () => books.truth(),
    told: () => ({ ...NOTHING_TOLD, documents: books.documents() }),
    verbs,
    ...(snapshot !== undefined && {
      snapshot: { file: snapshot, take: () => books.take(), restore: (saved: unknown) => books.restore(saved) },
    }),
    ...(port !== undefined && { port }),
  });
  return { url: control.url, credentials, control, books, tell, close: () => control.close() };

  function tell(verb: string, input: unknown): void {
    const does = verbs[verb];
    if (does === undefined) throw new RangeError(`this stand-in has no "${verb}"`);
    does(input);
  }
}

/** The address by which the caller knows the account, as its signature and its links have it: there may be a proxy between. */
function askedAt({ headers }: StandInRequest): string | null {
  return headers['host'] === undefined ? null : `http://${headers['host']}`;
}

const settings = z.object({
  account: z.string().optional(),
  currencies: z.record(z.string(), z.string()).optional(),
  subsidiary: z.string().optional(),
  soapVersion: z.string().optional(),
  accountZone: z.string().optional(),
});

/** The stand-in that suits a connection's own settings. @throws ZodError for settings that are none. */
export function standInConfig(connection: string, input: Readonly<Record<string, unknown>>): StandInConfig {
  const { account, currencies, subsidiary, soapVersion, accountZone } = settings.parse(input);
  return {
    connection,
    ...(account !== undefined && { account }),
    ...(currencies !== undefined && { currencies }),
    ...(subsidiary !== undefined && { subsidiary }),
    ...(soapVersion !== undefined && { soapVersion }),
    ...(accountZone !== undefined && { accountZone }),
  };
}
