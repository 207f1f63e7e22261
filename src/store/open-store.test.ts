import { expect, it } from '@jest/globals';
import { systemClock } from '../system/clock.ts';
import { openTestStore } from './test-store.ts';

const HOUR = 3_600_000;

it('the server’s time is right also where this machine stood still for an hour while it asked for it', async () => {
  let asked = 0;
  // Behind by an hour at the first look, as a clock is that goes on by an hour before the second.
  const clock = { now: () => Date.now() - ((asked += 1) === 1 ? HOUR : 0), sleep: systemClock.sleep };
  const opened = await openTestStore({ clock });
  expect(Math.abs(opened.store.clock.now() - Date.now())).toBeLessThan(2_000);
  await opened.close();
});
