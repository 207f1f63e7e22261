import { EFFECT_STATES, listEffects } from '../../queries/effects.ts';
import { askedConnection } from '../asked-connection.ts';
import type { Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { under } from '../table.ts';
import { withStore } from '../with-store.ts';
import { effectLines, verbOf } from './shadow-list.ts';

/** Requests to remotes by how they stand. */
export const effectsList: Command = {
  name: 'effects list',
  about: 'list requests to remotes by how they stand: unsure, pending, rejected …',
  operands: [],
  options: {
    state: { value: 'STATE', about: `one of ${EFFECT_STATES.join(', ')} (default: unsure)` },
    connection: { value: 'ID', about: 'only to this connection' },
    verb: { value: 'VERB', about: 'only push, assign, confirm or post' },
    limit: { value: 'N', about: 'at most so many (default: 50)' },
  },
  examples: ['crossdock effects list --state rejected', 'crossdock effects list --state sent --verb push --json'],
  async run(call) {
    const state = EFFECT_STATES.find((known) => known === (call.text('state') ?? 'unsure'));
    if (state === undefined)
      throw new UsageError(`--state is "${call.text('state') ?? ''}": expected one of ${EFFECT_STATES.join(', ')}`);
    const verb = verbOf(call);
    const limit = call.count('limit', 50);
    return withStore(call, async (app) => {
      const rows = await listEffects(app.store, {
        ...(await askedConnection(call, app)),
        ...(verb === undefined ? {} : { verb }),
        state,
        limit,
        payload: 'none',
      });
      call.answer(rows, () => [
        ...effectLines(rows, limit, `No request is ${state}.`),
        ...under(
          'Why',
          rows.flatMap(({ key, cause, remedy }) => (cause === null ? [] : [`${key}: ${cause}`, `  → ${remedy ?? ''}`])),
        ),
      ]);
      return EXIT.ok;
    });
  },
};
