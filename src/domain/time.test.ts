import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { addDays, businessDate, dayWindow, formatInstant, parseInstant } from './time.ts';

const HOUR = 3_600_000;
const at = (text: string): number => parseInstant(text, 'test');

describe('businessDate', () => {
  it.each([
    ['2026-03-31T21:59:59.999Z', 'Europe/Berlin', '2026-03-31'],
    ['2026-03-31T22:00:00Z', 'Europe/Berlin', '2026-04-01'],
    ['2026-12-31T23:00:00Z', 'Europe/Berlin', '2027-01-01'],
    ['2026-01-01T04:59:59Z', 'America/New_York', '2025-12-31'],
    ['2028-02-29T12:00:00Z', 'Asia/Tokyo', '2028-02-29'],
    ['2028-02-28T15:00:00Z', 'Asia/Tokyo', '2028-02-29'],
    ['2026-06-30T23:59:59Z', 'UTC', '2026-06-30'],
    ['2026-06-30T18:15:00Z', 'Asia/Kathmandu', '2026-07-01'],
  ])('is at %s in %s the %s', (instant, zone, date) => {
    expect(businessDate(at(instant), zone)).toBe(date);
  });

  it('refuses a zone that does not exist as a fault of configuration', () => {
    expect(() => businessDate(0, 'Europe/Atlantis')).toThrow(
      expect.objectContaining({ fault: 'config', code: 'unknown-zone' }),
    );
  });

  it('refuses an instant that is none', () => {
    for (const instant of [NaN, 0.5, 9e15]) {
      expect(() => businessDate(instant, 'UTC')).toThrow(expect.objectContaining({ code: 'instant-not-exact' }));
    }
  });
});

describe('dayWindow', () => {
  it.each([
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 23],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', 25],
    ['2026-03-08', 'America/New_York', '2026-03-08T05:00:00.000Z', 23],
    ['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z', 25],
    ['2026-04-30', 'Europe/Berlin', '2026-04-29T22:00:00.000Z', 24],
    ['2026-04-05', 'Australia/Lord_Howe', '2026-04-04T13:00:00.000Z', 24.5],
    // Midnight happens twice.
    ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z', 25],
    // Midnight does not happen: the day starts at one.
    ['2026-03-08', 'America/Havana', '2026-03-08T05:00:00.000Z', 23],
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', 23],
    // The day that Samoa left out.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', 0],
  ])('%s in %s starts at %s and lasts %f hours', (date, zone, from, hours) => {
    const window = dayWindow(date, zone);
    expect(formatInstant(window.from)).toBe(from);
    expect((window.to - window.from) / HOUR).toBe(hours);
  });

  it('holds exactly the instants whose business date it is, and days follow without a gap', () => {
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'America/Havana',
      'Asia/Beirut',
      'Africa/Cairo',
      'Asia/Kolkata',
      'Pacific/Auckland',
      'America/Santiago',
    );
    const day = fc.integer({ min: 0, max: 12_000 });
    fc.assert(
      fc.property(zone, day, (name, days) => {
        const date = addDays('2012-01-01', days);
        const { from, to } = dayWindow(date, name);
        expect(businessDate(from, name)).toBe(date);
        expect(businessDate(to - 1, name)).toBe(date);
        expect(businessDate(from - 1, name)).toBe(addDays(date, -1));
        expect(businessDate(to, name)).toBe(addDays(date, 1));
        expect(dayWindow(addDays(date, 1), name).from).toBe(to);
      }),
    );
  });

  it.each(['2026-02-29', '2026-13-01', '2026-00-10', '2026-4-1', '29.03.2026', ''])('refuses %j as a date', (date) => {
    expect(() => dayWindow(date, 'UTC')).toThrow(expect.objectContaining({ fault: 'data', code: 'date-malformed' }));
  });
});

describe('parseInstant', () => {
  it.each([
    ['2026-03-29T01:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29T01:00:00+02:00', '2026-03-28T23:00:00.000Z'],
    ['2026-03-29T01:00:00-0430', '2026-03-29T05:30:00.000Z'],
    ['2026-03-29T01:00:00+02', '2026-03-28T23:00:00.000Z'],
    ['2026-03-29T01:00Z', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29T01:00:00.1239999Z', '2026-03-29T01:00:00.123Z'],
    ['2026-03-29T01:00:00.5Z', '2026-03-29T01:00:00.500Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(formatInstant(at(text))).toBe(expected);
  });

  it.each([
    '2026-03-29T01:00:00',
    '2026-03-29',
    '2026-02-30T00:00:00Z',
    '2026-03-29T24:00:00Z',
    '2026-03-29T01:60:00Z',
    '2026-03-29T01:00:60Z',
    '2026-03-29T01:00:00+24:00',
    '29/03/2026 01:00',
    '1790000000',
    '',
  ])('refuses %j, which is no instant or has no zone', (text) => {
    expect(() => parseInstant(text, 'createdAt')).toThrow(
      expect.objectContaining({ fault: 'data', code: 'instant-malformed', field: 'createdAt' }),
    );
  });

  it('reads what luxon writes, in any zone', () => {
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), zone, (instant, name) => {
        expect(parseInstant(DateTime.fromMillis(instant, { zone: name }).toISO() ?? '', 'test')).toBe(instant);
        expect(parseInstant(formatInstant(instant), 'test')).toBe(instant);
      }),
    );
  });
});

describe('addDays', () => {
  it.each([
    ['2026-01-31', 1, '2026-02-01'],
    ['2028-02-28', 1, '2028-02-29'],
    ['2026-03-01', -1, '2026-02-28'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-03-28', 2, '2026-03-30'],
    ['2026-06-15', 0, '2026-06-15'],
  ])('%s and %i days is %s', (date, days, expected) => {
    expect(addDays(date, days)).toBe(expected);
  });
});
