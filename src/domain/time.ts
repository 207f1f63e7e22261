/** A UTC instant in epoch milliseconds. */
export type Instant = number;
/** A calendar day `YYYY-MM-DD` in the time zone of a connection, made once, by which finance posts. */
export type BusinessDate = string;
/** A half-open span of UTC instants: `from` is in it, `to` is not. */
export interface TimeWindow {
  readonly from: Instant;
  readonly to: Instant;
}
