import { IANAZone } from 'luxon';
import { SyncError } from './errors.ts';

/** A UTC instant in epoch milliseconds. */
export type Instant = number;
/** A calendar day `YYYY-MM-DD` in the time zone of a connection, made once, by which finance posts. */
export type BusinessDate = string;
/** A half-open span of UTC instants: `from` is in it, `to` is not. */
export interface TimeWindow {
  readonly from: Instant;
  readonly to: Instant;
}

const DAY = 86_400_000;
const MINUTE = 60_000;

/**
 * The calendar day that a clock on the wall of `zone` (an IANA name) shows at this instant.
 * @throws SyncError `config` for an unknown zone, `bug` for an instant that is none.
 */
export function businessDate(instant: Instant, zone: string): BusinessDate {
  const offset = offsetAt(zoneNamed(zone), wholeMs(instant));
  return dateText(instant + offset);
}

/**
 * From the first instant of a day in `zone` to the first of the next: 23 or 25 hours long where the clocks change,
 * empty for a day that the zone left out (30 December 2011 in Samoa). Of a midnight that happens twice the first
 * counts; one that does not happen gives way to the instant at which the clocks jump over it.
 * @throws SyncError `config` for an unknown zone, `data` for a date that is none.
 */
export function dayWindow(date: BusinessDate, zone: string): TimeWindow {
  const named = zoneNamed(zone);
  const midnight = utcMidnight(date);
  return { from: startOfDay(midnight, named), to: startOfDay(midnight + DAY, named) };
}

/** The date `days` calendar days later, or earlier for a negative number. @throws SyncError `data` for a date that is none. */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return dateText(utcMidnight(date) + wholeMs(days) * DAY);
}

/**
 * ISO 8601 date and time with its zone (`Z`, `+02:00`, `+0200`, `+02`) as an instant; digits past the millisecond are
 * cut off. Text without a zone is refused: it is a different instant in every place. `field` names it in the error.
 * @throws SyncError `data`, code `instant-malformed`.
 */
export function parseInstant(text: string, field: string): Instant {
  const parts = ISO.exec(text);
  if (parts === null) throw noInstant(text, field);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '0', fraction = ''] = parts;
  const [sign, offsetHours = '0', offsetMinutes = '0'] = parts.slice(8);
  const midnight = utcDay(Number(year), Number(month), Number(day));
  if (midnight === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    throw noInstant(text, field);
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) throw noInstant(text, field);
  const ofDay =
    (Number(hour) * 60 + Number(minute)) * MINUTE + Number(second) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * MINUTE;
  return midnight + ofDay - (sign === '-' ? -offset : offset);
}

/** An instant as ISO 8601 in UTC to the millisecond: `2026-03-29T01:00:00.000Z`. @throws SyncError `bug` for an instant that is none. */
export function formatInstant(instant: Instant): string {
  return new Date(wholeMs(instant)).toISOString();
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d)?)$/;
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

const zones = new Map<string, IANAZone>();

function zoneNamed(name: string): IANAZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (!IANAZone.isValidZone(name)) {
    throw new SyncError('config', `"${name}" is not a time zone`, {
      code: 'unknown-zone',
      remedy: 'Use a name of the IANA time zone database, for example Europe/Berlin.',
    });
  }
  const zone = IANAZone.create(name);
  zones.set(name, zone);
  return zone;
}

/** Local time − UTC in milliseconds. */
function offsetAt(zone: IANAZone, instant: Instant): number {
  // Most connections keep their books by it, and it needs no table to be looked at.
  if (zone.name === 'UTC') return 0;
  // Zones of before 1900 are off by seconds, which luxon gives as a fraction of a minute.
  return Math.round(zone.offset(instant) * MINUTE);
}

/** The first instant of the local day whose midnight would be `midnight` if the zone were UTC. */
function startOfDay(midnight: Instant, zone: IANAZone): Instant {
  const before = offsetAt(zone, midnight - DAY);
  const after = offsetAt(zone, midnight + DAY);
  if (before === after) return midnight - before;
  // A change of clocks is near. Midnight by either offset is real only where that offset is in force.
  const real = [midnight - before, midnight - after].filter((start) => start + offsetAt(zone, start) === midnight);
  if (real.length > 0) return Math.min(...real);
  // The clocks jumped over midnight: the day starts with the jump.
  let low = midnight - DAY;
  let high = midnight + DAY;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function utcMidnight(date: BusinessDate): Instant {
  const parts = ISO_DATE.exec(date);
  const midnight = parts === null ? null : utcDay(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  if (midnight !== null) return midnight;
  throw new SyncError('data', `"${date.slice(0, 40)}" is not a date`, {
    code: 'date-malformed',
    remedy: 'Write the date as year, month and day, for example 2026-03-29.',
  });
}

/** UTC midnight of a day, null for one that no calendar has (30 February). */
function utcDay(year: number, month: number, day: number): Instant | null {
  // Date.UTC takes years below 100 for 19xx, and rolls 30 February over into March.
  if (year < 100 || month < 1 || month > 12 || day < 1) return null;
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  return Date.UTC(year, month - 1, day);
}

function dateText(utc: Instant): BusinessDate {
  return formatInstant(utc).slice(0, 10);
}

function wholeMs(instant: number): number {
  // ±8.64e15 ms is all that ECMAScript can write as a date.
  if (Number.isSafeInteger(instant) && Math.abs(instant) <= 8.64e15) return instant;
  throw new SyncError('bug', `${instant} is not an instant in whole milliseconds`, {
    code: 'instant-not-exact',
    remedy: 'This is a fault in Crossdock. Report it with the record at hand.',
  });
}

function noInstant(text: string, field: string): SyncError {
  return new SyncError(
    'data',
    `"${text.slice(0, 40)}" in ${field} is not an instant: expected ISO 8601 with a zone, such as 2026-03-29T01:00:00Z`,
    {
      code: 'instant-malformed',
      field,
      remedy: 'Look at the record in the channel. If its time has no zone, map the field to one that has, then replay.',
    },
  );
}
