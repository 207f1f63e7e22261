import { SyncError } from '../errors.ts';
import { contentHash } from '../ids.ts';
import type { JournalEntry, Posting } from './entries.ts';
import type { AccountKind } from './fact.ts';

/** What a posting is looked up by. Null where it has none: only a rule that does not ask for it fits. */
export interface PostingFacts {
  readonly company: string;
  /** The connection that sold. */
  readonly channel: string;
  readonly gateway: string | null;
  readonly kind: AccountKind;
  readonly jurisdiction: string | null;
  readonly currency: string;
  readonly location: string | null;
}

/** Postings for which all of `when` holds go to this account of the ERP, with these dimensions (department, class, …). */
export interface AccountRule {
  readonly when: Partial<{ readonly [Field in keyof PostingFacts]: NonNullable<PostingFacts[Field]> }>;
  readonly account: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Rules of one version. The version is made of what they say, so the same rules are the same version everywhere. */
export interface AccountMap {
  readonly version: string;
  /** Most conditions first. */
  readonly rules: readonly AccountRule[];
}

export interface MappedAccount {
  readonly account: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The order in which conditions weigh where two rules have as many: the first field that only one asks for decides. */
const WEIGHT: readonly (keyof PostingFacts)[] = [
  'kind',
  'company',
  'channel',
  'currency',
  'gateway',
  'jurisdiction',
  'location',
];

/**
 * A map of rules, the most specific first: more conditions before fewer; among as many, the one that asks for the kind,
 * then company, channel, currency, gateway, jurisdiction, location.
 * @throws SyncError `config` for a rule without an account, or two rules with the same conditions: neither may be guessed.
 */
export function accountMap(rules: readonly AccountRule[]): AccountMap {
  const seen = new Map<string, number>();
  for (const [position, rule] of rules.entries()) {
    const key = conditions(rule);
    const twin = seen.get(key);
    if (rule.account.trim() === '') throw wrongRule(position, 'names no account', 'Give it the account of the ERP.');
    if (twin !== undefined) {
      const text = `has the same conditions as rule ${twin + 1} (${key === '' ? 'none' : key})`;
      throw wrongRule(position, text, 'Remove one of the two, or add a condition to one.');
    }
    seen.set(key, position);
  }
  const sorted = [...rules].sort(bySpecificity);
  return { version: contentHash(JSON.stringify(sorted.map(canonical))), rules: sorted };
}

/** The account of a posting by the first rule that fits, most specific first; null = unmapped, to be listed, never guessed. */
export function accountFor(map: AccountMap, facts: PostingFacts): MappedAccount | null {
  const rule = map.rules.find(({ when }) =>
    WEIGHT.every((field) => when[field] === undefined || when[field] === facts[field]),
  );
  return rule === undefined ? null : { account: rule.account, dimensions: rule.dimensions ?? {} };
}

/** What a posting of an entry is looked up by. */
export function factsOfPosting(entry: JournalEntry, posting: Posting): PostingFacts {
  return {
    company: entry.company,
    channel: entry.connection,
    gateway: posting.gateway,
    kind: posting.kind,
    jurisdiction: posting.jurisdiction,
    currency: entry.currency,
    location: posting.location,
  };
}

/** What an account is wanted for, as a person reads it: `clearing, gateway card, EUR, company acme, channel shop`. */
export function describePosting(facts: PostingFacts): string {
  const parts: string[] = [facts.kind];
  if (facts.gateway !== null) parts.push(`gateway ${facts.gateway}`);
  if (facts.jurisdiction !== null) parts.push(`jurisdiction ${facts.jurisdiction}`);
  if (facts.location !== null) parts.push(`location ${facts.location}`);
  return [...parts, facts.currency, `company ${facts.company}`, `channel ${facts.channel}`].join(', ');
}

function bySpecificity(one: AccountRule, other: AccountRule): number {
  const more = Object.keys(other.when).length - Object.keys(one.when).length;
  if (more !== 0) return more;
  for (const field of WEIGHT) {
    const [here, there] = [one.when[field], other.when[field]];
    if ((here === undefined) !== (there === undefined)) return here === undefined ? 1 : -1;
  }
  const [here, there] = [conditions(one), conditions(other)];
  return here < there ? -1 : here > there ? 1 : 0;
}

function conditions(rule: AccountRule): string {
  return WEIGHT.filter((field) => rule.when[field] !== undefined)
    .map((field) => `${field} ${rule.when[field] ?? ''}`)
    .join(', ');
}

/** A rule as text that does not depend on how its fields were written down. */
function canonical({ when, account, dimensions }: AccountRule): unknown {
  const sortedDimensions = Object.entries(dimensions ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return [WEIGHT.map((field) => when[field] ?? null), account, sortedDimensions];
}

function wrongRule(position: number, what: string, remedy: string): SyncError {
  return new SyncError('config', `Rule ${position + 1} of the account map ${what}`, {
    code: 'account-map',
    field: `accounts[${position}]`,
    remedy,
  });
}
