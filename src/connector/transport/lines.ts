import { StringDecoder } from 'node:string_decoder';
import type { SyncError } from '../../domain/errors.ts';

/**
 * UTF-8 bytes as lines, without their `\n` or `\r\n`; an empty last one is left out. Holds one line at a time.
 * @throws what `tooLong` makes, when a line is longer than `maxBytes` bytes (counted as UTF-16 units at least).
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: (limit: number) => SyncError,
): AsyncIterable<string> {
  const decoder = new StringDecoder('utf8');
  // The parts of an unfinished line are joined once, so a line in a thousand pieces does not cost a thousand copies.
  let parts: string[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const text = decoder.write(chunk);
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      parts.push(text.slice(from, at));
      held += at - from;
      if (held > maxBytes) throw tooLong(maxBytes);
      yield trimmed(parts.join(''));
      parts = [];
      held = 0;
      from = at + 1;
    }
    if (from < text.length) parts.push(text.slice(from));
    held += text.length - from;
    if (held > maxBytes) throw tooLong(maxBytes);
  }
  parts.push(decoder.end());
  const last = parts.join('');
  if (last !== '') yield trimmed(last);
}

function trimmed(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
