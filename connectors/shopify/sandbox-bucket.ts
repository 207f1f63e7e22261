import type { Clock } from '../../src/domain/ports.ts';

export interface ThrottleStatus {
  readonly maximumAvailable: number;
  readonly currentlyAvailable: number;
  readonly restoreRate: number;
}

/** A leaky bucket of cost points: it fills at its rate up to its size, and what is drawn is gone. */
export class Bucket {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #perSecond: number;
  #level: number;
  #at: number;

  constructor(clock: Clock, size: number, perSecond: number) {
    this.#clock = clock;
    this.#size = size;
    this.#perSecond = perSecond;
    this.#level = size;
    this.#at = clock.now();
  }

  #fill(): void {
    const now = this.#clock.now();
    this.#level = Math.min(this.#size, this.#level + (Math.max(0, now - this.#at) * this.#perSecond) / 1_000);
    this.#at = now;
  }

  /** True when so much was there; it is then gone. */
  draw(cost: number): boolean {
    this.#fill();
    if (this.#level < cost) return false;
    this.#level -= cost;
    return true;
  }

  /** Gives back what was reserved and not needed. */
  giveBack(cost: number): void {
    this.#level = Math.min(this.#size, this.#level + Math.max(0, cost));
  }

  /** For a test: as if somebody else had used the rest. */
  setTo(level: number): void {
    this.#fill();
    this.#level = Math.min(this.#size, level);
  }

  status(): ThrottleStatus {
    this.#fill();
    return { maximumAvailable: this.#size, currentlyAvailable: Math.floor(this.#level), restoreRate: this.#perSecond };
  }
}
