import type { ConnectionId } from '../domain/ids.ts';
import type { RunDocument } from '../store/documents.ts';
import type { Store } from '../store/open-store.ts';
import { pageOf, placed, type Page, type PageAsk } from './page.ts';

/** A page of runs, the newest first. */
export async function pageRuns(
  store: Store,
  { connection, limit, after }: PageAsk & { readonly connection?: ConnectionId },
): Promise<Page<RunDocument>> {
  const [startedAt, id] = after === undefined ? [] : placed(after);
  const found = await store.connections.runs({
    ...(connection === undefined ? {} : { connection }),
    ...(startedAt === undefined || id === undefined ? {} : { behind: { startedAt, id } }),
    limit: limit + 1,
  });
  return pageOf(found, limit, (run) => `${run.startedAt.getTime()}~${run._id}`);
}
