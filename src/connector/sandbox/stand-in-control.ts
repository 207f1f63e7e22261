import { z } from 'zod';
import type { ServedRequest, StandInAnswer, StandInRequest } from './exchange.ts';
import { FAULT_KINDS, type PlannedFault } from './fault-plan.ts';

/**
 * Where a stand-in is told what to do, over HTTP from another process:
 * `GET books` · `GET told` · `GET requests` · `GET problems` · `GET|POST|DELETE faults` · `POST save` · `POST stop` · `POST do/<verb>`.
 */
export const CONTROL_PREFIX = '/__stand-in/';

const plannedFault = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  match: z
    .strictObject({ method: z.string().optional(), path: z.string().optional(), body: z.string().optional() })
    .optional(),
  times: z.union([z.int().positive(), z.literal('always')]).optional(),
  after: z.int().nonnegative().optional(),
  status: z.int().min(500).max(599).optional(),
  retryAfterS: z.number().nonnegative().optional(),
  ms: z.int().positive().optional(),
});

/** The parts of a stand-in that can be reached from outside. */
export interface Controlled {
  readonly standIn: {
    fail(fault: PlannedFault): void;
    clearFaults(): void;
    pendingFaults(): readonly PlannedFault[];
    requests(): readonly ServedRequest[];
    problems(): readonly string[];
    save(): Promise<void>;
  };
  readonly books: (() => unknown) | undefined;
  readonly told: (() => unknown) | undefined;
  readonly verbs: Readonly<Record<string, (input: unknown) => unknown>>;
}

/** The answer of the control endpoint: JSON, 400 for what it does not understand, 404 for what it does not have. */
export async function answerControl(
  request: StandInRequest,
  { standIn, books, told, verbs }: Controlled,
): Promise<StandInAnswer> {
  const name = request.url.pathname.slice(CONTROL_PREFIX.length);
  try {
    switch (`${request.method} ${name}`) {
      case 'GET books':
        return books ? json(await books()) : missing(name);
      case 'GET told':
        return told ? json(told()) : missing(name);
      case 'GET requests':
        return json(standIn.requests());
      case 'GET problems':
        return json(standIn.problems());
      case 'GET faults':
        return json(standIn.pendingFaults());
      case 'POST faults':
        standIn.fail(plannedFault.parse(JSON.parse(request.text())));
        return json(standIn.pendingFaults());
      case 'DELETE faults':
        standIn.clearFaults();
        return json([]);
      case 'POST save':
        await standIn.save();
        return json({ saved: true });
      case 'POST stop':
        return json({ stopping: true });
    }
    const verb = request.method === 'POST' && name.startsWith('do/') ? verbs[name.slice(3)] : undefined;
    if (verb === undefined) return missing(name);
    return json((await verb(request.text() === '' ? null : JSON.parse(request.text()))) ?? null);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    return json({ error: why }, 400);
  }
}

function json(value: unknown, status = 200): StandInAnswer {
  return { status, body: JSON.stringify(value) };
}

function missing(name: string): StandInAnswer {
  return json({ error: `this stand-in has no "${name}"` }, 404);
}
