import { SyncError } from '../../domain/errors.ts';
import type { Hold, Order, OrderLine } from '../../domain/order.ts';
import { compileCondition, type Condition } from './conditions.ts';
import { compileExpression, failureOf, limitOf, type Evaluate } from './expression.ts';
import type { Mapping } from './mapping.ts';
import type { OrderRules } from './order-rules.ts';
import { compilePath, type Reader, type Scope } from './path.ts';
import type { HoldContent, RuleContent } from './rules-schema.ts';
import { compileStep, type Step } from './steps.ts';
import { kindOf, textOf } from './text-of.ts';

/** Where a rule or a hold stands, for its messages: `mappings/shop.yaml:12`. */
export type PlaceOf = (path: readonly (string | number)[]) => string;

/** Texts longer than this are no field of an order. */
const LONGEST = 1_000;

interface Rule {
  readonly to: string;
  readonly place: string;
  readonly read: Reader | null;
  readonly evaluate: Evaluate | null;
  readonly steps: readonly Step[];
  readonly when: Condition;
  readonly each: Reader | null;
  readonly id: Reader;
}

interface RuleHold {
  readonly place: string;
  readonly hold: Omit<Hold, 'until'>;
  readonly forMs: number | null;
  readonly when: Condition;
}

/** Compiles the rules and holds of a checked mapping; null where it has none. @throws BadText for what cannot be read */
export function compileRules(
  content: { readonly rules?: readonly RuleContent[] | undefined; readonly holds?: readonly HoldContent[] | undefined },
  mapping: Pick<Mapping, 'code' | 'listing'>,
  placeOf: PlaceOf,
): OrderRules | null {
  const rules = (content.rules ?? []).map((rule, at) => compileRule(rule, mapping, placeOf(['rules', at])));
  const holds = (content.holds ?? []).map((hold, at) => compileHold(hold, placeOf(['holds', at])));
  if (rules.length === 0 && holds.length === 0) return null;
  const lineRules = rules.filter(({ to }) => to.startsWith('line.'));
  const orderRules = rules.filter(({ to }) => !to.startsWith('line.'));
  return {
    async apply(body, order) {
      const record = recordOf(body, order);
      let made = order;
      const scope = scopeOf(record, order);
      for (const rule of orderRules) {
        const text = await textBy(rule, scope, order);
        if (text !== undefined) made = withField(made, rule.to, text);
      }
      if (lineRules.length > 0) made = { ...made, lines: await linesBy(lineRules, record, order, mapping) };
      return withHolds(made, holds, record);
    },
  };
}

/** One rule. @throws BadText */
export function compileRule(rule: RuleContent, mapping: Pick<Mapping, 'code'>, place: string): Rule {
  const steps = rule.then === undefined ? [] : Array.isArray(rule.then) ? rule.then : [rule.then];
  return {
    to: rule.to,
    place,
    read: rule.from === undefined ? null : compilePath(rule.from),
    evaluate: rule.expr === undefined ? null : compileExpression(rule.expr),
    steps: steps.map((step) => compileStep(step, (table, remote) => mapping.code(table, remote))),
    when: compileCondition(rule.when),
    each: rule.each === undefined ? null : compilePath(rule.each),
    id: compilePath(rule.id ?? 'id'),
  };
}

function compileHold(content: HoldContent, place: string): RuleHold {
  const { name, because, who } = content;
  return {
    place,
    hold: { kind: 'rule', name, reason: who === undefined ? because : `${because} (for ${who})` },
    forMs: content.for === undefined ? null : durationOf(content.for),
    when: compileCondition(content.when),
  };
}

const UNIT = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration as it is written: `30m`, `4h`, `2d`, in milliseconds. */
export function durationOf(text: string): number {
  const unit = text.endsWith('m') ? UNIT.m : text.endsWith('h') ? UNIT.h : UNIT.d;
  return Number(text.slice(0, -1)) * unit;
}

function scopeOf(record: unknown, { personal: _personal, ...order }: Order): Scope {
  return { record, order, line: undefined, here: record };
}

function recordOf(body: string, order: Order): unknown {
  try {
    const record: unknown = JSON.parse(body);
    return record;
  } catch {
    throw new SyncError('data', `The record of order ${order.number} is not JSON, and field rules read JSON only.`, {
      code: 'mapping-rule',
      remedy: 'Take `rules` and `holds` out of the mapping of this connection.',
      remoteId: order.externalId,
    });
  }
}

async function linesBy(
  rules: readonly Rule[],
  record: unknown,
  order: Order,
  mapping: Pick<Mapping, 'listing'>,
): Promise<OrderLine[]> {
  const scope = scopeOf(record, order);
  const made = new Map(order.lines.map((line) => [line.externalId, line]));
  for (const rule of rules) {
    const list = rule.each?.(scope);
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list))
      throw ruleFailed(rule.place, rule.to, order, `\`each\` found ${kindOf(list)}; expected a list`);
    for (const here of list) {
      const line = made.get(textOf(rule.id({ ...scope, here })) ?? '');
      // A tip and a gift card are money; what they are called moves no goods.
      if (line === undefined || line.kind === 'tip' || line.kind === 'gift-card') continue;
      const text = await textBy(rule, { ...scope, here, line }, order);
      if (text !== undefined) made.set(line.externalId, withLineField(line, rule.to, text, mapping));
    }
  }
  return order.lines.map((line) => made.get(line.externalId) ?? line);
}

async function textBy(rule: Rule, scope: Scope, order: Order): Promise<string | undefined> {
  try {
    if (!(await applies(rule.when, scope))) return undefined;
    let text = rule.evaluate === null ? pathText(rule.read?.(scope)) : exprText(await rule.evaluate(scope));
    for (const step of rule.steps) text = step(text);
    if (text === undefined || text === '') return undefined;
    if (text.length > LONGEST)
      throw new Refused(`it gave a text of ${text.length} characters; at most ${LONGEST} are kept`);
    return text;
  } catch (thrown) {
    throw failed(thrown, rule.place, rule.to, order);
  }
}

/** A value that a rule cannot use. */
class Refused extends Error {}

function pathText(value: unknown): string | undefined {
  const text = textOf(value);
  if (text !== null) return text;
  throw new Refused(`\`from\` found ${kindOf(value)}; expected a text or a number`);
}

/** A number is refused: JSONata reckons in floats, and 0.1 + 0.2 would land in the order as 0.30000000000000004. */
function exprText(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw new Refused(`\`expr\` gave ${kindOf(value)}; expected a text: write $string(…)`);
}

async function applies(when: Condition, scope: Scope): Promise<boolean> {
  if (when.kind === 'here') return when.holds(scope);
  const holds = await when.evaluate(scope);
  if (holds === undefined || typeof holds === 'boolean') return holds ?? false;
  throw new Refused(`\`when\` gave ${kindOf(holds)}; expected true or false: compare it, or write $boolean(…)`);
}

async function withHolds(order: Order, holds: readonly RuleHold[], record: unknown): Promise<Order> {
  // Nothing of a cancelled order waits.
  if (order.cancelledAt !== null || holds.length === 0) return order;
  const scope = scopeOf(record, order);
  const found: Hold[] = [];
  for (const { place, hold, forMs, when } of holds) {
    try {
      if (await applies(when, scope)) found.push({ ...hold, until: forMs === null ? null : order.placedAt + forMs });
    } catch (thrown) {
      throw failed(thrown, place, `hold ${hold.name ?? ''}`, order);
    }
  }
  return found.length === 0 ? order : { ...order, holds: [...order.holds, ...found] };
}

function withField(order: Order, to: string, text: string): Order {
  if (to === 'method') return { ...order, method: text };
  if (to === 'note') return { ...order, personal: { ...order.personal, note: text } };
  const name = to.slice(to.lastIndexOf('.') + 1);
  if (!to.startsWith('personal.')) return { ...order, attributes: { ...order.attributes, [name]: text } };
  return { ...order, personal: { ...order.personal, attributes: { ...order.personal.attributes, [name]: text } } };
}

function withLineField(line: OrderLine, to: string, text: string, mapping: Pick<Mapping, 'listing'>): OrderLine {
  if (to !== 'line.listing') {
    const name = to.slice(to.lastIndexOf('.') + 1);
    return { ...line, attributes: { ...line.attributes, [name]: text } };
  }
  const { sku, components } = mapping.listing(text);
  return { ...line, listing: text, sku, components };
}

function failed(thrown: unknown, place: string, to: string, order: Order): SyncError {
  const limit = limitOf(thrown);
  if (limit !== null) return ruleFailed(place, to, order, limit);
  if (thrown instanceof Refused) return ruleFailed(place, to, order, thrown.message);
  if (!(thrown instanceof SyncError)) return ruleFailed(place, to, order, failureOf(thrown));
  // What was found for a personal field is not repeated.
  if (to === 'note' || to.startsWith('personal.')) return ruleFailed(place, to, order, 'what was found is in no table');
  return ruleFailed(place, to, order, thrown.message, thrown);
}

function ruleFailed(place: string, to: string, order: Order, says: string, cause?: SyncError): SyncError {
  const remedy = cause?.remedy ?? 'Correct the rule, or give it a `when` that leaves such orders out.';
  return new SyncError('data', `The rule for ${to} (${place}) failed on order ${order.number}: ${says}.`, {
    code: 'mapping-rule',
    field: to,
    needs: cause?.needs ?? [],
    remedy: `${remedy} Try it with \`crossdock mapping try\`; what is parked goes on with the new mapping.`,
    remoteId: order.externalId,
  });
}
