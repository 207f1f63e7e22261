import { UsageError, EXIT } from '../exit-code.ts';
import { commandAudit } from '../audit.ts';
import type { Command } from '../command.ts';
import { withStore } from '../with-store.ts';

export const parkedReplay: Command = {
  name: 'parked replay',
  about: 'let parked jobs run again: name their keys, or --code, or --all',
  operands: ['[<key>…]'],
  options: {
    all: { about: 'all that are parked' },
    code: { value: 'CODE', about: 'all of one cause' },
  },
  examples: [
    'crossdock parked replay account-order:ord_0123456789abcdefghijkl',
    'crossdock parked replay --code unmapped-payment',
  ],
  async run(call) {
    const keys = call.operands;
    const code = call.text('code');
    const given = [keys.length > 0, code !== undefined, call.flag('all')].filter(Boolean).length;
    if (given !== 1)
      throw new UsageError(
        'crossdock parked replay: expected either keys, or --code CODE, or --all. For example: crossdock parked replay --all',
      );
    return withStore(call, async (app) => {
      const { store, flow } = app;
      await commandAudit(app)('A replay of parked jobs was asked for.', {
        ...(keys.length === 1 ? { job: keys[0] } : {}),
        what: keys.length > 0 ? keys.join(' ') : (code ?? 'all'),
      });
      const replayed = await store.jobs.replay(
        keys.length > 0 ? { keys } : code !== undefined ? { code } : {},
        flow.clock.now(),
      );
      const workers = (await store.workers.alive(store.clock.now())).length;
      call.answer({ replayed, workers }, () => [
        `${replayed} ${replayed === 1 ? 'job runs' : 'jobs run'} again${workers > 0 || replayed === 0 ? '.' : ' when a worker is started: crossdock start, or crossdock once'}`,
      ]);
      if (replayed > 0 || keys.length === 0) return EXIT.ok;
      call.screen.note(`Nothing of that name is parked. See: crossdock parked list`);
      return EXIT.refused;
    });
  },
};
