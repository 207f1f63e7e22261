/**
 * ISO 4217 List One by number of decimal places (https://www.iso.org/iso-4217-currency-codes.html, maintained by SIX).
 * Codes without a minor unit (gold, XDR, XTS, XXX …) are left out: nothing is sold in them.
 * Intl is no source for this: it says 0 for HUF, IQD and MGA, which banks settle with decimals.
 */
const BY_PLACES: readonly (readonly [places: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
      'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ' +
      'ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN ' +
      'MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE ' +
      'SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ' +
      'ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
  // Withdrawn since 2018, kept because a channel's older orders are still in them.
  [2, 'ANG BGN CUC HRK MRO SLL STD VEF ZWL'],
];

/** Decimal places of each currency by its ISO 4217 code. */
export const DECIMAL_PLACES: ReadonlyMap<string, number> = new Map(
  BY_PLACES.flatMap(([places, codes]) => codes.split(' ').map((code) => [code, places] as const)),
);
