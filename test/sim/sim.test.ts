import { describe, expect, it, jest } from '@jest/globals';
import { findPlanted } from './find-planted.ts';
import { minimised } from './minimise.ts';
import { PLANTED } from './planted.ts';
import { runSeed } from './run.ts';
import { tellStory } from './story.ts';

// A busy machine is slow, and no rule here is about speed.
jest.setTimeout(60_000);

describe('the simulator', () => {
  it('finds nothing broken in the first seeds, and each leaves the same trace when it is run again', async () => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const first = await runSeed(seed);
      expect({ seed, violations: first.violations }).toEqual({ seed, violations: [] });
      const second = await runSeed(seed);
      expect({ seed, trace: second.trace }).toEqual({ seed, trace: first.trace });
    }
  });

  it('lets much go wrong: workers are killed, and the business goes on all the same', async () => {
    let crashes = 0;
    let shipped = 0;
    let documents = 0;
    for (let seed = 10; seed < 18; seed += 1) {
      const { seen } = await runSeed(seed);
      crashes += seen.crashes;
      shipped += seen.parcels;
      documents += seen.documents;
    }
    expect(crashes).toBeGreaterThan(2);
    expect(shipped).toBeGreaterThan(5);
    expect(documents).toBeGreaterThan(4);
  });

  it('finds a planted mistake, and tells with how little it is broken and what became of the order', async () => {
    const plant = PLANTED['what is released is put back twice'];
    if (plant === undefined) throw new Error('the mistake is not there any more');
    const { seed } = await findPlanted(plant, 100);
    if (seed === null) throw new Error('it was not found');
    const failing = await runSeed(seed, { plant });
    const least = await minimised(failing, plant);
    expect(least.violations.join('\n')).toMatch(/I[35]: /);
    expect(least.faults.length).toBeLessThanOrEqual(failing.faults.length);
    expect(tellStory(least)[0]).toBe(`seed ${seed} breaks:`);
  });
});
