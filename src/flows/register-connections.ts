import type { ConnectionId } from '../domain/ids.ts';
import type { Flow } from './flow.ts';
import { reopenForMapping } from './remap.ts';
import { readSwitches, reopenForSwitches, switchesOf } from './reopen-for-switches.ts';

/**
 * Notes each connection at a start. What came to rest for its mapping or its switches, where the configuration has changed
 * them since the last start, goes on.
 */
export async function registerConnections(
  flow: Flow,
  configured: readonly { readonly id: ConnectionId; readonly connector: string }[],
): Promise<void> {
  const { store, log } = flow;
  const known = new Map((await store.connections.all()).map((connection) => [connection._id, connection]));
  for (const { id, connector } of configured) {
    const connection = flow.connections.get(id);
    if (connection === undefined) continue;
    const before = known.get(id);
    const { version } = connection.mapping;
    if (before !== undefined && before.mapping !== version) {
      const jobs = await reopenForMapping(flow, connection);
      log.info('The mapping has changed: what was parked for it is tried again.', { connection: id, jobs });
    }
    const remembered = before?.switches === undefined ? null : readSwitches(before.switches);
    const orders = await reopenForSwitches(flow, connection, remembered);
    if (orders > 0) log.info('A switch was turned: orders that rested for it go on.', { connection: id, orders });
    // Noted only now: whoever is killed before this finds the change again.
    const switches = JSON.stringify(switchesOf(flow, connection));
    await store.connections.register({ id, connector, company: connection.company, mapping: version, switches });
  }
}
