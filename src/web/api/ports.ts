import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectionId, ExternalId } from '../../domain/ids.ts';
import type { Clock, Log, LogFields } from '../../domain/ports.ts';
import type { Reads } from '../../queries/reads.ts';
import type { Caller, Scope, Tokens } from '../tokens.ts';

/** What the API and the page are given of the rest. They read, and what they change they only enqueue. */
export interface ConsolePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly tokens: Tokens;
  readonly reads: Reads;
  /** Lets parked jobs run again. Returns how many. */
  replay(keys: readonly string[]): Promise<number>;
  /**
   * Enqueues what a pull of a connection wants: what is new, or one record by the channel's id. Returns the keys of the
   * jobs; null where there is no such connection, an empty list where it can be asked for nothing.
   */
  pull(connection: ConnectionId, externalId: ExternalId | null): Promise<readonly string[] | null>;
  /** Keeps, durably, who did or looked at what. @throws when it could not be kept: then nothing is done or shown */
  audit(message: string, fields: LogFields): Promise<void>;
}

/** The API's server: routes are typed by the schemas that check them. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a token needs for this route. Absent = every token will do. */
    scope?: Scope;
    /** Anybody may ask, also without a token. */
    open?: true;
  }
  interface FastifyRequest {
    /** Whose token the request came with. */
    caller: Caller | null;
  }
}
