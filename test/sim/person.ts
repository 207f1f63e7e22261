import { settleEffect } from '../../src/flows/settle-effect.ts';
import type { EffectDocument } from '../../src/store/documents.ts';
import type { Crew } from './crew.ts';
import type { KeyBook } from './key-book.ts';
import { TIME_OUT_MS } from './remote.ts';
import type { Surroundings } from './worker.ts';

/**
 * What a person does about requests of which no look-up can tell what became of them: looks at the remote's own books
 * when nothing is under way any more, and says what is there. @returns how many
 */
export async function settleByHand({ store, world, shop, depot, ledger }: Surroundings, crew: Crew): Promise<number> {
  const books: ReadonlyMap<string, KeyBook<unknown>> = new Map<string, KeyBook<unknown>>([
    ['push', depot.keys],
    ['confirm', shop.keys],
    ['post', ledger.keys],
  ]);
  const open = store
    .rows<EffectDocument>('effects', { state: 'unsure' })
    .filter(({ verb }) => books.get(verb)?.uniqueness.by === 'none');
  if (open.length === 0) return 0;
  await world.run(() => false, world.now + TIME_OUT_MS);
  for (const { _id, verb } of open) {
    const there = books.get(verb)?.records.find(({ key }) => key === _id);
    world.trace(`a person finds ${_id} ${there === undefined ? 'nowhere' : `as ${there.id}`}`);
    const settlement =
      there === undefined ? ({ as: 'not-sent' } as const) : ({ as: 'sent', externalId: there.id } as const);
    await crew.during(settleEffect(crew.flow(), _id, settlement, 'looked at the remote'));
  }
  return open.length;
}
