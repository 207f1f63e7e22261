import type { PlanDocument } from '../store/documents.ts';

type Why = PlanDocument['why'];

/** Whether some of a plan's lines were handed on before and not planned anew, so that it does not say why they are there. */
export function lacksReasons({ lines, why }: Pick<PlanDocument, 'lines' | 'why'>): boolean {
  const decided = new Set(why.map(({ line }) => line));
  return lines.some(({ line }) => !decided.has(line));
}

/** Why the lines stand where they do: what was handed on and not planned anew stays for the reasons that it had. */
export function explained(before: Why, { lines, why }: Pick<PlanDocument, 'lines' | 'why'>): Why {
  const decided = new Set(why.map(({ line }) => line));
  const kept = new Set(lines.map(({ line }) => line).filter((line) => !decided.has(line)));
  return [...before.filter(({ line }) => kept.has(line)), ...why];
}
