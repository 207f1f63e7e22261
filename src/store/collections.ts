import type { Collection, Connection } from 'mongoose';
import type {
  BudgetDocument,
  CompletenessDocument,
  ConnectionDocument,
  CursorDocument,
  EffectDocument,
  InboxDocument,
  JobDocument,
  KeyDocument,
  LevelDocument,
  LogDocument,
  MovementDocument,
  OrderDocument,
  RawDocument,
  RevisionDocument,
  RunDocument,
  WorkerDocument,
} from './documents.ts';
import type { BatchDocument, FactDocument, PublishedDocument } from './ledger-documents.ts';
import { schemas } from './schemas.ts';

/** The collections as the repositories reach them: natively, lean, typed by their documents. */
export interface Collections {
  readonly keys: Collection<KeyDocument>;
  readonly raws: Collection<RawDocument>;
  readonly orders: Collection<OrderDocument>;
  readonly revisions: Collection<RevisionDocument>;
  readonly levels: Collection<LevelDocument>;
  readonly movements: Collection<MovementDocument>;
  readonly jobs: Collection<JobDocument>;
  readonly workers: Collection<WorkerDocument>;
  readonly budgets: Collection<BudgetDocument>;
  readonly cursors: Collection<CursorDocument>;
  readonly connections: Collection<ConnectionDocument>;
  readonly completeness: Collection<CompletenessDocument>;
  readonly runs: Collection<RunDocument>;
  readonly inbox: Collection<InboxDocument>;
  readonly effects: Collection<EffectDocument>;
  readonly log: Collection<LogDocument>;
  readonly facts: Collection<FactDocument>;
  readonly batches: Collection<BatchDocument>;
  readonly published: Collection<PublishedDocument>;
}

/** Registers every schema on the connection, creates what is missing and builds all indexes. Repeatable; safe beside other workers. */
export async function prepareCollections(connection: Connection): Promise<Collections> {
  for (const [name, schema] of Object.entries(schemas)) {
    const model = connection.model(name, schema, name);
    await model.createCollection();
    await model.createIndexes();
  }
  return {
    keys: connection.collection<KeyDocument>('keys'),
    raws: connection.collection<RawDocument>('raws'),
    orders: connection.collection<OrderDocument>('orders'),
    revisions: connection.collection<RevisionDocument>('revisions'),
    levels: connection.collection<LevelDocument>('levels'),
    movements: connection.collection<MovementDocument>('movements'),
    jobs: connection.collection<JobDocument>('jobs'),
    workers: connection.collection<WorkerDocument>('workers'),
    budgets: connection.collection<BudgetDocument>('budgets'),
    cursors: connection.collection<CursorDocument>('cursors'),
    connections: connection.collection<ConnectionDocument>('connections'),
    completeness: connection.collection<CompletenessDocument>('completeness'),
    runs: connection.collection<RunDocument>('runs'),
    inbox: connection.collection<InboxDocument>('inbox'),
    effects: connection.collection<EffectDocument>('effects'),
    log: connection.collection<LogDocument>('log'),
    facts: connection.collection<FactDocument>('facts'),
    batches: connection.collection<BatchDocument>('batches'),
    published: connection.collection<PublishedDocument>('published'),
  };
}
