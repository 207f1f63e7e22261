import { Binary } from 'bson';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { userInfo } from 'node:os';
import type { EffectDocument, EffectState, JobDocument } from '../../store/documents.ts';
import type { Store } from '../../store/open-store.ts';
import { EXIT } from '../exit-code.ts';
import { openTestCommand, type TestCommand } from '../test-command.ts';

const ORDER = 'ord_0123456789abcdefghijkl';
const CONFIRM = `confirm:${ORDER}:1:9:0`;
const NOW = new Date('2026-11-20T12:00:00Z');
const CAUSE = {
  fault: 'data',
  code: 'nothing-left',
  message: 'The shop refused.',
  remedy: 'Settle it.',
  field: null,
  needs: [],
  remoteId: null,
  at: NOW,
} as const;
let command: TestCommand;

beforeEach(() => {
  command = openTestCommand();
});
afterEach(() => {
  command.close();
});

function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  return command.withStore(work);
}

function effect(_id: string, verb: string, state: EffectState): EffectDocument {
  return {
    _id,
    v: 3,
    connection: 'harbour-us',
    verb,
    subject: ORDER,
    payload: new Binary(),
    hash: 'hash',
    state,
    token: 'token',
    settleAt: null,
    externalId: state === 'sent' ? '77' : null,
    attempts: 1,
    at: NOW,
    sentAt: NOW,
    cause: state === 'rejected' ? { ...CAUSE, needs: [] } : null,
  };
}

function parkedJob(): JobDocument {
  return {
    _id: `confirm-shipment:${ORDER}`,
    kind: 'confirm-shipment',
    lane: ORDER,
    connection: 'harbour-us',
    subject: ORDER,
    due: NOW,
    prio: 2,
    state: 'parked',
    wanted: 0,
    mark: 'a',
    owner: '',
    token: 'b',
    attempts: 1,
    at: NOW,
    cause: { ...CAUSE, needs: [] },
    last: null,
  };
}

function settle(key: string, ...as: string[]): ReturnType<TestCommand['run']> {
  return command.run('effects', 'settle', key, '--as', ...as, '--because', 'seen in the admin');
}

describe('crossdock effects settle', () => {
  it.each([
    ['sent', ['sent', '--id', '4711'], { state: 'sent', externalId: '4711' }],
    ['not sent', ['not-sent'], { state: 'ready', externalId: null, sentAt: null }],
    ['dismissed', ['dismissed'], { state: 'dismissed', externalId: null }],
  ])('as %s keeps the decision with its reason and lets the parked job go on', async (_, as, expected) => {
    await withStore(async ({ collections }) => {
      await collections.effects.insertOne(effect(CONFIRM, 'confirm', 'rejected'));
      await collections.jobs.insertOne(parkedJob());
    });
    const { exit, out } = await settle(CONFIRM, ...as);
    expect([exit, out]).toEqual([EXIT.ok, [`${CONFIRM} is settled as ${as[0] ?? ''}. 1 parked job goes on.`]]);
    await withStore(async (store) => {
      expect(await store.effects.get(CONFIRM)).toMatchObject({
        ...expected,
        decisions: [{ as: as[0], because: 'seen in the admin' }],
      });
      expect((await store.jobs.get(`confirm-shipment:${ORDER}`))?.state).toBe('ready');
    });
  });

  it('is kept in the log with the account that it ran under', async () => {
    await withStore(({ collections }) => collections.effects.insertOne(effect(CONFIRM, 'confirm', 'unsure')));
    await settle(CONFIRM, 'dismissed');
    const { out } = await command.run('log', '--audit', '--json');
    expect(JSON.parse(out.join('\n'))).toMatchObject([
      {
        message: 'Settling a request by hand was asked for.',
        audit: true,
        fields: { caller: `command line, ${userInfo().username}`, effect: CONFIRM, as: 'dismissed' },
      },
    ]);
  });

  it.each<[string, string, EffectState, string[], string]>([
    ['what is sent already', CONFIRM, 'sent', ['dismissed'], 'only what is unsure or rejected'],
    ['what a worker is at', CONFIRM, 'sending', ['not-sent'], 'try again in a minute'],
    ['a refused push, whose units are planned anew', `push:${ORDER}:1`, 'rejected', ['not-sent'], 'planned anew'],
    ['to dismiss a push', `push:${ORDER}:1`, 'unsure', ['dismissed'], 'cannot be dismissed'],
  ])('refuses %s and changes nothing', async (_, key, state, as, says) => {
    const before = effect(key, key.slice(0, key.indexOf(':')), state);
    await withStore(({ collections }) => collections.effects.insertOne(before));
    const { exit, noted } = await settle(key, ...as);
    expect([exit, noted]).toEqual([EXIT.refused, expect.stringContaining(says)]);
    await withStore(async (store) => {
      const after = await store.effects.get(key);
      expect([after?.v, after?.state]).toEqual([3, state]);
    });
  });

  it('says that there is no request of that name', async () => {
    const { exit, noted } = await settle('confirm:ord_none:1:1:0', 'dismissed');
    expect([exit, noted]).toEqual([
      EXIT.refused,
      expect.stringContaining('There is no request confirm:ord_none:1:1:0'),
    ]);
  });
});
