import { SyncError } from '../domain/errors.ts';
import { contentHash, type ConnectionId, type ExternalId, type OrderId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { RawDocument } from './documents.ts';
import { duplicatesOf } from './faults.ts';
import type { DataKey, Vault } from './vault.ts';

export interface Observation {
  readonly record: OrderId;
  readonly externalId: ExternalId;
  readonly version: number;
  readonly body: string;
}

export interface Intake {
  /** Which observation of which record is now the newest that normalize has not seen; newly stored or found stored. */
  readonly fresh: readonly { readonly record: OrderId; readonly n: number; readonly version: number }[];
  readonly stored: number;
  /** Seen before at this version and content, or older than what we hold. */
  readonly unchanged: number;
}

/** One opened observation. `erased` = its key is gone, so it can never be read again. */
export type OpenedRaw = Omit<RawDocument, 'body'> & { readonly text: string | null };

/**
 * Observations of remote records, appended and never edited. The n-th of a record has `<record>#<n>` as its `_id`, so
 * two workers that see the same thing at the same moment store it once, and normalize knows in which order to apply.
 */
export interface RawRecords {
  append(
    connection: ConnectionId,
    by: RawDocument['by'],
    observations: readonly Observation[],
    now: Instant,
  ): Promise<Intake>;
  /** The observations n in (after, upTo] of each record, opened, in order of n. */
  read(wanted: readonly { record: OrderId; after: number; upTo: number }[]): Promise<Map<OrderId, OpenedRaw[]>>;
  /**
   * Observations of shipments, each sealed under its order's key and known by its version and content: the same one again
   * changes nothing. An order that is not there (any more) keeps none. Returns the orders that are.
   */
  appendShipments(
    connection: ConnectionId,
    by: RawDocument['by'],
    observations: readonly (Observation & { readonly order: OrderId })[],
    now: Instant,
  ): Promise<ReadonlySet<OrderId>>;
  /** The newest observation of each shipment of these orders, opened. */
  shipmentsOf(orders: readonly OrderId[]): Promise<Map<OrderId, OpenedRaw[]>>;
  /** Everything observed of one record, oldest first. What was sealed under a key that has been destroyed since has no text. */
  history(record: OrderId): Promise<OpenedRaw[]>;
}

/** How long the personal data of an order that never ends is kept, from when it was last taken in: past any return. */
export const KEPT_OPEN_MS = 400 * 86_400_000;

interface Candidate {
  readonly observation: Observation;
  readonly hash: string;
  n: number;
}

export function openRawRecords(collections: Collections, vault: Vault): RawRecords {
  const { raws, orders } = collections;

  async function heads(
    records: readonly OrderId[],
  ): Promise<Map<OrderId, { version: number; n: number; hash: string }>> {
    const rows = await orders
      .find({ _id: { $in: [...records] } })
      .project<{ _id: OrderId; version: number; raw: { n: number; hash: string } }>({ version: 1, raw: 1 })
      .toArray();
    return new Map(rows.map((row) => [row._id, { version: row.version, ...row.raw }]));
  }

  return {
    async append(connection, by, observations, now) {
      const records = [...new Set(observations.map((observation) => observation.record))];
      const held = await heads(records);
      const fresh = new Map<OrderId, { record: OrderId; n: number; version: number }>();
      let unchanged = 0;
      let stored = 0;
      let candidates: Candidate[] = [];
      const later: Candidate[] = [];
      const inThisRound = new Set<OrderId>();
      for (const observation of observations) {
        const hash = contentHash(observation.body);
        const head = held.get(observation.record);
        if (head !== undefined && known(head, observation, hash, by)) {
          unchanged += 1;
          continue;
        }
        const candidate = { observation, hash, n: (head?.n ?? 0) + 1 };
        // The same record twice on one page: the second finds the first by its number.
        if (inThisRound.has(observation.record)) later.push(candidate);
        else {
          inThisRound.add(observation.record);
          candidates.push(candidate);
        }
      }
      const keys = await vault.keysFor([...inThisRound], new Date(now + KEPT_OPEN_MS));
      while (candidates.length > 0) {
        const taken = await insert(connection, by, candidates, keys, now);
        const collided = candidates.filter((_, index) => taken.has(index));
        for (const candidate of candidates.filter((_, index) => !taken.has(index))) {
          stored += 1;
          note(fresh, candidate);
        }
        const standing = collided.length === 0 ? [] : await readHeads(collided);
        const next: Candidate[] = [];
        for (const candidate of collided) {
          const other = standing.find((row) => row._id === rawId(candidate));
          const key = keys.get(candidate.observation.record);
          // One whose key was destroyed says nothing any more: what the channel says now is kept anew.
          const readable = other !== undefined && key !== undefined && textOrNull(key, other._id, other.body) !== null;
          const same = readable && other.hash === candidate.hash && other.version === candidate.observation.version;
          if (same && !settles(by, other, held.get(candidate.observation.record))) {
            // Stored before, perhaps by a worker that died before it enqueued anything: it is still to be normalized.
            unchanged += 1;
            note(fresh, candidate);
          } else {
            candidate.n += 1;
            next.push(candidate);
          }
        }
        candidates = next.length > 0 ? next : later.splice(0, 1);
      }
      return { fresh: [...fresh.values()], stored, unchanged };
    },

    async appendShipments(connection, by, observations, now) {
      const keys = await vault.existingKeys([...new Set(observations.map(({ order }) => order))]);
      const at = new Date(now);
      const operations = observations.flatMap(({ order, record, externalId, version, body }) => {
        const key = keys.get(order);
        if (key === undefined) return [];
        const hash = contentHash(body);
        const _id = `${record}#${version}.${hash.slice(0, 8)}`;
        const document: RawDocument = {
          _id,
          record,
          n: version,
          connection,
          kind: 'shipment',
          order,
          externalId,
          version,
          hash,
          at,
          by,
          body: vault.seal(key, _id, body),
        };
        return [{ insertOne: { document } }];
      });
      if (operations.length > 0) await duplicatesOf(raws.bulkWrite(operations, { ordered: false }));
      return new Set(keys.keys());
    },

    async shipmentsOf(wanted) {
      const opened = new Map<OrderId, OpenedRaw[]>();
      const keys = await vault.existingKeys(wanted);
      const newest = new Map<string, RawDocument>();
      for (const row of await raws.find({ order: { $in: [...keys.keys()] } }).toArray())
        if ((newest.get(row.record)?.version ?? -1) <= row.version) newest.set(row.record, row);
      for (const { body, ...row } of newest.values()) {
        const key = row.order === undefined ? undefined : keys.get(row.order);
        if (key === undefined || row.order === undefined) continue;
        opened.set(row.order, [...(opened.get(row.order) ?? []), { ...row, text: textOrNull(key, row._id, body) }]);
      }
      return opened;
    },

    async read(wanted) {
      const ids: string[] = [];
      for (const { record, after, upTo } of wanted)
        for (let n = after + 1; n <= upTo; n += 1) ids.push(`${record}#${n}`);
      const opened = new Map<OrderId, OpenedRaw[]>();
      if (ids.length === 0) return opened;
      return collect(await raws.find({ _id: { $in: ids } }).toArray(), opened);
    },

    async history(record) {
      const rows = await raws.find({ _id: { $gte: `${record}#`, $lt: `${record}$` } }).toArray();
      const key = (await vault.existingKeys([record])).get(record);
      rows.sort((a, b) => a.n - b.n);
      return rows.map(({ body, ...row }) => ({
        ...row,
        text: key === undefined ? null : textOrNull(key, row._id, body),
      }));
    },
  };

  function textOrNull(key: DataKey, place: string, body: RawDocument['body']): string | null {
    try {
      return vault.open(key, place, body);
    } catch (thrown) {
      if (!(thrown instanceof SyncError) || thrown.code !== 'sealed-value') throw thrown;
      return null;
    }
  }

  async function collect(rows: RawDocument[], opened: Map<OrderId, OpenedRaw[]>): Promise<Map<OrderId, OpenedRaw[]>> {
    const keys = await vault.existingKeys([...new Set(rows.map((row) => row.record))]);
    rows.sort((a, b) => a.n - b.n);
    for (const { body, ...row } of rows) {
      const key = keys.get(row.record);
      const list = opened.get(row.record) ?? [];
      // One that does not open (its key was destroyed and another made since, or it was damaged) stands in nobody's way.
      list.push({ ...row, text: key === undefined ? null : textOrNull(key, row._id, body) });
      opened.set(row.record, list);
    }
    return opened;
  }

  async function insert(
    connection: ConnectionId,
    by: RawDocument['by'],
    candidates: readonly Candidate[],
    keys: ReadonlyMap<string, DataKey>,
    now: Instant,
  ): Promise<ReadonlySet<number>> {
    const at = new Date(now);
    const operations = candidates.flatMap((candidate) => {
      const { observation, hash, n } = candidate;
      const key = keys.get(observation.record);
      if (key === undefined) return [];
      const document: RawDocument = {
        _id: rawId(candidate),
        record: observation.record,
        n,
        connection,
        kind: 'order',
        externalId: observation.externalId,
        version: observation.version,
        hash,
        at,
        by,
        body: vault.seal(key, rawId(candidate), observation.body),
      };
      return [{ insertOne: { document } }];
    });
    return duplicatesOf(raws.bulkWrite(operations, { ordered: false }));
  }

  async function readHeads(candidates: readonly Candidate[]): Promise<Standing[]> {
    return raws
      .find({ _id: { $in: candidates.map(rawId) } })
      .project<Standing>({ hash: 1, version: 1, by: 1, body: 1 })
      .toArray();
  }
}

type Standing = Pick<RawDocument, '_id' | 'hash' | 'version' | 'by' | 'body'>;

/**
 * Whether an answer by id says for the first time what only a list had said: the second content of a version that the
 * order holds. It is kept beside the list's, else it could never be believed.
 */
function settles(by: RawDocument['by'], standing: Standing, head: { version: number } | undefined): boolean {
  return by === 'id' && standing.by === 'list' && head?.version === standing.version;
}

/** Whether an observation says nothing that is not held: older, or the same version with the same content or from an export. */
function known(
  head: { version: number; hash: string },
  observation: Observation,
  hash: string,
  by: RawDocument['by'],
): boolean {
  if (observation.version !== head.version) return observation.version < head.version;
  return hash === head.hash || by === 'bulk';
}

function rawId(candidate: Candidate): string {
  return `${candidate.observation.record}#${candidate.n}`;
}

function note(fresh: Map<OrderId, { record: OrderId; n: number; version: number }>, candidate: Candidate): void {
  const { record, version } = candidate.observation;
  // A page may show an older observation of the record after a newer one.
  if (candidate.n > (fresh.get(record)?.n ?? 0)) fresh.set(record, { record, n: candidate.n, version });
}
