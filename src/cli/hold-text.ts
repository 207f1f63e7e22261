import { holdName } from '../domain/holds.ts';
import type { Hold } from '../domain/order.ts';
import { moment } from './table.ts';

/** A hold in one line for a person. */
export function holdText(hold: Hold): string {
  const until =
    hold.until === null
      ? hold.kind === 'unpaid' || hold.kind === 'channel'
        ? 'until the channel ends it'
        : 'until it is let go'
      : `until ${moment(hold.until)}`;
  return `${holdName(hold)} (${hold.kind}), ${until}: ${hold.reason}`;
}
