import type { Io } from '../../src/connector/io.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Journals } from './journals.ts';

/** NetSuite refuses a signature whose timestamp is further off than this. */
const TOLERATED_MS = 300_000;

/** Proves address, credentials and permission by one cheap call, and that our clock is near NetSuite's. */
export async function check(journals: Journals, io: Io, signal?: AbortSignal): Promise<void> {
  const theirs = await journals.greet(signal);
  if (theirs === null || Math.abs(theirs - io.clock.now()) <= TOLERATED_MS) return;
  throw new SyncError('config', 'The clock of this machine is more than five minutes off NetSuite’s', {
    code: 'clock-off',
    remedy: 'Set the clock of this machine by a time server: signatures are refused when their time is off.',
  });
}
