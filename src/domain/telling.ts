/** A whole number with its thousands set apart. */
export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

/** An instant for a person, in UTC: `2026-03-29 01:00:00Z`. */
export function moment(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** How long something took or has been: `340 ms`, `4.2 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}
