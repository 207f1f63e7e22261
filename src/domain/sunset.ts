import type { ConnectionId } from './ids.ts';
import type { BusinessDate, Instant } from './time.ts';

/** The version of a remote's API that a connector speaks. */
export interface ApiInUse {
  readonly version: string;
  /** The day from which on the vendor no longer answers it as asked; null = no such day is published. */
  readonly sunset: BusinessDate | null;
}

/** The API that a connection speaks. */
export interface ConnectionApi extends ApiInUse {
  readonly connection: ConnectionId;
  readonly connector: string;
}

/** So many days ahead it is told: a quarter to plan, a quarter to test, and none to be surprised. */
const TOLD_DAYS = 180;
const DAY_MS = 86_400_000;

/** Days until the vendor removes it, by the UTC calendar: 0 on that day, negative after it; null where none is known. */
export function daysLeft({ sunset }: ApiInUse, now: Instant): number | null {
  return sunset === null ? null : Math.round((Date.parse(sunset) - Math.floor(now / DAY_MS) * DAY_MS) / DAY_MS);
}

/** What an admin is told of APIs that end within half a year or have ended, the soonest first. */
export interface SunsetNotice {
  readonly connection: ConnectionId;
  readonly message: string;
  readonly remedy: string;
}

export function sunsetNotices(apis: readonly ConnectionApi[], now: Instant): SunsetNotice[] {
  return apis
    .flatMap((api) => {
      const days = daysLeft(api, now);
      return days === null || days > TOLD_DAYS ? [] : [{ api, days }];
    })
    .sort((a, b) => a.days - b.days)
    .map(({ api: { connection, connector, version, sunset }, days }) => ({
      connection,
      message:
        days > 0
          ? `${connector} removes its API ${version} on ${sunset}, in ${days} ${days === 1 ? 'day' : 'days'}.`
          : `${connector} was to remove its API ${version} on ${sunset}: it may answer otherwise than it is understood.`,
      remedy: `Install a Crossdock that speaks a newer one${days > 0 ? ` before ${sunset}` : ' now'}.`,
    }));
}
