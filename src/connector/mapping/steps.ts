import { asSyncError, SyncError } from '../../domain/errors.ts';
import { businessDate, parseInstant } from '../../domain/time.ts';
import { BadText } from './bad-text.ts';
import type { CodeTable } from './mapping.ts';
import type { StepContent } from './rules-schema.ts';

/** One named function: a text, or nothing, becomes another. */
export type Step = (text: string | undefined) => string | undefined;

/** Our code of a remote's by one of the mapping's own tables; null where it is not mapped. */
export type LookUp = (table: CodeTable, remote: string) => string | null;

/**
 * A named function of a rule as a closure. What finds nothing there gives nothing, but `default`.
 * @throws BadText for a time zone that there is not
 */
export function compileStep(step: StepContent, code: LookUp): Step {
  if (step === 'trim') return given((text) => text.trim());
  if (step === 'lower') return given((text) => text.toLowerCase());
  if (step === 'upper') return given((text) => text.toUpperCase());
  if ('default' in step) return (text) => (text === undefined || text === '' ? step.default : text);
  if ('prefix' in step) return given((text) => `${step.prefix}${text}`);
  if ('suffix' in step) return given((text) => `${text}${step.suffix}`);
  if ('cut' in step) return given((text) => [...text].slice(0, step.cut).join(''));
  if ('map' in step) {
    const map = new Map(Object.entries(step.map));
    return given((text) => map.get(text) ?? map.get('*') ?? unmapped(text, '`map` of the rule', []));
  }
  if ('table' in step) {
    const { table } = step;
    return given((text) => code(table, text) ?? unmapped(text, `the table \`${table}\``, [`${table}/${text}`]));
  }
  return dateStep(step.date);
}

function given(change: (text: string) => string): Step {
  return (text) => (text === undefined || text === '' ? undefined : change(text));
}

function unmapped(text: string, where: string, needs: readonly string[]): never {
  const code = JSON.stringify(text.slice(0, 100));
  throw new SyncError('data', `${code} stands not in ${where}`, {
    needs,
    remedy: `Add ${code} to ${where}, or "*" for every other.`,
  });
}

/** The calendar day of an instant in a time zone, as YYYY-MM-DD. */
function dateStep(zone: string): Step {
  try {
    businessDate(0, zone);
  } catch (thrown) {
    throw new BadText(asSyncError(thrown).message, 0);
  }
  return given((text) => {
    try {
      return businessDate(parseInstant(text, 'date'), zone);
    } catch {
      throw new SyncError('data', 'what was found is no instant such as 2026-03-29T01:00:00Z', {
        remedy: 'Take `date` off the rule, or read another field.',
      });
    }
  });
}
