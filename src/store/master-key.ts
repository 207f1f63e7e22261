import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SyncError } from '../domain/errors.ts';
import type { Random } from '../domain/ports.ts';

const LENGTH = 32;

/**
 * The 32 bytes that wrap every data key: from the environment (base64), or from a file that only its owner can read,
 * made at the first start beside the embedded store.
 *
 * @throws SyncError `config` when the key has the wrong length or the file can be read by others.
 */
export function readMasterKey(source: { base64?: string | undefined; file: string }, random: Random): Uint8Array {
  if (source.base64 !== undefined) return checked(Buffer.from(source.base64, 'base64'), 'CROSSDOCK_MASTER_KEY');
  try {
    return fromFile(source.file);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
  mkdirSync(dirname(source.file), { recursive: true, mode: 0o700 });
  const draft = `${source.file}.${process.pid}`;
  const file = openSync(draft, 'wx', 0o600);
  writeSync(file, Buffer.from(random.bytes(LENGTH)).toString('base64'));
  fsyncSync(file);
  closeSync(file);
  try {
    // A link is refused when the name exists: of two processes that start together, one key wins and both read it.
    linkSync(draft, source.file);
  } catch (thrown) {
    if (!(typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
  return fromFile(source.file);
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

function isMissing(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
}
