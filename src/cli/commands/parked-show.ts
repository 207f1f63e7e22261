import { SyncError } from '../../domain/errors.ts';
import { actorOf } from '../../queries/cases.ts';
import { EXIT } from '../exit-code.ts';
import type { Command } from '../command.ts';
import { moment } from '../table.ts';
import { withStore } from '../with-store.ts';

export const parkedShow: Command = {
  name: 'parked show',
  about: 'show one parked job: its cause in plain words, and what a person can do',
  operands: ['<key>'],
  options: {},
  examples: ['crossdock parked show account-order:ord_0123456789abcdefghijkl'],
  async run(call) {
    const [key = ''] = call.operands;
    return withStore(call, async ({ store }) => {
      const job = await store.jobs.get(key);
      if (job === null)
        throw new SyncError('data', `There is no job ${key}: it is done, or never was.`, {
          code: 'no-such-job',
          remedy: 'See: crossdock parked list',
        });
      const { _id, kind, connection, subject, state, due, attempts, at } = job;
      const why = job.cause ?? job.last;
      call.answer(
        { key: _id, kind, connection, subject, state, due, attempts, at, cause: job.cause, last: job.last },
        () => [
          `${_id}: ${state}${state === 'ready' ? `, due ${moment(due.getTime())}` : ''}`,
          `wanted since ${moment(at.getTime())}${connection === '' ? '' : `, of ${connection}`}, about ${subject}${attempts > 0 ? `, failed ${attempts} times` : ''}`,
          ...(why === null
            ? []
            : [
                `${why.code} (${why.fault}), for ${actorOf(why.code, why.fault)}, since ${moment(why.at.getTime())}`,
                ...(why.field === null ? [] : [`field: ${why.field}`]),
                ...(why.needs.length === 0 ? [] : [`needs: ${why.needs.join(', ')}`]),
                ...(why.remoteId === null ? [] : [`remote id: ${why.remoteId}`]),
                why.message,
                `→ ${why.remedy}`,
              ]),
        ],
      );
      return EXIT.ok;
    });
  },
};
