import { told, type Told } from '../connector/sandbox/told.ts';
import type { ConnectionId } from '../domain/ids.ts';

const PATIENCE_MS = 10_000;

/** What the stand-ins of a sandbox say they were told. One that is not there any more, or tells nothing, is left out. */
export async function askStandIns(addresses: ReadonlyMap<ConnectionId, string>): Promise<Map<ConnectionId, Told>> {
  const answers = await Promise.all(
    [...addresses].map(async ([id, address]): Promise<[ConnectionId, Told][]> => {
      try {
        const answer = await fetch(`${address}/__stand-in/told`, { signal: AbortSignal.timeout(PATIENCE_MS) });
        return answer.ok ? [[id, told.parse(await answer.json())]] : [];
      } catch {
        return [];
      }
    }),
  );
  return new Map(answers.flat());
}
