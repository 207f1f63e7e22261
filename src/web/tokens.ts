import { createHash, timingSafeEqual } from 'node:crypto';

/** `read` sees everything but what is personal; `personal` sees that too, on request; `operate` may replay and pull. */
export type Scope = 'read' | 'operate' | 'personal';

/** Who asks. */
export interface Caller {
  /** The name of the token in the configuration. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export interface AccessToken extends Caller {
  readonly token: string;
}

/** The tokens by which the API and the page may be used. */
export interface Tokens {
  /** Whether any is configured. Without one nobody gets in. */
  readonly any: boolean;
  /** Whose token that is; null = nobody's. Takes the same time whether it is nearly right or not at all. */
  callerOf(token: string): Caller | null;
  /** The caller of that name, as it is configured now. */
  named(name: string): Caller | null;
}

export function openTokens(configured: readonly AccessToken[]): Tokens {
  const known = configured.map(({ name, scopes, token }) => ({ caller: { name, scopes }, digest: digestOf(token) }));
  return {
    any: known.length > 0,
    callerOf(token) {
      const digest = digestOf(token);
      let found: Caller | null = null;
      // Every one is compared, also behind the right one.
      for (const { caller, digest: own } of known) if (timingSafeEqual(digest, own)) found = caller;
      return found;
    },
    named: (name) => known.find(({ caller }) => caller.name === name)?.caller ?? null,
  };
}

/** Of one length whatever the text, so that nothing but a digest is ever compared. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
