import type { Clock } from '../domain/ports.ts';
import { systemClock } from '../system/clock.ts';

/** A clock on which time goes by `times` as fast. */
export function fastClock(times: number): Clock {
  const start = systemClock.now();
  return {
    now: () => start + Math.floor((systemClock.now() - start) * times),
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}

/** The clock of a worker that can stall: until it goes on, nothing that waits is woken. One that never goes on was killed. */
export function stallingClock(): Clock & { stall(): void; goOn(): void } {
  let goOn = (): void => undefined;
  let stalled: Promise<void> | null = null;
  return {
    now: systemClock.now,
    async sleep(ms, signal) {
      await systemClock.sleep(ms, signal);
      if (stalled !== null) await stalled;
    },
    stall() {
      stalled = new Promise((resolve) => {
        goOn = resolve;
      });
    },
    goOn() {
      stalled = null;
      goOn();
    },
  };
}
