import { COMPARISONS, type ComparisonContent, type WhenContent } from './conditions-schema.ts';
import { compileExpression, type Evaluate } from './expression.ts';
import { compilePath, type Scope } from './path.ts';
import { textOf } from './text-of.ts';

/** Whether a condition holds. `here` answers at once, which is cheaper; an expression has to be waited for. */
export type Condition =
  | { readonly kind: 'here'; readonly holds: (scope: Scope) => boolean }
  | { readonly kind: 'expr'; readonly evaluate: Evaluate };

const ALWAYS: Condition = { kind: 'here', holds: () => true };

/**
 * A condition as it is asked for each order; without one it always holds. A path at which nothing stands is none of what
 * it is compared with: only `is-not` and `exists: false` hold then.
 * @throws BadText where a path or the expression cannot be read
 */
export function compileCondition(when: WhenContent | undefined): Condition {
  if (when === undefined) return ALWAYS;
  if ('expr' in when) return { kind: 'expr', evaluate: compileExpression(when.expr) };
  const all = (Array.isArray(when) ? when : [when]).map(compileComparison);
  return { kind: 'here', holds: (scope) => all.every((holds) => holds(scope)) };
}

function compileComparison(comparison: ComparisonContent): (scope: Scope) => boolean {
  const read = compilePath(comparison.path);
  const holds = testOf(comparison);
  return (scope) => holds(read(scope));
}

function testOf(comparison: ComparisonContent): (value: unknown) => boolean {
  const [name] = COMPARISONS.filter((one) => comparison[one] !== undefined);
  switch (name) {
    case 'is':
      return (value) => textOf(value) === String(comparison.is);
    case 'is-not':
      return (value) => textOf(value) !== String(comparison['is-not']);
    case 'in': {
      const listed = new Set((comparison.in ?? []).map(String));
      return (value) => listed.has(textOf(value) ?? '');
    }
    case 'contains': {
      const part = comparison.contains ?? '';
      return (value) =>
        Array.isArray(value) ? value.some((entry) => textOf(entry) === part) : (textOf(value) ?? '').includes(part);
    }
    case 'above':
      return (value) => compareDecimals(textOf(value), String(comparison.above)) === 1;
    case 'below':
      return (value) => compareDecimals(textOf(value), String(comparison.below)) === -1;
    default:
      return (value) => (textOf(value) !== undefined) === (comparison.exists ?? true);
  }
}

const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/;

/** −1, 0 or 1 as two decimal texts compare, exactly; null where the first is none. */
function compareDecimals(one: string | null | undefined, other: string): number | null {
  const [a, b] = [DECIMAL.exec(one ?? ''), DECIMAL.exec(other)];
  if (a === null || b === null) return null;
  const digits = Math.max(a[3]?.length ?? 0, b[3]?.length ?? 0);
  const [left, right] = [scaled(a, digits), scaled(b, digits)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled([, sign, whole = '', fraction = '']: RegExpExecArray, digits: number): bigint {
  const size = BigInt(whole + fraction.padEnd(digits, '0'));
  return sign === '-' ? 0n - size : size;
}
