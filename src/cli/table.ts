export { figure, moment, span } from '../domain/telling.ts';

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
