import { describe, expect, it } from '@jest/globals';
import { openRig } from '../../test/flows/rig.ts';
import { flowHandlers } from './handlers.ts';
import { KIND, REMOTE_KINDS } from './wanted.ts';

describe('the kinds of jobs', () => {
  it('have a handler each, and those whose request may outlive its worker ask a remote', async () => {
    const rig = await openRig();
    const handlers = flowHandlers(rig.flow);
    await rig.close();
    expect(handlers.map(({ kind }) => kind).toSorted()).toEqual(Object.values(KIND).toSorted());
    const writing = handlers.filter(({ requestMs }) => requestMs > 0).map(({ kind }) => kind);
    expect(writing.filter((kind) => !REMOTE_KINDS.includes(kind))).toEqual([]);
    expect(writing).toContain('post-batch');
  });
});
