import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyBackup } from '../../src/store/embedded/index.ts';
import type { Writing } from './kill.ts';
import { findingsIn, startWriting } from './kill.ts';

describe('three processes that write to one store', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crossdock-takeover-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('go on when the one that serves is killed, again and again, and lose nothing', async () => {
    const file = join(dir, 'store.db');
    const acknowledged = { inserts: new Set<string>(), counters: new Map<string, number>() };
    let run = 0;
    const workers: Writing[] = [];
    for (let i = 0; i < 3; i++) workers.push(await startWriting(file, run++, acknowledged));
    const pauses: number[] = [];
    for (let kill = 0; kill < 8; kill++) {
      const at = workers.findIndex((worker) => worker.serves());
      await workers.splice(Math.max(at, 0), 1)[0]?.kill();
      const killedAt = performance.now();
      const before = acknowledged.inserts.size;
      while (acknowledged.inserts.size < before + 20) await new Promise((resolve) => setTimeout(resolve, 10));
      pauses.push(Math.round(performance.now() - killedAt));
      workers.push(await startWriting(file, run++, acknowledged));
    }
    for (const worker of workers) await worker.kill();
    const { lost, half } = findingsIn(file, acknowledged, () => 'ok');
    verifyBackup(file);
    console.log(
      `8 takeovers, ${acknowledged.inserts.size} acknowledged inserts, ms until 20 more were written: ${pauses.join(', ')}`,
    );
    expect({ lost, half }).toEqual({ lost: [], half: [] });
    expect(Math.max(...pauses)).toBeLessThan(5000);
  }, 120_000);
});
