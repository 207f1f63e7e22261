import type { JobDocument, OrderDocument } from '../../src/store/documents.ts';
import type { Surroundings } from './worker.ts';

/** What stands in the store and in the remotes' own books when nothing is under way any more. */
export interface Left {
  readonly surroundings: Surroundings;
  readonly orders: readonly OrderDocument[];
  readonly jobs: readonly JobDocument[];
  readonly broken: string[];
}
