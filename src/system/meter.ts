import type { Meter } from '../domain/ports.ts';

export interface Tally extends Meter {
  /** The sum of a count over all its labels, or of those that match. */
  total(name: string, labels?: Readonly<Record<string, string>>): number;
  entries(): { name: string; labels: Readonly<Record<string, string>>; total: number }[];
  onCount(listener: (name: string, amount: number, labels: Readonly<Record<string, string>>) => void): void;
}

/** Counts in memory, for the metrics page, progress and the summary of a round. */
export function openTally(): Tally {
  const totals = new Map<string, { name: string; labels: Readonly<Record<string, string>>; total: number }>();
  const listeners: ((name: string, amount: number, labels: Readonly<Record<string, string>>) => void)[] = [];
  return {
    count(name, amount, labels = {}) {
      const key = `${name}|${Object.entries(labels).sort().join(';')}`;
      const entry = totals.get(key);
      if (entry === undefined) totals.set(key, { name, labels, total: amount });
      else entry.total += amount;
      for (const listener of listeners) listener(name, amount, labels);
    },
    total(name, labels = {}) {
      let sum = 0;
      for (const entry of totals.values()) {
        if (entry.name === name && Object.entries(labels).every(([label, value]) => entry.labels[label] === value))
          sum += entry.total;
      }
      return sum;
    },
    entries: () => [...totals.values()],
    onCount(listener) {
      listeners.push(listener);
    },
  };
}
