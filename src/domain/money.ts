
/** An amount in the minor unit of its ISO 4217 currency, always a safe integer. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}
