import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Binary } from 'bson';
import { SyncError } from '../domain/errors.ts';
import type { Clock, Random } from '../domain/ports.ts';
import type { Collections } from './collections.ts';
import { upserting } from './faults.ts';

const NONCE = 12;
const TAG = 16;
/** A window of 8 KB holds a whole order; the larger default costs twice the time for nothing. */
const DEFLATE = { level: 1, windowBits: 13, memLevel: 7, chunkSize: 4_096 };
const CACHED_KEYS = 4_000;
/** A key that another worker has destroyed is forgotten here at the latest after this. */
const CACHED_FOR = 300_000;

/** A data key in the clear. Lives in memory only. */
export interface DataKey {
  readonly subject: string;
  readonly secret: KeyObject;
  /** When retention destroys it. */
  readonly expires: Date | null;
}

/**
 * Seals what is personal under a data key per subject (an order). The data keys are wrapped by the master key and kept
 * in the store: erasing a subject is destroying its key, which edits nothing that was appended.
 * AES-256-GCM; the place (document id) is authenticated with the text, so a sealed value moved elsewhere does not open.
 */
export interface Vault {
  /** The keys of these subjects; a missing one is made, at once and once, whoever asks first, to be destroyed at `expires`. */
  keysFor(subjects: readonly string[], expires?: Date | null): Promise<ReadonlyMap<string, DataKey>>;
  /** The keys that exist. One that was erased or has expired is absent. */
  existingKeys(subjects: readonly string[]): Promise<ReadonlyMap<string, DataKey>>;
  seal(key: DataKey, place: string, text: string): Binary;
  /** @throws SyncError `data` when the sealed value does not belong to this key and place or was damaged. */
  open(key: DataKey, place: string, sealed: Binary): string;
  /** Sets when the subjects' keys are destroyed by retention. */
  expire(ends: ReadonlyMap<string, Date>): Promise<void>;
  /** @throws SyncError `config` when the store holds keys that the master key does not open. */
  prove(): Promise<void>;
  /** Destroys the key of a subject now. What it sealed cannot be read again by anyone. */
  erase(subject: string): Promise<boolean>;
}

/** @param masterKey 32 bytes from the environment or the 0600 file beside the embedded store. */
export function openVault(collections: Collections, masterKey: Uint8Array, clock: Clock, random: Random): Vault {
  const master = createSecretKey(masterKey);
  const cache = new Map<string, DataKey>();

  function remember(key: DataKey): DataKey {
    if (cache.size >= CACHED_KEYS) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(key.subject, key);
    return key;
  }

  async function read(subjects: readonly string[], found: Map<string, DataKey>): Promise<void> {
    if (subjects.length === 0) return;
    const rows = await collections.keys.find({ _id: { $in: [...subjects] } }).toArray();
    for (const row of rows) {
      const secret = createSecretKey(
        decrypt(master, `key:${row._id}`, row.wrapped, 'the master key is not the one it was written with'),
      );
      found.set(row._id, remember({ subject: row._id, secret, expires: row.expires }));
    }
  }

  let cachedSince = clock.now();

  function fromCache(subjects: readonly string[]): { found: Map<string, DataKey>; missing: string[] } {
    const found = new Map<string, DataKey>();
    const missing: string[] = [];
    if (clock.now() - cachedSince > CACHED_FOR) {
      cache.clear();
      cachedSince = clock.now();
    }
    for (const subject of subjects) {
      const cached = cache.get(subject);
      // One that is about to be destroyed is asked for: what is sealed under a destroyed key is lost.
      const ending = cached?.expires !== null && (cached?.expires.getTime() ?? 0) < clock.now() + CACHED_FOR;
      if (cached === undefined || ending) missing.push(subject);
      else found.set(subject, cached);
    }
    return { found, missing };
  }

  /** The keys made, or null when somebody else has made one of them at the same moment. */
  async function make(subjects: readonly string[], expires: Date | null): Promise<readonly DataKey[] | null> {
    const at = new Date(clock.now());
    const secrets = subjects.map((subject) => ({ subject, bytes: random.bytes(32) }));
    const operations = secrets.map(({ subject, bytes }) => ({
      updateOne: {
        filter: { _id: subject },
        update: { $setOnInsert: { wrapped: encrypt(master, `key:${subject}`, bytes, random), at, expires } },
        upsert: true,
      },
    }));
    let inserted = 0;
    await upserting(
      collections.keys.bulkWrite(operations, { ordered: false }).then((result) => {
        inserted = result.upsertedCount;
      }),
    );
    if (inserted < subjects.length) return null;
    return secrets.map(({ subject, bytes }) => ({ subject, secret: createSecretKey(bytes), expires }));
  }

  return {
    async keysFor(subjects, expires = null) {
      const { found, missing } = fromCache(subjects);
      await read(missing, found);
      const absent = missing.filter((subject) => !found.has(subject));
      if (absent.length === 0) return found;
      const made = await make(absent, expires);
      // Another worker may have made one first: what stands in the store is the key, never what we meant to write.
      if (made === null) await read(absent, found);
      else for (const key of made) found.set(key.subject, remember(key));
      return found;
    },

    async existingKeys(subjects) {
      const { found, missing } = fromCache(subjects);
      await read(missing, found);
      return found;
    },

    seal(key, place, text) {
      return encrypt(key.secret, place, deflateRawSync(text, DEFLATE), random);
    },

    open(key, place, sealed) {
      return inflateRawSync(
        decrypt(key.secret, place, sealed, 'it was moved, damaged or sealed under another key'),
      ).toString();
    },

    async expire(ends) {
      if (ends.size === 0) return;
      for (const subject of ends.keys()) cache.delete(subject);
      await collections.keys.bulkWrite(
        [...ends].map(([subject, expires]) => ({
          updateOne: { filter: { _id: subject }, update: { $set: { expires } } },
        })),
        { ordered: false },
      );
    },

    async prove() {
      const row = await collections.keys.findOne({});
      if (row === null) return;
      try {
        decrypt(master, `key:${row._id}`, row.wrapped, '');
      } catch (cause) {
        throw new SyncError('config', 'The master key is not the one that this store was made with.', {
          code: 'master-key',
          remedy:
            'Put back the one that was kept apart, as `vault.masterKey` or as <store.file>.key. Nothing personal in the store can be read without it, and what another key seals cannot be read with it.',
          cause,
        });
      }
    },

    async erase(subject) {
      cache.delete(subject);
      const result = await collections.keys.deleteOne({ _id: subject });
      return result.deletedCount === 1;
    },
  };
}

function encrypt(secret: KeyObject, place: string, clear: Uint8Array, random: Random): Binary {
  const nonce = random.bytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  cipher.setAAD(Buffer.from(place));
  return new Binary(Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]));
}

function decrypt(secret: KeyObject, place: string, sealed: Binary, why: string): Buffer {
  const bytes = sealed.value();
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, bytes.length - TAG)), decipher.final()]);
  } catch (cause) {
    throw new SyncError('data', `A sealed value at ${place} does not open: ${why}.`, {
      code: 'sealed-value',
      remedy: 'Check CROSSDOCK_MASTER_KEY (or the key file beside the store) against the one this store was made with.',
      cause,
    });
  }
}
