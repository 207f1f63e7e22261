import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyBackup } from '../../src/store/embedded/index.ts';
import { findingsIn, killedAfter } from './kill.ts';

describe('a store whose process is killed under write load', () => {
  const dir = mkdtempSync(join(tmpdir(), 'crossdock-kill-'));
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('fifty times holds every acknowledged write and no half one', async () => {
    const file = join(dir, 'store.db');
    const acknowledged = { inserts: new Set<string>(), counters: new Map<string, number>() };
    for (let run = 0; run < 50; run++) {
      await killedAfter(file, run, 5 + ((run * 37) % 150), acknowledged);
      if (run % 10 !== 9) continue;
      const { lost, half } = findingsIn(file, acknowledged, () => 'later');
      expect({ run, lost, half }).toEqual({ run, lost: [], half: [] });
    }
    verifyBackup(file);
    console.log(
      `50 kills, ${acknowledged.inserts.size} acknowledged inserts, ${acknowledged.counters.size} counters, none lost`,
    );
    expect(acknowledged.inserts.size).toBeGreaterThan(100);
  }, 600_000);
});
