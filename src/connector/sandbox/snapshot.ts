import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What was saved in the file, or undefined where there is none yet. @throws SyntaxError on a file that is not JSON. */
export async function readSnapshot(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
  return JSON.parse(text);
}

let writes = 0;

/** Replaces the file in one step: a reader, and a process killed here, finds the old content or the new one. */
export async function writeSnapshot(file: string, state: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // A name of its own per write, so that two saves under way at once do not write into one another.
  const beside = `${file}.${process.pid}.${++writes}.tmp`;
  await writeFile(beside, JSON.stringify(state), { mode: 0o600 });
  await rename(beside, file);
}
