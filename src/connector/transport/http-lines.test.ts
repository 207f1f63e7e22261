import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { bare, closeAll, failure, get, http, remote } from './loopback.ts';

afterEach(closeAll);

describe('lines', () => {
  async function all(lines: AsyncIterable<string>): Promise<string[]> {
    const found: string[] = [];
    for await (const line of lines) found.push(line);
    return found;
  }

  it('come whole, whatever pieces they were sent in', async () => {
    const bytes = Buffer.from('{"a":"ü"}\r\n\n{"b":"€"}\nlast');
    const url = await bare(async (_, outgoing) => {
      for (const byte of bytes) {
        outgoing.write(Buffer.of(byte));
        await wait(0);
      }
      outgoing.end();
    });
    expect(await all(http().lines(get(url)))).toEqual(['{"a":"ü"}', '', '{"b":"€"}', 'last']);
  });

  it('of a file far larger than the limit are read without holding it', async () => {
    const line = `${'x'.repeat(999)}\n`;
    const url = await bare((_, outgoing) => {
      let left = 50_000;
      const more = (): void => {
        while (left-- > 0) if (!outgoing.write(line)) return void outgoing.once('drain', more);
        outgoing.end();
      };
      more();
    });
    let count = 0;
    for await (const one of http({ timeoutMs: 5_000 }).lines(get(url))) count += one.length === 999 ? 1 : 0;
    expect(count).toBe(50_000);
  });

  it('are cut off by a limit on one line, a stall, a cut or a bad status', async () => {
    const url = await bare((incoming, outgoing) => {
      if (incoming.url === '/long') return void outgoing.end('y'.repeat(100_001));
      if (incoming.url === '/401') return void outgoing.writeHead(401).end();
      outgoing.write('one\n', () => incoming.url === '/cut' && outgoing.destroy());
    });
    const codes: string[] = [];
    for (const path of ['/long', '/401', '/cut', '/stall'])
      codes.push((await failure(all(http().lines(get(url + path))))).code);
    expect(codes).toEqual(['answer-too-large', 'unauthorized', 'cut', 'timed-out']);
  });

  it('wait for a caller that works longer than the time-out', async () => {
    const standIn = await remote(() => ({ body: 'a\nb\nc' }));
    const found: string[] = [];
    for await (const line of http({ timeoutMs: 60 }).lines(get(standIn.url))) {
      await wait(100);
      found.push(line);
    }
    expect(found).toEqual(['a', 'b', 'c']);
  });

  it('let go of the connection when the caller stops early', async () => {
    let closed = (): void => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const url = await bare((_, outgoing) => {
      outgoing.on('close', closed);
      outgoing.write('one\ntwo\n');
    });
    for await (const line of http().lines(get(url))) {
      expect(line).toBe('one');
      break;
    }
    await gone;
  });
});
