import { describe, expect, it } from '@jest/globals';
import { decidedHolds, type HoldDecision } from './holds.ts';
import type { Hold } from './order.ts';

const risk: Hold = { kind: 'risk', reason: 'high', until: null };
const rule: Hold = { kind: 'rule', name: 'large', reason: 'Over 1,000', until: null };
const unpaid: Hold = { kind: 'unpaid', reason: 'pending', until: null };
const decision = (what: HoldDecision['what'], name: string): HoldDecision => ({
  what,
  name,
  because: 'so',
  until: null,
});

describe('holds that people decided on', () => {
  it('are those that were found, where nobody decided anything', () => {
    const found = [risk, rule];
    expect(decidedHolds(found, [])).toBe(found);
  });

  it('that were let go stay so, by name or, of the channel’s, by kind', () => {
    expect(decidedHolds([risk, rule, unpaid], [decision('unhold', 'large')])).toEqual([risk, unpaid]);
    expect(decidedHolds([risk, rule, unpaid], [decision('unhold', 'risk')])).toEqual([rule, unpaid]);
  });

  it('that only the channel can end stay, whatever was decided', () => {
    expect(decidedHolds([unpaid], [decision('unhold', 'unpaid')])).toEqual([unpaid]);
  });

  it('by a person stand until they are let go, and can be set again', () => {
    const person: Hold = { kind: 'person', name: 'call', reason: 'so', until: null };
    expect(decidedHolds([], [decision('hold', 'call')])).toEqual([person]);
    expect(decidedHolds([], [decision('hold', 'call'), decision('unhold', 'call')])).toEqual([]);
    expect(decidedHolds([], [decision('hold', 'call'), decision('unhold', 'call'), decision('hold', 'call')])).toEqual([
      person,
    ]);
  });
});
