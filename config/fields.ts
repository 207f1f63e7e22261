import { z } from 'zod';
import { exponent } from '../src/domain/money.ts';

/** Our own names of companies, locations and connections: they stand in ids, keys and logs, so they are plain and stay. */
export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .meta({
    description: 'a short name of small letters, digits and hyphens, which is never changed',
    examples: ['harbour-us'],
  });

export const title = z
  .string()
  .min(1)
  .meta({ description: 'a name for people, as text', examples: ['Harbour Inc.'] });

export const zone = z
  .string()
  .refine(isZone, 'an IANA time zone')
  .meta({ description: 'an IANA time zone', examples: ['Europe/Berlin'] });

export const currency = z
  .string()
  .refine(isCurrency, 'a currency of ISO 4217 in capital letters')
  .meta({ description: 'a currency of ISO 4217 in capital letters', examples: ['EUR'] });

export const country = z
  .string()
  .regex(/^[A-Z]{2}$/)
  .meta({ description: 'a country of ISO 3166-1 in two capital letters', examples: ['DE'] });

export const instant = z.iso
  .datetime({ offset: true })
  .meta({ description: 'an instant with its time zone', examples: ['2026-11-01T00:00:00Z'] });

export const cron = z
  .string()
  .refine(isCron, 'five fields of cron: minute, hour, day, month, weekday')
  .meta({ description: 'five fields of cron: minute, hour, day, month, weekday', examples: ['*/2 * * * *'] });

/** An address to call: https, or plain http on this machine; nothing secret and no slash at its end. */
export const baseUrl = z
  .string()
  .refine(isBaseUrl, 'an https address without credentials and without a slash at its end')
  .meta({
    description: 'an https address without credentials and without a slash at its end',
    examples: ['https://shop.example.com'],
  });

const env = z.strictObject({
  env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .meta({ description: 'the name of an environment variable' }),
});
const secretFile = z.strictObject({ file: z.string().min(1).meta({ description: 'the path of a file' }) });
const sandbox = z.strictObject({ sandbox: z.literal(true) });

/** A secret, never itself in the file. */
export const reference = z.union([env, secretFile, sandbox]).meta({
  description: 'a reference to the secret, { env: NAME } or { file: path }, never the secret itself',
  examples: [{ env: 'HARBOUR_US_TOKEN' }],
});
export type Reference = z.output<typeof reference>;

function isZone(text: string): boolean {
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function isCurrency(text: string): boolean {
  try {
    return exponent(text) >= 0;
  } catch {
    return false;
  }
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith('/')) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const here = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return (protocol === 'https:' || (protocol === 'http:' && here)) && `${username}${password}${search}${hash}` === '';
}

const CRON_RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** Numbers, lists, ranges and steps. Names of months and days are left out: every field then reads the same way. */
function isCron(text: string): boolean {
  const fields = text.split(' ');
  if (fields.length !== CRON_RANGES.length) return false;
  return CRON_RANGES.every(([least, most], index) =>
    (fields[index] ?? '').split(',').every((part) => {
      const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
      if (match === null) return false;
      const [, from, to, step] = match;
      const first = from === undefined ? least : Number(from);
      const last = to === undefined ? (from === undefined ? most : first) : Number(to);
      return first >= least && first <= last && last <= most && step !== '0' && step !== '00';
    }),
  );
}
