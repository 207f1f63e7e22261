import { decideHold } from '../../flows/decide-hold.ts';
import type { App } from '../../app.ts';
import { isActive, type HoldDecision } from '../../domain/holds.ts';
import { audited } from '../audit.ts';
import type { Stage } from '../../store/documents.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, UsageError, type ExitCode } from '../exit-code.ts';
import { holdText } from '../hold-text.ts';
import { withStore } from '../with-store.ts';
import { oneOrder } from './one-order.ts';

const UNIT: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Makes one order wait. */
export const ordersHold: Command = {
  name: 'orders hold',
  about: 'make one order wait, until a person lets it go or for a while; what is with a provider is called back',
  operands: ['<number|id>'],
  options: {
    because: { value: 'TEXT', about: 'why, for whoever looks at it; nothing personal' },
    name: { value: 'NAME', about: 'by what it is let go (default: person)' },
    for: { value: 'TIME', about: 'from now on, for example 30m, 4h or 2d (default: until it is let go)' },
  },
  examples: ["crossdock orders hold '#1001' --because 'the buyer calls back' --for 4h"],
  async run(call) {
    const because = reasonOf(call, 'orders hold');
    const name = call.text('name') ?? 'person';
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
      throw new UsageError(`--name is "${name}": expected small letters, digits and hyphens, for example --name call`);
    const forMs = durationOf(call.text('for'));
    return withStore(call, async (app) => {
      const until = forMs === null ? null : app.flow.clock.now() + forMs;
      return decide(app, call, { what: 'hold', name, because, until });
    });
  },
};

/** Lets one hold of an order go. */
export const ordersUnhold: Command = {
  name: 'orders unhold',
  about: 'let one hold of an order go: a rule’s or a person’s by its name, risk or edit-window by its kind',
  operands: ['<number|id>', '<hold>'],
  options: { because: { value: 'TEXT', about: 'why; nothing personal' } },
  examples: ["crossdock orders unhold '#1001' large-order --because 'known customer'"],
  async run(call) {
    const [, name = ''] = call.operands;
    const because = call.text('because') ?? 'let go by a person';
    return withStore(call, async (app) => decide(app, call, { what: 'unhold', name, because, until: null }));
  },
};

async function decide(app: App, call: Call, decision: HoldDecision): Promise<ExitCode> {
  const { store, flow } = app;
  const [wanted = ''] = call.operands;
  const { id, number } = await oneOrder(store, wanted);
  const told =
    decision.what === 'hold' ? 'A hold of an order was asked for.' : 'Letting a hold of an order go was asked for.';
  const decided = await audited(app, told, { order: id, hold: decision.name }, () => decideHold(flow, id, decision));
  const holds = decided.filter((hold) => isActive(hold, flow.clock.now()));
  const [order] = await store.orders.readForAllocation([id]);
  const late = decision.what === 'hold' ? tooLate(order?.stage) : [];
  const workers = (await store.workers.alive(store.clock.now())).length;
  call.answer({ id, number, holds, workers }, () => [
    holds.length === 0 ? `Nothing holds order ${number} any more.` : `Order ${number} is held:`,
    ...holds.map((hold) => `  ${holdText(hold)}`),
    ...late,
    ...(workers > 0 ? [] : ['It takes effect when a worker is started: crossdock start, or crossdock once']),
  ]);
  return EXIT.ok;
}

/** What a hold cannot keep back any more. */
function tooLate(stage: Stage | undefined): string[] {
  if (stage === 'shipped') return ['All of it has left already: the hold keeps nothing back.'];
  if (stage === 'partly shipped') return ['A part of it has left already: the hold keeps back only the rest.'];
  if (stage === 'cancelled' || stage === 'history' || stage === 'nothing to ship')
    return ['Nothing of it is to be shipped by us: the hold keeps nothing back.'];
  return [];
}

function reasonOf(call: Call, command: string): string {
  const because = call.text('because')?.trim() ?? '';
  if (because !== '' && because.length <= 200) return because;
  throw new UsageError(
    `crossdock ${command}: expected --because with up to 200 characters, for example --because 'the buyer calls back'`,
  );
}

function durationOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, count, unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (UNIT[unit] ?? 0);
  throw new UsageError(`--for is "${text}": expected a time such as 30m, 4h or 2d`);
}
