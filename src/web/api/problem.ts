import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { SyncError } from '../../domain/errors.ts';

/** What went wrong, by RFC 9457, with what to do about it. */
export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The HTTP status in words.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, for a person.' }),
    code: z.string().meta({ description: 'A short stable name of the cause.' }),
    remedy: z.string().meta({ description: 'What to do about it.' }),
  })
  .meta({ description: 'A problem (RFC 9457).' });

export type Problem = z.output<typeof problem>;
type ProblemStatus = keyof typeof TITLES;

const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/** A refusal of the API itself; it is answered with this status as a problem. */
export class Refusal extends Error {
  readonly status: ProblemStatus;
  readonly code: string;
  readonly remedy: string;

  constructor(status: ProblemStatus, code: string, detail: string, remedy: string) {
    super(detail);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

export function sendProblem(
  reply: FastifyReply,
  status: ProblemStatus,
  { code, message, remedy }: Pick<SyncError, 'code' | 'message' | 'remedy'>,
): FastifyReply {
  const body: Problem = { type: 'about:blank', title: TITLES[status], status, detail: message, code, remedy };
  return reply.code(status).type('application/problem+json').serializer(JSON.stringify).send(body);
}

/** The refusals that any route may answer with, for the description of the API. */
export function refusals(...statuses: readonly ProblemStatus[]): Record<string, unknown> {
  const all = [...new Set<ProblemStatus>([400, 401, 403, 500, 503, ...statuses])].sort();
  return Object.fromEntries(
    all.map((status) => [
      status,
      { description: TITLES[status], content: { 'application/problem+json': { schema: problem } } },
    ]),
  );
}

/** That a thing of that name is not there. */
export function notThere(what: string, name: string, remedy: string): Refusal {
  return new Refusal(404, 'not-there', `There is no ${what} ${name}.`, remedy);
}
