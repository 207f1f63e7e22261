import { contentHash, type ConnectionId, type Key } from '../domain/ids.ts';
import { SyncError } from '../domain/errors.ts';
import type { Instant } from '../domain/time.ts';
import type { Collections } from './collections.ts';
import type { EffectDocument, EffectState } from './documents.ts';
import { duplicatesOf } from './faults.ts';
import { gathered } from './gather.ts';
import { EPOCH } from './note-restore.ts';
import type { Vault } from './vault.ts';

/** How an effect begins: shown, doubted, or on its way with the write that freezes it. */
export type FirstState = Pick<EffectDocument, 'state' | 'settleAt'> &
  Partial<Pick<EffectDocument, 'token' | 'attempts' | 'sentAt'>>;

export interface FrozenEffect {
  /** Frozen by this call. */
  readonly fresh: boolean;
  readonly document: EffectDocument;
  /** The request exactly as it was frozen before the first send. */
  readonly payload: string;
}

/** Frozen requests to remotes. Each change is a compare-and-set on `v`, so a worker that lost its lease changes nothing. */
export interface EffectRecords {
  /** Freezes the payload under its key, once: whoever comes second gets what was frozen first. */
  freeze(
    effect: { key: Key; connection: ConnectionId; verb: string; subject: string; payload: string },
    now: Instant,
    first?: FirstState,
  ): Promise<FrozenEffect>;
  /** When this store was last brought back from a backup; null = never. */
  restoredAt(): Promise<Instant | null>;
  /** By connection, verb and states, newest first; those behind a place in that order. */
  byVerb(filter: {
    connection?: ConnectionId;
    verb?: string;
    states?: readonly EffectState[];
    behind?: { readonly at: Instant; readonly key: Key };
    limit: number;
  }): Promise<EffectDocument[]>;
  /** The frozen request of an effect; null where it was erased. */
  payloadOf(effect: EffectDocument): Promise<string | null>;
  /** The document after the change, or null where another worker has changed it since it was read. */
  change(
    before: EffectDocument,
    set: Partial<
      Pick<
        EffectDocument,
        'state' | 'token' | 'settleAt' | 'externalId' | 'attempts' | 'sentAt' | 'cause' | 'short' | 'decisions'
      >
    >,
  ): Promise<EffectDocument | null>;
  /**
   * Freezes another payload in the place of one that was refused for good, so that it can be sent. Null as for `change`.
   * @throws SyncError `data`, code `erased`, where the subject's key was destroyed
   */
  refreeze(before: EffectDocument, payload: string): Promise<EffectDocument | null>;
  get(key: Key): Promise<EffectDocument | null>;
  bySubject(subject: string): Promise<EffectDocument[]>;
  byState(connection: ConnectionId, state: EffectState, limit: number): Promise<EffectDocument[]>;
}

/** @param newToken gives a different text at every call, over all workers and for ever. */
export function openEffectRecords(collections: Collections, vault: Vault, newToken: () => string): EffectRecords {
  const { effects, cursors } = collections;
  const insertOne = gathered<EffectDocument, boolean>({
    async together(documents) {
      const writes = documents.map((document) => ({ insertOne: { document } }));
      const there = await duplicatesOf(effects.bulkWrite(writes, { ordered: false }));
      return documents.map((_document, index) => !there.has(index));
    },
    about: ({ _id }) => _id,
  });
  const changeOne = gathered<
    { readonly before: EffectDocument; readonly set: Partial<EffectDocument> },
    string | false
  >({
    async together(changes) {
      const by = newToken();
      const result = await effects.bulkWrite(
        changes.map(({ before, set }) => ({
          updateOne: {
            filter: { _id: before._id, v: before.v },
            update: { $set: { ...set, v: before.v + 1, by } },
          },
        })),
        { ordered: false },
      );
      if (result.matchedCount === changes.length) return changes.map(() => by);
      const ids = changes.map(({ before }) => before._id);
      const ours = await effects
        .find({ _id: { $in: ids }, by })
        .project<{ _id: Key }>({ _id: 1 })
        .toArray();
      const won = new Set(ours.map(({ _id }) => _id));
      return ids.map((id) => (won.has(id) ? by : false));
    },
    about: ({ before }) => before._id,
  });
  let restored: Promise<Instant | null> | null = null;
  return {
    async freeze({ key, connection, verb, subject, payload }, now, first = { state: 'ready', settleAt: null }) {
      let dataKey = (await vault.existingKeys([subject])).get(subject);
      if (dataKey === undefined) {
        // To make the key that is missing would hide that what was frozen under it is erased.
        const frozen = await effects.findOne({ _id: key });
        if (frozen !== null) return opened(frozen);
        dataKey = (await vault.keysFor([subject])).get(subject);
      }
      if (dataKey === undefined) throw new Error(`the vault made no key for ${subject}`);
      const fresh: EffectDocument = {
        _id: key,
        v: 1,
        connection,
        verb,
        subject,
        payload: vault.seal(dataKey, key, payload),
        hash: contentHash(payload),
        state: first.state,
        token: first.token ?? '',
        settleAt: first.settleAt,
        externalId: null,
        attempts: first.attempts ?? 0,
        at: new Date(now),
        sentAt: first.sentAt ?? null,
        cause: null,
      };
      if (await insertOne(fresh)) return { document: fresh, payload, fresh: true };
      const document = await effects.findOne({ _id: key });
      if (document === null) throw new Error(`the effect ${key} was removed as soon as it was frozen`);
      return opened(document);
    },

    async restoredAt() {
      // Asked once: a store is brought back only while no worker uses it.
      restored ??= cursors.findOne({ _id: EPOCH }).then((epoch) => epoch?.at.getTime() ?? null);
      try {
        return await restored;
      } catch (thrown) {
        restored = null;
        throw thrown;
      }
    },

    async byVerb({ connection, verb, states, behind, limit }) {
      const at = new Date(behind?.at ?? 0);
      return effects
        .find({
          ...(connection === undefined ? {} : { connection }),
          ...(verb === undefined ? {} : { verb }),
          ...(states === undefined ? {} : { state: { $in: [...states] } }),
          ...(behind === undefined
            ? {}
            : { at: { $lte: at }, $or: [{ at: { $lt: at } }, { _id: { $lt: behind.key } }] }),
        })
        .sort({ at: -1, _id: -1 })
        .limit(limit)
        .toArray();
    },

    async payloadOf(effect) {
      try {
        return (await opened(effect)).payload;
      } catch (thrown) {
        if (thrown instanceof SyncError && thrown.code === 'erased') return null;
        throw thrown;
      }
    },

    async change(before, set) {
      const by = await changeOne({ before, set });
      return by === false ? null : { ...before, ...set, v: before.v + 1, by };
    },

    async refreeze(before, payload) {
      const set = { state: 'ready' as const, sentAt: null };
      const hash = contentHash(payload);
      if (hash === before.hash) return this.change(before, set);
      const key = (await vault.existingKeys([before.subject])).get(before.subject);
      if (key === undefined) throw erased(before);
      const by = await changeOne({ before, set: { ...set, hash, payload: vault.seal(key, before._id, payload) } });
      return by === false ? null : { ...before, ...set, hash, v: before.v + 1, by };
    },

    async get(key) {
      return effects.findOne({ _id: key });
    },

    async bySubject(subject) {
      return effects.find({ subject }).toArray();
    },

    async byState(connection, state, limit) {
      return effects.find({ connection, state }).limit(limit).toArray();
    },
  };

  async function opened(document: EffectDocument): Promise<FrozenEffect> {
    const key = (await vault.existingKeys([document.subject])).get(document.subject);
    if (key === undefined) throw erased(document);
    try {
      return { document, payload: vault.open(key, document._id, document.payload), fresh: false };
    } catch (thrown) {
      // The subject has a new key by now, of what came in after the erasure.
      throw thrown instanceof SyncError && thrown.code === 'sealed-value' ? erased(document) : thrown;
    }
  }
}

function erased({ _id, subject }: EffectDocument): SyncError {
  return new SyncError('data', `The frozen request ${_id} cannot be read: the key of ${subject} was destroyed.`, {
    code: 'erased',
    remedy: 'What was erased cannot be sent. Finish this record by hand at the remote and dismiss the job.',
  });
}
