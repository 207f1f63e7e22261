import type { Plan } from '../domain/plan.ts';
import type { PlanDocument, PlannedLine } from '../store/documents.ts';

/** Why the lines stand where they do: what was handed on and not planned anew stays for the reasons that it had. */
export function explained(
  before: PlanDocument | null,
  lines: readonly PlannedLine[],
  fresh: Plan['why'],
): PlanDocument['why'] {
  const decided = new Set(fresh.map(({ line }) => line));
  const kept = new Set(lines.map(({ line }) => line).filter((line) => !decided.has(line)));
  return [
    ...(before?.why ?? []).filter(({ line }) => kept.has(line)),
    ...fresh.map(({ line, location, verdict, reason }) => ({ line, location, verdict, reason })),
  ];
}
