import { userInfo } from 'node:os';
import type { App } from '../app.ts';
import { asSyncError } from '../domain/errors.ts';
import type { Clock, LogFields } from '../domain/ports.ts';
import type { Store } from '../store/open-store.ts';

/** Who did or looked at what is kept for two years. */
const AUDIT_MS = 2 * 365 * 86_400_000;

export type Audit = (message: string, fields: LogFields) => Promise<void>;

/** Keeps who did or looked at what, before it is done or shown. @throws when it could not be kept */
export function openAudit(store: Store, clock: Clock): Audit {
  let audited = 0;
  return async (message, fields) => {
    audited += 1;
    await store.log.audit({ at: clock.now(), n: audited, level: 'info', message, fields }, AUDIT_MS);
  };
}

/** The same of one command: whoever has the account of the machine that it runs under did it. */
export function commandAudit({ store, flow }: Pick<App, 'store' | 'flow'>): Audit {
  const keep = openAudit(store, flow.clock);
  return (message, fields) => keep(message, { caller: `command line, ${account()}`, ...fields });
}

/**
 * Does what is kept as asked for before it is begun, and keeps that it was refused where it was. @throws what `work` throws
 */
export async function audited<T>(
  app: Pick<App, 'store' | 'flow'>,
  message: string,
  fields: LogFields,
  work: () => Promise<T>,
): Promise<T> {
  const audit = commandAudit(app);
  await audit(message, fields);
  try {
    return await work();
  } catch (thrown) {
    await audit('That was not done.', { ...fields, reason: asSyncError(thrown).code });
    throw thrown;
  }
}

/** The name of the account; its number where the machine has no name for it, as in many containers. */
function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `account ${process.getuid?.() ?? 'unknown'}`;
  }
}
