import type { Instant } from '../../domain/time.ts';

const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const LONGEST_MS = 24 * 3_600_000;

/**
 * When a Retry-After header (RFC 9110, 10.2.3: seconds, or an HTTP date) asks to be tried again, in epoch ms; null where
 * it is absent or says nothing that can be read. Decimal seconds are read too (Shopify sends `2.0`). A date counts from
 * the answer's own Date header, so a wrong clock on either side does not matter. Never before `now`, never past a day.
 */
export function retryAfter(header: string | undefined, date: string | undefined, now: Instant): Instant | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return now + Math.min(Math.ceil(Number(text) * 1_000), LONGEST_MS);
  if (!HTTP_DATE.test(text)) return null;
  const theirNow = date !== undefined && HTTP_DATE.test(date.trim()) ? Date.parse(date.trim()) : now;
  const wait = Date.parse(text) - theirNow;
  return Number.isNaN(wait) ? null : now + Math.min(Math.max(wait, 0), LONGEST_MS);
}
