export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6';

/** One thing that is not as it must be: where, and what is wrong. Carries ids and counts, nothing personal. */
export interface Finding {
  readonly invariant: InvariantId;
  /** The order, level, job or connection. */
  readonly where: string;
  readonly says: string;
}

export interface InvariantResult {
  readonly id: InvariantId;
  readonly title: string;
  /** `not checked` = it could not be asked, for example because a remote is away; `notes` says why. */
  readonly state: 'holds' | 'broken' | 'not checked';
  /** What was looked at, in words with numbers. */
  readonly counted: string;
  /** How many things are wrong; `findings` names the first of them. */
  readonly broken: number;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

const SHOWN = 20;

/** Gathers findings without keeping more of them than a person would read. */
export class Findings {
  readonly #shown = new Map<InvariantId, Finding[]>();
  readonly #counts = new Map<InvariantId, number>();

  add(finding: Finding): void {
    const { invariant } = finding;
    this.#counts.set(invariant, this.count(invariant) + 1);
    const shown = this.#shown.get(invariant) ?? [];
    if (shown.length < SHOWN) this.#shown.set(invariant, [...shown, finding]);
  }

  count(invariant: InvariantId): number {
    return this.#counts.get(invariant) ?? 0;
  }

  of(invariant: InvariantId): readonly Finding[] {
    return this.#shown.get(invariant) ?? [];
  }
}

/** A whole number for a person: `12,345`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
