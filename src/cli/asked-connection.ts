import type { App } from '../app.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { Call } from './command.ts';
import { UsageError } from './exit-code.ts';

/**
 * The connection that a list is narrowed to, for its filter; nothing where none was named.
 * @throws UsageError for one that neither the configuration nor the store knows: an empty list would say that all is well
 */
export async function askedConnection(
  call: Call,
  { flow, store }: Pick<App, 'flow' | 'store'>,
): Promise<{ connection?: ConnectionId }> {
  const connection = call.text('connection');
  if (connection === undefined) return {};
  const known = new Set([...flow.connections.keys(), ...(await store.connections.all()).map(({ _id }) => _id)]);
  if (known.has(connection)) return { connection };
  throw new UsageError(`There is no connection ${connection}: expected one of ${[...known].join(', ')}`);
}
