import type { ZodType } from 'zod';
import type { Call } from './calls.ts';
import type { ShipBobClient } from './client.ts';

interface Listed<T> {
  readonly items?: readonly T[] | null | undefined;
  readonly next?: string | null | undefined;
}

/** The items of a list that names its next page in the answer, all pages one after the other. */
export async function* itemsOf<T>(
  client: ShipBobClient,
  call: (next: string | null) => Call,
  schema: ZodType<Listed<T>>,
  signal?: AbortSignal,
): AsyncIterable<T> {
  let next: string | null = null;
  do {
    const { value }: { readonly value: Listed<T> | null } = await client.ask(call(next), schema, signal);
    yield* value?.items ?? [];
    next = value?.next ?? null;
  } while (next !== null);
}
