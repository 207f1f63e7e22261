import { expect, it } from '@jest/globals';
import { daysLeft, sunsetNotices, type ConnectionApi } from './sunset.ts';

function api(sunset: string | null, connection = 'shop-us'): ConnectionApi {
  return { connection, connector: 'shopify', version: '2026-10', sunset };
}

const at = (text: string): number => Date.parse(text);

it('counts the days of the UTC calendar until an API is removed, whatever the hour', () => {
  expect(daysLeft(api('2027-10-01'), at('2027-09-30T00:00:00Z'))).toBe(1);
  expect(daysLeft(api('2027-10-01'), at('2027-09-30T23:59:59Z'))).toBe(1);
  expect(daysLeft(api('2027-10-01'), at('2027-10-01T12:00:00Z'))).toBe(0);
  expect(daysLeft(api('2027-10-01'), at('2027-10-03T00:00:00Z'))).toBe(-2);
  expect(daysLeft(api('2028-03-01'), at('2028-02-28T00:00:00Z'))).toBe(2);
  expect(daysLeft(api(null), at('2027-10-01T12:00:00Z'))).toBeNull();
});

it('tells of what ends within half a year, the soonest first, and of nothing else', () => {
  const apis = [api('2027-10-01', 'a'), api('2027-05-01', 'b'), api(null, 'c')];
  expect(sunsetNotices(apis, at('2026-11-01T00:00:00Z'))).toEqual([]);
  expect(sunsetNotices(apis, at('2026-11-02T00:00:00Z')).map(({ connection }) => connection)).toEqual(['b']);
  expect(sunsetNotices(apis, at('2027-04-30T00:00:00Z'))).toEqual([
    {
      connection: 'b',
      message: 'shopify removes its API 2026-10 on 2027-05-01, in 1 day.',
      remedy: 'Install a Crossdock that speaks a newer one before 2027-05-01.',
    },
    {
      connection: 'a',
      message: 'shopify removes its API 2026-10 on 2027-10-01, in 154 days.',
      remedy: 'Install a Crossdock that speaks a newer one before 2027-10-01.',
    },
  ]);
});

it('goes on telling once the day has come', () => {
  expect(sunsetNotices([api('2027-10-01')], at('2027-10-01T00:00:00Z'))).toEqual([
    {
      connection: 'shop-us',
      message: 'shopify was to remove its API 2026-10 on 2027-10-01: it may answer otherwise than it is understood.',
      remedy: 'Install a Crossdock that speaks a newer one now.',
    },
  ]);
});
