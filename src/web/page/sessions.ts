import type { Random } from '../../domain/ports.ts';
import type { Instant } from '../../domain/time.ts';

/** So long a browser stays logged in. */
export const SESSION_MS = 12 * 3_600_000;
/** Beyond so many the oldest ends. */
const MOST = 1_000;

/** Who is logged in at the page, in the memory of this process: a restart ends every session. */
export interface Sessions {
  /** Begins a session of the token of this name. Returns its id, which nobody can guess. */
  begin(name: string, now: Instant): string;
  /** Whose session that is; null = it is over, or never was. */
  nameOf(id: string, now: Instant): string | null;
  end(id: string): void;
}

export function openSessions(random: Random): Sessions {
  const sessions = new Map<string, { readonly name: string; readonly until: Instant }>();
  return {
    begin(name, now) {
      for (const [id, { until }] of sessions) if (until <= now || sessions.size >= MOST) sessions.delete(id);
      const id = Buffer.from(random.bytes(24)).toString('base64url');
      sessions.set(id, { name, until: now + SESSION_MS });
      return id;
    },
    nameOf(id, now) {
      const session = sessions.get(id);
      return session === undefined || session.until <= now ? null : session.name;
    },
    end: (id) => {
      sessions.delete(id);
    },
  };
}
