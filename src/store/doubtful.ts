import type { EffectState } from './documents.ts';

/** How a request stands that a person may have to look at: its outcome is unknown, or it was refused. */
export const DOUBTFUL = ['unsure', 'rejected', 'parked'] as const satisfies readonly EffectState[];
