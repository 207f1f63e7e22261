import { Schema } from 'mongoose';
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
import { DOUBTFUL } from './doubtful.ts';
import type { BatchDocument, FactDocument, PublishedDocument } from './ledger-documents.ts';

/**
 * The collections with their indexes. Uniqueness lives in `_id` alone (a natural or derived key), so it also holds on a
 * sharded collection. Nested parts are Mixed: the repositories write them natively, typed by `documents.ts`, because
 * hydrating and casting them would cost more than the whole rest of the path.
 */
const options = { versionKey: false, minimize: false, strict: 'throw', autoCreate: false, autoIndex: false } as const;
const id = { type: String, required: true } as const;
const mixed = Schema.Types.Mixed;
const bytes = Schema.Types.Buffer;

const keys = new Schema<KeyDocument>({ _id: id, wrapped: bytes, at: Date, expires: Date }, options);
keys.index({ expires: 1 }, { expireAfterSeconds: 0 });

const raws = new Schema<RawDocument>(
  {
    _id: id,
    record: String,
    n: Number,
    connection: String,
    kind: String,
    order: String,
    externalId: String,
    version: Number,
    hash: String,
    at: Date,
    by: String,
    body: bytes,
  },
  options,
);
raws.index({ order: 1 }, { name: 'of_order', partialFilterExpression: { order: { $exists: true } } });

const orders = new Schema<OrderDocument>(
  {
    _id: id,
    v: Number,
    by: String,
    connection: String,
    company: String,
    externalId: String,
    number: String,
    version: Number,
    revision: Number,
    asks: Number,
    raw: mixed,
    mapping: String,
    stage: String,
    promise: Date,
    waiting: { type: [String], default: undefined },
    order: mixed,
    personal: bytes,
    problems: mixed,
    plan: mixed,
    fulfillments: mixed,
    recalled: mixed,
    decisions: mixed,
    trail: mixed,
  },
  options,
);
orders.index({ connection: 1, version: 1, _id: 1 });
orders.index({ number: 1 });
orders.index({ stage: 1 }, { name: 'held', partialFilterExpression: { stage: 'held' } });
orders.index({ waiting: 1, promise: 1 }, { partialFilterExpression: { waiting: { $exists: true } } });

const revisions = new Schema<RevisionDocument>(
  { _id: id, order: String, revision: Number, raw: mixed, mapping: String, at: Date, body: mixed, personal: bytes },
  options,
);

const levels = new Schema<LevelDocument>(
  {
    _id: id,
    v: Number,
    by: String,
    sku: String,
    location: String,
    onHand: Number,
    free: Number,
    backlog: Boolean,
    reserved: mixed,
    tail: mixed,
    pending: Number,
    countedAt: Date,
    leftAt: Date,
    at: Date,
  },
  options,
);
levels.index({ at: 1, _id: 1 });

const movements = new Schema<MovementDocument>(
  { _id: id, level: String, from: Number, to: Number, entries: mixed },
  options,
);

const jobs = new Schema<JobDocument>(
  {
    _id: id,
    kind: String,
    lane: String,
    connection: String,
    subject: String,
    due: Date,
    prio: Number,
    state: String,
    wanted: Number,
    mark: String,
    owner: String,
    token: String,
    attempts: Number,
    at: Date,
    cause: mixed,
    last: mixed,
  },
  options,
);
jobs.index({ kind: 1, prio: 1, due: 1 }, { partialFilterExpression: { state: 'ready' } });
jobs.index({ lane: 1 }, { name: 'lane_claimed', partialFilterExpression: { state: 'claimed' } });
jobs.index({ owner: 1 }, { name: 'owner_claimed', partialFilterExpression: { state: 'claimed' } });
jobs.index({ connection: 1 }, { name: 'connection_parked', partialFilterExpression: { state: 'parked' } });

const workers = new Schema<WorkerDocument>(
  { _id: id, host: String, pid: Number, started: Date, until: Date, state: String },
  options,
);
workers.index({ until: 1 }, { expireAfterSeconds: 86_400 });

const budgets = new Schema<BudgetDocument>(
  { _id: id, v: Number, tokens: Number, at: Date, closedUntil: Date, slots: mixed },
  options,
);
const cursors = new Schema<CursorDocument>({ _id: id, v: Number, cursor: String, at: Date }, options);
const connections = new Schema<ConnectionDocument>(
  {
    _id: id,
    v: Number,
    connector: String,
    company: String,
    mapping: String,
    switches: String,
    paused: mixed,
    lastPull: Date,
    pulledFrom: Date,
  },
  options,
);
const completeness = new Schema<CompletenessDocument>(
  {
    _id: id,
    connection: String,
    date: String,
    theirs: Number,
    ours: Number,
    missing: [String],
    stale: [String],
    listed: mixed,
    parked: [String],
    extra: [String],
    at: Date,
  },
  options,
);
const runs = new Schema<RunDocument>(
  {
    _id: id,
    connection: String,
    verb: String,
    startedAt: Date,
    endedAt: Date,
    pages: Number,
    seen: Number,
    stored: Number,
    unchanged: Number,
    error: String,
    expires: Date,
  },
  options,
);
runs.index({ connection: 1, startedAt: -1 });
runs.index({ startedAt: 1, _id: 1 });
runs.index({ expires: 1 }, { expireAfterSeconds: 0 });
const inbox = new Schema<InboxDocument>(
  {
    _id: id,
    connection: String,
    topic: String,
    kind: String,
    externalId: String,
    body: bytes,
    at: Date,
    seen: Boolean,
    expires: Date,
  },
  options,
);
inbox.index({ at: 1 }, { name: 'unseen', partialFilterExpression: { seen: false } });
inbox.index({ expires: 1 }, { expireAfterSeconds: 0 });
const effects = new Schema<EffectDocument>(
  {
    _id: id,
    v: Number,
    by: String,
    connection: String,
    verb: String,
    subject: String,
    payload: bytes,
    hash: String,
    state: String,
    token: String,
    settleAt: Date,
    externalId: String,
    attempts: Number,
    at: Date,
    sentAt: Date,
    cause: mixed,
    short: mixed,
    decisions: mixed,
  },
  options,
);
effects.index({ connection: 1, state: 1 });
effects.index({ subject: 1 });
effects.index({ at: 1, _id: 1 });
// The page of an admin asks for the newest of these again and again, and there are few of them among very many.
effects.index(
  { state: 1, at: 1, _id: 1 },
  { name: 'doubtful', partialFilterExpression: { state: { $in: [...DOUBTFUL] } } },
);

const log = new Schema<LogDocument>(
  {
    _id: id,
    at: Date,
    level: String,
    message: String,
    connection: String,
    order: String,
    job: String,
    run: String,
    audit: Boolean,
    fields: mixed,
    expires: Date,
  },
  options,
);
log.index({ order: 1 }, { name: 'of_order', partialFilterExpression: { order: { $exists: true } } });
log.index({ job: 1 }, { name: 'of_job', partialFilterExpression: { job: { $exists: true } } });
log.index({ expires: 1 }, { expireAfterSeconds: 0 });

const facts = new Schema<FactDocument>(
  {
    _id: id,
    order: String,
    n: Number,
    company: String,
    connection: String,
    currency: String,
    date: String,
    fact: mixed,
    entry: mixed,
    batch: String,
    open: Boolean,
    at: Date,
  },
  options,
);
facts.index({ connection: 1, currency: 1, date: 1 }, { name: 'open', partialFilterExpression: { open: true } });
facts.index({ batch: 1 });
facts.index({ order: 1 });

const batches = new Schema<BatchDocument>(
  {
    _id: id,
    v: Number,
    scope: String,
    company: String,
    connection: String,
    ledger: String,
    currency: String,
    date: String,
    version: Number,
    state: String,
    batch: mixed,
    externalId: String,
    at: Date,
    postedAt: Date,
    readAt: Date,
    differences: mixed,
    left: mixed,
    unmapped: mixed,
    cause: mixed,
  },
  options,
);
batches.index({ scope: 1, version: 1 });
batches.index({ ledger: 1, date: 1 });

const published = new Schema<PublishedDocument>(
  {
    _id: id,
    v: Number,
    connection: String,
    listing: String,
    item: String,
    location: String,
    seen: Number,
    seenAt: Date,
    sent: Number,
    sentAt: Date,
    wanted: Number,
    lost: Number,
    refused: String,
    gone: Boolean,
  },
  options,
);
published.index({ connection: 1, listing: 1 });

export const schemas = {
  keys,
  raws,
  orders,
  revisions,
  levels,
  movements,
  jobs,
  workers,
  budgets,
  cursors,
  connections,
  completeness,
  runs,
  inbox,
  effects,
  log,
  facts,
  batches,
  published,
};
