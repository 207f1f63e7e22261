import { expect, it, jest } from '@jest/globals';
import { deserialize } from 'bson';
import { Engine } from '../../src/store/embedded/index.ts';
import { prepareOn } from './prepared.ts';
import { runSeed } from './run.ts';

jest.setTimeout(120_000);

it('answers every command of whole runs as the embedded store does on its SQLite file', async () => {
  let commands = 0;
  for (const seed of [2, 8, 10, 16]) {
    let at = 0;
    const engine = new Engine({ file: ':memory:', now: () => at });
    await prepareOn((command) => engine.runDocument('crossdock', command));
    await runSeed(seed, {
      onCommand(bytes, reply, now) {
        at = now;
        const other = engine.run(bytes, new Map(), () => undefined, 'crossdock');
        engine.commit();
        commands += 1;
        if (other === null || Buffer.compare(other, reply) !== 0)
          expect(deserialize(reply)).toEqual(other === null ? null : deserialize(other));
      },
    });
    engine.close();
  }
  expect(commands).toBeGreaterThan(1_000);
});
