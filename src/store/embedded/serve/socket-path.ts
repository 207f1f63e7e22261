/** Where the store listens: a socket in a directory that only its user can enter. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { EmbeddedStoreError, reasonOf } from '../failure.ts';

/** A Unix socket's path holds 108 bytes with its NUL on Linux, 104 on macOS. */
const MAX_PATH = 100;

/** The same file by whichever path it was named. @throws EmbeddedStoreError when its directory does not exist. */
export function realFile(file: string): string {
  const absolute = resolve(file);
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch (error) {
    throw new EmbeddedStoreError(
      `The store file ${file} cannot be opened: the directory ${dirname(absolute)} does not exist. Create it, or choose another file.`,
      error,
    );
  }
}

/**
 * Makes the socket's directory (mode 0700) and gives the socket's path: beside the file, or, where that is too long
 * for a socket, in the temporary directory under a name derived from the file. Drivers need the name to end in `.sock`.
 * @throws EmbeddedStoreError when the directory cannot be made or belongs to somebody else.
 */
export function socketPathFor(file: string): string {
  const beside = join(`${file}.run`, 'mongo.sock');
  if (Buffer.byteLength(beside) <= MAX_PATH) return privately(beside);
  const name = createHash('sha256').update(file).digest('hex').slice(0, 16);
  return privately(join(tmpdir(), `crossdock-${userInfo().uid}-${name}`, 'mongo.sock'));
}

/** Checks a socket path that was asked for, and makes its directory. @throws EmbeddedStoreError when it is too long. */
export function givenSocketPath(socket: string): string {
  const path = resolve(socket);
  if (Buffer.byteLength(path) > 107)
    throw new EmbeddedStoreError(`The socket path ${path} is longer than 107 bytes. Choose a shorter one.`);
  if (!path.endsWith('.sock'))
    throw new EmbeddedStoreError(`The socket path ${path} must end in .sock, else drivers take it for a host name.`);
  return privately(path);
}

function privately(path: string): string {
  const dir = dirname(path);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (!(typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST'))
      throw new EmbeddedStoreError(
        `The socket's directory ${dir} cannot be made (${reasonOf(error)}). Check the permissions of its parent.`,
        error,
      );
  }
  const stat = lstatSync(dir);
  if (!stat.isDirectory() || stat.uid !== userInfo().uid || (stat.mode & 0o077) !== 0)
    throw new EmbeddedStoreError(
      `The socket's directory ${dir} must be a directory of this user with mode 0700. Mend its owner and mode, or choose another socket.`,
    );
  return path;
}
