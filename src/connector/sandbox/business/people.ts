import type { Chance } from './chance.ts';
import type { Destination } from './places.ts';

/** An invented buyer. Mail is at example.com (RFC 2606), telephone numbers are of the ranges kept for fiction. */
export interface Person {
  /** The tail of the channel's id for the customer; the same person keeps it. */
  readonly number: number;
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string | null;
}

export interface PostalAddress {
  readonly first: string;
  readonly last: string;
  readonly company: string | null;
  readonly street: string;
  readonly extra: string | null;
  readonly city: string;
  readonly postcode: string;
  readonly region: string | null;
  readonly regionName: string | null;
  readonly country: string;
  readonly countryName: string;
  readonly phone: string | null;
}

const FIRST = [
  'Ada',
  'Noor',
  'Jonas',
  'Mila',
  'Theo',
  'Inés',
  'Kwame',
  'Freya',
  'Luca',
  'Sofie',
  'Owen',
  'Zeynep',
  'Marta',
  'Elias',
  'Ruth',
  'Tomás',
  'Anouk',
  'Priya',
  'Hugo',
  'Wren',
  'Cem',
  'Lotte',
  'Amara',
  'Ben',
  'Chloé',
  'Dario',
  'Elif',
  'Finn',
  'Greta',
  'Hana',
] as const;
const LAST = [
  'Albers',
  'Brightwater',
  'Castellan',
  'Dunmore',
  'Eikenboom',
  'Farrow',
  'Grünwald',
  'Hollis',
  'Ibsworth',
  'Jansma',
  'Kestrel',
  'Lindqvist',
  'Marchetti',
  'Nakamoto',
  'Okafor',
  'Pemberton',
  'Quist',
  'Rosenthal',
  'Sandoval',
  "O'Tarrant",
  'Ullman',
  'Vermeer',
  'Wexley',
  'Xavier',
  'Yildirim',
  'Zoller',
  'de la Cour',
  'Müllenbach',
  'Søndergaard',
  'St. Clair',
] as const;
const STREETS = [
  'Anchor',
  'Beacon',
  'Capstan',
  'Ferry',
  'Gull',
  'Jetty',
  'Keel',
  'Mast',
  'Quay',
  'Schooner',
  'Tide',
  'Wharf',
] as const;
const SUFFIX: Readonly<Record<string, readonly string[]>> = {
  US: ['Street', 'Avenue', 'Road', 'Lane'],
  CA: ['Street', 'Avenue', 'Crescent'],
  IE: ['Street', 'Terrace'],
  DE: ['straße', 'weg', 'allee'],
  AT: ['gasse', 'straße'],
  NL: ['straat', 'kade', 'laan'],
  BE: ['straat', 'laan'],
};
const PREFIX: Readonly<Record<string, readonly string[]>> = {
  FR: ['Rue du', 'Quai du'],
  IT: ['Via', 'Viale'],
  ES: ['Calle', 'Avenida'],
};
const COMPANIES = [
  'Tidewater Studio',
  'Lamp & Ladder',
  'Brouwer Interieur',
  'Café Ankerplatz',
  'Second Deck Rentals',
] as const;

/** Buyers come back: of a few thousand people each order is one of them. */
export function person(chance: Chance, destination: Destination): Person {
  const first = chance.pick(FIRST);
  const last = chance.pick(LAST);
  const number = 100_000 + FIRST.indexOf(first) * 1_000 + LAST.indexOf(last) * 10 + chance.whole(0, 2);
  const mailbox = `${first}.${last}`
    .normalize('NFD')
    .replace(/[^A-Za-z.]/g, '')
    .toLowerCase();
  return {
    number,
    first,
    last,
    email: `${mailbox}.${number % 10}@example.com`,
    phone: chance.percent(70) ? `${destination.dial}${String(chance.whole(0, 9_999)).padStart(6, '0')}` : null,
  };
}

export function address(chance: Chance, who: Person, destination: Destination): PostalAddress {
  const name = chance.pick(STREETS);
  const house = chance.whole(1, 320);
  const before = PREFIX[destination.country];
  const after = SUFFIX[destination.country] ?? ['Street'];
  const joined = destination.country === 'US' || destination.country === 'CA' || destination.country === 'IE';
  const street = before
    ? `${chance.pick(before)} ${name} ${house}`
    : joined
      ? `${house} ${name} ${chance.pick(after)}`
      : `${name}${chance.pick(after)} ${house}`;
  return {
    first: who.first,
    last: who.last,
    company: chance.percent(6) ? chance.pick(COMPANIES) : null,
    street,
    extra: chance.percent(18) ? `Apt ${chance.whole(1, 40)}` : null,
    city: destination.city,
    postcode: destination.postcode.replace(/#/g, () => String(chance.whole(0, 9))),
    region: destination.region,
    regionName: destination.regionName,
    country: destination.country,
    countryName: destination.countryName,
    phone: who.phone,
  };
}
