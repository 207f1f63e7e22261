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
}

/**
 * Seals what is personal under a data key per subject (an order). The data keys are wrapped by the master key and kept
 * in the store: erasing a subject is destroying its key, which edits nothing that was appended.
 * AES-256-GCM; the place (document id) is authenticated with the text, so a sealed value moved elsewhere does not open.
 */
export interface Vault {
  /** The keys of these subjects; a missing one is made, at once and once, whoever asks first. */
  keysFor(subjects: readonly string[]): Promise<ReadonlyMap<string, DataKey>>;
  /** The keys that exist. One that was erased or has expired is absent. */
  existingKeys(subjects: readonly string[]): Promise<ReadonlyMap<string, DataKey>>;
  seal(key: DataKey, place: string, text: string): Binary;
  /** @throws SyncError `data` when the sealed value does not belong to this key and place or was damaged. */
  open(key: DataKey, place: string, sealed: Binary): string;
  /** Sets when the subjects' keys are destroyed by retention. */
  expire(ends: ReadonlyMap<string, Date>): Promise<void>;
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
      const secret = createSecretKey(decrypt(master, `key:${row._id}`, row.wrapped, 'the master key is not the one it was written with'));
      found.set(row._id, remember({ subject: row._id, secret }));
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
      if (cached === undefined) missing.push(subject);
      else found.set(subject, cached);
    }
    return { found, missing };
  }

  return {
    async keysFor(subjects) {
      const { found, missing } = fromCache(subjects);
      await read(missing, found);
      const absent = missing.filter((subject) => !found.has(subject));
      if (absent.length === 0) return found;
      const at = new Date(clock.now());
      await upserting(collections.keys.bulkWrite(
        absent.map((subject) => ({
          updateOne: {
            filter: { _id: subject },
            update: {
              $setOnInsert: {
                wrapped: encrypt(master, `key:${subject}`, random.bytes(32), random),
                at,
                expires: null,
              },
            },
            upsert: true,
          },
        })),
        { ordered: false },
      ));
      // Another worker may have made one first: what stands in the store is the key, never what we meant to write.
      await read(absent, found);
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
      return inflateRawSync(decrypt(key.secret, place, sealed, 'it was moved, damaged or sealed under another key')).toString();
    },

    async expire(ends) {
      if (ends.size === 0) return;
      await collections.keys.bulkWrite(
        [...ends].map(([subject, expires]) => ({ updateOne: { filter: { _id: subject }, update: { $set: { expires } } } })),
        { ordered: false },
      );
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
