import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { asSyncError, SyncError } from '../domain/errors.ts';
import type { Random } from '../domain/ports.ts';
import type { Vault } from './vault.ts';

const LENGTH = 32;

/**
 * The 32 bytes that wrap every data key: from the environment (base64), or from a file that only its owner can read,
 * made at the first start beside the embedded store.
 *
 * @throws SyncError `config` when the key has the wrong length, or its file can be read by others or not be used.
 */
export function readMasterKey(source: { base64?: string | undefined; file: string }, random: Random): Uint8Array {
  if (source.base64 !== undefined) return checked(Buffer.from(source.base64, 'base64'), 'CROSSDOCK_MASTER_KEY');
  try {
    return fromFile(source.file);
  } catch (thrown) {
    if (thrown instanceof SyncError) throw thrown;
    if (!isMissing(thrown)) throw unusable(source.file, thrown);
  }
  try {
    make(source.file, random);
  } catch (thrown) {
    throw unusable(source.file, thrown);
  }
  return fromFile(source.file);
}

/**
 * Sees to it that the store was made with this master key.
 *
 * @param made the key file and what was written into it, where it was made just now
 * @throws SyncError `config` where the store holds what another key sealed; the file that was made is gone then
 */
export async function proveKey(
  vault: Pick<Vault, 'prove'>,
  made: { readonly file: string; readonly key: Uint8Array } | null,
): Promise<void> {
  try {
    await vault.prove();
  } catch (thrown) {
    if (made === null || asSyncError(thrown).code !== 'master-key') throw thrown;
    // Somebody may have put the right one there meanwhile.
    if (holds(made.file, made.key)) rmSync(made.file);
    throw new SyncError(
      'config',
      `The master key file ${made.file} is not there, and the store holds what it sealed.`,
      {
        code: 'master-key',
        remedy: 'Put it back from where it was kept apart. A new key would open nothing of the store, so none is made.',
        cause: thrown,
      },
    );
  }
}

function holds(path: string, key: Uint8Array): boolean {
  try {
    return Buffer.compare(fromFile(path), key) === 0;
  } catch {
    return false;
  }
}

function make(path: string, random: Random): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // A name of its own at each start: in a container the process id is the same after a kill in the middle of this.
  const draft = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  writeSync(file, Buffer.from(random.bytes(LENGTH)).toString('base64'));
  fsyncSync(file);
  closeSync(file);
  try {
    // A link is refused when the name exists: of two processes that start together, one key wins and both read it.
    linkSync(draft, path);
  } catch (thrown) {
    if (!(typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
}

function fromFile(path: string): Uint8Array {
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new SyncError('config', `The master key file ${path} can be read by other users.`, {
      code: 'master-key',
      remedy: `Run: chmod 600 ${path}`,
    });
  }
  return checked(Buffer.from(readFileSync(path, 'utf8').trim(), 'base64'), path);
}

function checked(key: Buffer, where: string): Uint8Array {
  if (key.length !== LENGTH) {
    throw new SyncError('config', `The master key in ${where} has ${key.length} bytes, not ${LENGTH}.`, {
      code: 'master-key',
      remedy: 'Make one with: openssl rand -base64 32',
    });
  }
  return key;
}

function unusable(path: string, cause: unknown): SyncError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SyncError('config', `The master key file ${path} cannot be used: ${why}.`, {
    code: 'master-key',
    remedy:
      'Check that the folder of the store exists and that this user may read and write in it, or name another store file.',
    cause,
  });
}

function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
}
