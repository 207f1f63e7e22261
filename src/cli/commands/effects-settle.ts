import { settleEffect, type Settlement } from '../../flows/settle-effect.ts';
import { audited } from '../audit.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, UsageError } from '../exit-code.ts';
import { withStore } from '../with-store.ts';

const EXAMPLE = 'crossdock effects settle confirm:ord_0123:1:9:0 --as dismissed --because "told by hand in Shopify"';

/** A person's word on what a remote has, where no look-up can tell. */
export const effectsSettle: Command = {
  name: 'effects settle',
  about: 'say how an unsure or rejected request stands at its remote, and let its order go on',
  operands: ['<key>'],
  options: {
    as: { value: 'HOW', about: 'sent (with --id), not-sent, or dismissed (told by hand, or not to be told)' },
    id: { value: 'ID', about: 'with --as sent: the remote’s id of it' },
    because: { value: 'TEXT', about: 'why; it stands in the order’s story' },
  },
  examples: [
    EXAMPLE,
    'crossdock effects settle push:ord_0123:1 --as sent --id 100320 --because "seen in the 3PL’s portal"',
  ],
  async run(call) {
    const [key = ''] = call.operands;
    const settlement = settlementOf(call);
    const because = call.text('because');
    if (because === undefined || because.trim() === '')
      throw new UsageError(`--because is missing: say why, for example\n  ${EXAMPLE}`);
    return withStore(call, async (app) => {
      const { effect, replayed } = await audited(
        app,
        'Settling a request by hand was asked for.',
        { effect: key, as: settlement.as },
        () => settleEffect(app.flow, key, settlement, because.trim()),
      );
      call.answer({ key, state: effect.state, externalId: effect.externalId, replayed }, () => [
        `${key} is settled as ${settlement.as}. ${replayed} parked ${replayed === 1 ? 'job goes' : 'jobs go'} on.`,
      ]);
      return EXIT.ok;
    });
  },
};

function settlementOf(call: Call): Settlement {
  const as = call.text('as');
  const externalId = call.text('id');
  if (as === 'sent') {
    if (externalId === undefined) throw new UsageError('--as sent needs --id: what the remote calls it');
    return { as, externalId };
  }
  if (externalId !== undefined) throw new UsageError('--id goes with --as sent');
  if (as === 'not-sent' || as === 'dismissed') return { as };
  throw new UsageError(`--as is "${as ?? ''}": expected sent, not-sent or dismissed, for example\n  ${EXAMPLE}`);
}
