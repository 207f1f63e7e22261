import { formatAmount } from '../../src/domain/money.ts';
import { DIMENSIONS, type Dimension } from './journal.ts';

/** An amount as NetSuite writes a double: no zeros at the end, but one place at least in SOAP. */
export function decimal(minor: number, currency: string): string {
  const text = formatAmount(minor, currency);
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '.0') : `${text}.0`;
}

/** The dimensions that are told, by their internal ids. */
export function dimensionsIn(told: (name: Dimension) => string): Record<string, string> {
  return Object.fromEntries(DIMENSIONS.map((name) => [name, told(name)] as const).filter(([, id]) => id !== ''));
}
