import type { CompanyId, ConnectionId, LocationId } from '../../../domain/ids.ts';

/** Where the business keeps goods. */
export interface Place {
  readonly id: LocationId;
  readonly name: string;
  readonly address: string;
  readonly city: string;
  readonly region: string;
  readonly regionName: string;
  readonly postcode: string;
  readonly country: string;
  readonly countryName: string;
  readonly pickup: boolean;
}

export const PLACES: readonly Place[] = [
  {
    id: 'newark',
    name: 'Newark Warehouse',
    address: '41 Portside Road',
    city: 'Newark',
    region: 'NJ',
    regionName: 'New Jersey',
    postcode: '07114',
    country: 'US',
    countryName: 'United States',
    pickup: false,
  },
  {
    id: 'reno',
    name: 'Reno Warehouse',
    address: '900 Dry Lake Way',
    city: 'Reno',
    region: 'NV',
    regionName: 'Nevada',
    postcode: '89506',
    country: 'US',
    countryName: 'United States',
    pickup: true,
  },
  {
    id: 'rotterdam',
    name: 'Rotterdam Hub',
    address: 'Kadeweg 12',
    city: 'Rotterdam',
    region: 'ZH',
    regionName: 'Zuid-Holland',
    postcode: '3089 JK',
    country: 'NL',
    countryName: 'Netherlands',
    pickup: false,
  },
  {
    id: 'berlin-store',
    name: 'Berlin Store',
    address: 'Hafengasse 7',
    city: 'Berlin',
    region: 'BE',
    regionName: 'Berlin',
    postcode: '10115',
    country: 'DE',
    countryName: 'Germany',
    pickup: true,
  },
];

/** What one jurisdiction takes. `micros` = millionths: 72,500 is 7.25 %. */
export interface TaxRule {
  readonly title: string;
  readonly micros: number;
  readonly onShipping: boolean;
}

/** Where buyers live: a city with what is taxed there. Postcodes are made of `postcode` with its # drawn. */
export interface Destination {
  readonly weight: number;
  readonly country: string;
  readonly countryName: string;
  readonly region: string | null;
  readonly regionName: string | null;
  readonly city: string;
  readonly postcode: string;
  readonly dial: string;
  readonly taxes: readonly TaxRule[];
  readonly currency: string;
  /** Minor units of `currency` for 10,000 of the shop's, fixed for the whole run. */
  readonly rate: number;
  readonly place: LocationId;
  readonly duties: boolean;
}

export interface Shop {
  readonly id: ConnectionId;
  readonly company: CompanyId;
  readonly name: string;
  readonly domain: string;
  readonly currency: string;
  readonly zone: string;
  readonly taxIncluded: boolean;
  readonly country: string;
  /** Of a hundred orders of the whole business. */
  readonly portion: number;
  readonly places: readonly LocationId[];
  readonly pickupPlace: LocationId;
  readonly destinations: readonly Destination[];
  readonly firstNumber: number;
}

function us(
  weight: number,
  region: string,
  regionName: string,
  city: string,
  postcode: string,
  place: LocationId,
  taxes: readonly TaxRule[],
): Destination {
  return {
    weight,
    country: 'US',
    countryName: 'United States',
    region,
    regionName,
    city,
    postcode,
    dial: '+1555',
    taxes,
    currency: 'USD',
    rate: 10_000,
    place,
    duties: false,
  };
}

function canada(
  weight: number,
  region: string,
  regionName: string,
  city: string,
  postcode: string,
  place: LocationId,
  taxes: readonly TaxRule[],
): Destination {
  return {
    weight,
    country: 'CA',
    countryName: 'Canada',
    region,
    regionName,
    city,
    postcode,
    dial: '+1555',
    taxes,
    currency: 'CAD',
    rate: 13_642,
    place,
    duties: true,
  };
}

function eu(
  weight: number,
  country: string,
  countryName: string,
  city: string,
  postcode: string,
  dial: string,
  place: LocationId,
  vat: TaxRule,
  region: readonly [string, string] | null = null,
): Destination {
  return {
    weight,
    country,
    countryName,
    region: region?.[0] ?? null,
    regionName: region?.[1] ?? null,
    city,
    postcode,
    dial,
    taxes: [vat],
    currency: 'EUR',
    rate: 10_000,
    place,
    duties: false,
  };
}

function tax(title: string, micros: number, onShipping = false): TaxRule {
  return { title, micros, onShipping };
}

/** Rates are close to the published ones of 2026; what matters here is that one line has several jurisdictions. */
export const SHOPS: readonly Shop[] = [
  {
    id: 'harbour-us',
    company: 'harbour-inc',
    name: 'Harbour Supply',
    domain: 'harbour-us.example.com',
    currency: 'USD',
    zone: 'America/New_York',
    taxIncluded: false,
    country: 'US',
    portion: 58,
    places: ['newark', 'reno'],
    pickupPlace: 'reno',
    firstNumber: 1001,
    destinations: [
      us(18, 'NY', 'New York', 'Brooklyn', '112##', 'newark', [
        tax('New York State Tax', 40_000, true),
        tax('New York City Tax', 45_000, true),
        tax('Metropolitan Commuter District Tax', 3_750, true),
      ]),
      us(9, 'NJ', 'New Jersey', 'Montclair', '070##', 'newark', [tax('New Jersey State Tax', 66_250, true)]),
      us(8, 'PA', 'Pennsylvania', 'Philadelphia', '191##', 'newark', [
        tax('Pennsylvania State Tax', 60_000, true),
        tax('Philadelphia County Tax', 20_000, true),
      ]),
      us(8, 'FL', 'Florida', 'Tampa', '336##', 'newark', [
        tax('Florida State Tax', 60_000),
        tax('Hillsborough County Tax', 15_000),
      ]),
      us(6, 'IL', 'Illinois', 'Chicago', '606##', 'newark', [
        tax('Illinois State Tax', 62_500),
        tax('Cook County Tax', 17_500),
        tax('Chicago City Tax', 12_500),
      ]),
      us(19, 'CA', 'California', 'Los Angeles', '900##', 'reno', [
        tax('California State Tax', 60_000),
        tax('Los Angeles County Tax', 35_000),
      ]),
      us(7, 'WA', 'Washington', 'Seattle', '981##', 'reno', [
        tax('Washington State Tax', 65_000, true),
        tax('King County Tax', 38_500, true),
      ]),
      us(5, 'CO', 'Colorado', 'Denver', '802##', 'reno', [
        tax('Colorado State Tax', 29_000),
        tax('Denver County Tax', 48_100),
      ]),
      us(5, 'OR', 'Oregon', 'Portland', '972##', 'reno', []),
      canada(7, 'ON', 'Ontario', 'Toronto', 'M5V #K#', 'newark', [tax('HST', 130_000, true)]),
      canada(4, 'BC', 'British Columbia', 'Vancouver', 'V6B #L#', 'reno', [
        tax('GST', 50_000, true),
        tax('PST', 70_000),
      ]),
      {
        weight: 4,
        country: 'IE',
        countryName: 'Ireland',
        region: 'D',
        regionName: 'Dublin',
        city: 'Dublin',
        postcode: 'D0# X#Y#',
        dial: '+35315550',
        taxes: [],
        currency: 'EUR',
        rate: 9_187,
        place: 'newark',
        duties: false,
      },
    ],
  },
  {
    id: 'harbour-eu',
    company: 'harbour-gmbh',
    name: 'Harbour Supply Europe',
    domain: 'harbour-eu.example.com',
    currency: 'EUR',
    zone: 'Europe/Berlin',
    taxIncluded: true,
    country: 'DE',
    portion: 42,
    places: ['rotterdam', 'berlin-store'],
    pickupPlace: 'berlin-store',
    firstNumber: 5001,
    destinations: [
      eu(34, 'DE', 'Germany', 'Berlin', '101##', '+49305550', 'berlin-store', tax('DE VAT', 190_000, true)),
      eu(14, 'DE', 'Germany', 'Hamburg', '203##', '+49405550', 'rotterdam', tax('DE VAT', 190_000, true)),
      eu(18, 'NL', 'Netherlands', 'Utrecht', '35## AB', '+31305550', 'rotterdam', tax('NL VAT', 210_000, true)),
      eu(12, 'FR', 'France', 'Lyon', '690##', '+33455550', 'rotterdam', tax('FR VAT', 200_000, true)),
      eu(8, 'AT', 'Austria', 'Wien', '10#0', '+43155500', 'berlin-store', tax('AT VAT', 200_000, true)),
      eu(6, 'BE', 'Belgium', 'Gent', '90##', '+3295550', 'rotterdam', tax('BE VAT', 210_000, true)),
      eu(4, 'IT', 'Italy', 'Milano', '201##', '+39025550', 'rotterdam', tax('IT VAT', 220_000, true), ['MI', 'Milano']),
      eu(4, 'ES', 'Spain', 'Madrid', '280##', '+34915550', 'rotterdam', tax('ES VAT', 210_000, true), ['M', 'Madrid']),
    ],
  },
];

/** @throws RangeError for a shop that the business does not have. */
export function shopOf(id: ConnectionId): Shop {
  const shop = SHOPS.find((candidate) => candidate.id === id);
  if (!shop)
    throw new RangeError(`the sandbox business has no shop "${id}"; it has ${SHOPS.map((each) => each.id).join(', ')}`);
  return shop;
}
