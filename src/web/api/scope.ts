import type { Caller, Scope } from '../tokens.ts';
import { Refusal } from './problem.ts';

/** @throws Refusal 403 that names the missing scope */
export function requireScope(caller: Caller | null, scope: Scope): void {
  if (caller?.scopes.includes(scope) === true) return;
  throw new Refusal(
    403,
    'missing-scope',
    `The token ${caller?.name ?? ''} lacks the scope "${scope}".`,
    `Add ${scope} to its scopes under web.tokens in the configuration and restart, or use another token.`,
  );
}
