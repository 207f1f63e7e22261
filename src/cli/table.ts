export interface Column {
  readonly title: string;
  /** Numbers stand right, so that their digits stand under each other. */
  readonly right?: boolean;
}

/** Rows under their titles, each column as wide as its widest cell. No rows give no lines. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ''))));
  return all.map((row) =>
    columns
      .map(({ right }, index) => {
        const cell = row[index] ?? '';
        const gap = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return right === true ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Lines set in by two spaces, under a heading. */
export function under(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
}

function widthOf(text: string): number {
  return [...text].length;
}

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
