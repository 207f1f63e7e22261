import { contentHash, type LineId, type OrderId } from '../domain/ids.ts';

const MODULUS = 2 ** 48;

/**
 * Compares what levels have reserved with what plans say, over any number of orders, in memory of the number of levels:
 * each reservation adds a mark to its level, each planned line takes the same mark away. A level at which a mark is left
 * over is one to look at closely; two different sets leave none with a chance of one in 2^48.
 */
export class LevelMarks {
  readonly #sums = new Map<string, number>();

  reserved(level: string, order: OrderId, line: LineId, quantity: number): void {
    this.#sums.set(level, ((this.#sums.get(level) ?? 0) + mark(level, order, line, quantity)) % MODULUS);
  }

  planned(level: string, order: OrderId, line: LineId, quantity: number): void {
    this.#sums.set(level, ((this.#sums.get(level) ?? 0) + MODULUS - mark(level, order, line, quantity)) % MODULUS);
  }

  /** The levels at which reservations and plans are not the same. */
  different(): string[] {
    return [...this.#sums].filter(([, sum]) => sum !== 0).map(([level]) => level);
  }
}

function mark(level: string, order: OrderId, line: LineId, quantity: number): number {
  return Buffer.from(contentHash(`${level}|${order}|${line}|${quantity}`), 'base64url').readUIntBE(0, 6);
}
