import type { LineId } from '../ids.ts';
import { exact } from '../money.ts';
import type { Instant } from '../time.ts';
import type { Cancellation, Fact, Part } from './fact.ts';
import { partKey } from './fact.ts';
import { addUp, worth } from './price.ts';

/** A fact of which is not known yet what it does to the buyer's balance. */
export type Draft = Omit<Fact, 'deposit' | 'receivable'>;

/** Where an order stands by its facts so far; each new fact is appended in its turn. */
export class Position {
  readonly appended: Fact[] = [];
  private readonly ids = new Set<string>();
  private readonly units = new Map<LineId, number>();
  private readonly recognised = new Map<string, Part>();
  private readonly cancelled: Cancellation[] = [];
  private counted = 0;
  private last: Instant = 0;
  /** What we hold of the buyer's money; negative = what the buyer owes. */
  private net = 0;

  constructor(known: readonly Fact[]) {
    for (const fact of known) this.count(fact);
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Facts so far: a number that tells apart corrections of the same thing. */
  get length(): number {
    return this.counted;
  }

  /** When the newest of them happened. */
  get newest(): Instant {
    return this.last;
  }

  get balance(): number {
    return this.net;
  }

  unitsOf(line: LineId): number {
    return this.units.get(line) ?? 0;
  }

  /** What was recognised of a line or charge, by account. */
  recognisedOf(of: string): Part[] {
    return [...this.recognised.values()].filter((part) => part.of === of && part.minor !== 0);
  }

  /** Everything of which something was recognised. */
  recognisedKeys(): string[] {
    return [...new Set([...this.recognised.values()].filter(({ minor }) => minor !== 0).map(({ of }) => of))];
  }

  /** What refunds took away of a line or charge before it was recognised, and the units that had passed when they did. */
  cancelledOf(of: string): Required<Omit<Cancellation, 'of'>> {
    const all = this.cancelled.filter((one) => one.of === of);
    return {
      units: all.reduce((sum, { units }) => sum + units, 0),
      passed: all.reduce((sum, { passed = 0 }) => sum + passed, 0),
      parts: addUp(all.flatMap(({ parts }) => parts)),
    };
  }

  /** Σ of what was recognised and of what refunds cancelled before it was: no longer to be earned. */
  get settled(): number {
    const recognised = [...this.recognised.values()].filter(({ of }) => of !== 'closing');
    return exact(worth(recognised) + worth(this.cancelled.flatMap(({ parts }) => parts)));
  }

  /** Refunds of one observation are known before anything is recognised by it: what they cancelled is not sold any more. */
  cancel(cancels: readonly Cancellation[]): void {
    this.cancelled.push(...cancels);
  }

  /**
   * Appends a fact. What a buyer pays settles what they owe, the rest is a deposit; what becomes theirs uses up the
   * deposit, the rest they owe. So never both stand open.
   */
  append(draft: Draft): Fact {
    const after = exact(this.net + (draft.tender?.minor ?? 0) - worth(draft.parts));
    const deposit = Math.max(0, after) - Math.max(0, this.net);
    const receivable = Math.max(0, -after) - Math.max(0, -this.net);
    const fact = { ...draft, deposit, receivable };
    // Its cancellations were counted before, by `cancel`.
    this.count({ ...fact, cancels: [] });
    this.appended.push(fact);
    return fact;
  }

  private count(fact: Fact): void {
    this.ids.add(fact.id);
    this.counted++;
    this.last = Math.max(this.last, fact.at);
    this.net = exact(this.net + fact.deposit - fact.receivable);
    for (const { line, quantity } of fact.units) this.units.set(line, this.unitsOf(line) + quantity);
    this.cancelled.push(...fact.cancels);
    // What a refund gives back is another account's; it does not make what was sold unsold.
    if (fact.kind === 'refund') return;
    for (const part of fact.parts) {
      const known = this.recognised.get(partKey(part));
      this.recognised.set(partKey(part), { ...part, minor: exact((known?.minor ?? 0) + part.minor) });
    }
  }
}
