import type { Binary } from 'bson';
import type { Fault } from '../domain/errors.ts';
import type { CompanyId, ConnectionId, ExternalId, LineId, LocationId, OrderId, Sku } from '../domain/ids.ts';
import type { HoldDecision } from '../domain/holds.ts';
import type { Order } from '../domain/order.ts';
import type { LogLevel } from '../domain/ports.ts';
import type { Reservation } from '../domain/stock.ts';
import type { ConsumedLine, FulfillmentPart } from './fulfillment-documents.ts';

/**
 * The shapes in which things are kept. Every document that is changed carries `v` (or a token): each change is a
 * compare-and-set on it, so that what one worker read and another has changed since is refused, never overwritten.
 */

/** The data key of one subject (an order), wrapped by the master key. Destroying this document erases what it sealed. */
export interface KeyDocument {
  _id: string;
  /** nonce 12 · ciphertext 32 · tag 16 */
  wrapped: Binary;
  at: Date;
  /** When retention ends: the store removes the key by itself. */
  expires: Date | null;
}

/** One observation of a remote record. `_id` is `<record id>#<n>`: n counts the observations of that record from 1. */
export interface RawDocument {
  _id: string;
  record: string;
  n: number;
  connection: ConnectionId;
  kind: 'order' | 'shipment';
  /** Of a shipment: the order that it belongs to. */
  order?: OrderId;
  externalId: ExternalId;
  /** The remote's version of the record, which only grows. */
  version: number;
  hash: string;
  at: Date;
  /**
   * `id` = asked for by its id, which settles what a list left open: two contents of one version. `bulk` = an export,
   * whose text of the same record may differ and proves nothing against another's of the same version.
   */
  by: 'list' | 'id' | 'bulk';
  /** Deflated and sealed under the record's data key. */
  body: Binary;
}

/** The canonical order without what is sealed or stands beside it in the document. */
export type StoredOrder = Omit<Order, 'id' | 'connection' | 'company' | 'externalId' | 'number' | 'personal'>;

export interface PlannedLine {
  line: LineId;
  sku: Sku;
  location: LocationId;
  quantity: number;
}

/** What was decided for an order. It is set, at a new `rev`, before any level is touched. */
export interface PlanDocument {
  rev: number;
  /** The order revision that it was made for. */
  revision: number;
  lines: PlannedLine[];
  /** What the plan before reserved and this one does not undo by itself: released before anything is reserved. Empty once applied. */
  prior: PlannedLine[];
  waiting: { line: LineId; sku: Sku; quantity: number; cause: 'short' | 'backlog' | 'company' | 'location' }[];
  why: { line: LineId; location: LocationId; verdict: string; reason: string }[];
  /** What left since, not yet taken off its levels for certain; empty once applied. Absent = nothing. */
  consumed?: ConsumedLine[];
  applied: boolean;
  at: Date;
}

/** What a person decided about a hold of an order, and when. */
export interface HoldDecisionEntry extends HoldDecision {
  readonly at: Date;
}

/** One step in the life of an order, appended with the write that made it. */
export interface TrailEntry {
  at: Date;
  step: string;
  text: string;
  /** The remote's id, the raw record or the job that the step came from. */
  ref: string | null;
}

/** Why the order cannot be booked yet: finance's problem, not fulfillment's. */
export interface BookingProblem {
  code: string;
  message: string;
  remedy: string;
  field: string | null;
  needs: string[];
}

export type Stage =
  | 'captured'
  | 'held'
  | 'waiting'
  | 'partly allocated'
  | 'allocated'
  | 'partly pushed'
  | 'pushed'
  | 'partly shipped'
  | 'shipped'
  | 'nothing to ship'
  | 'cancelled'
  | 'history';

export interface OrderDocument {
  _id: OrderId;
  v: number;
  /** The token of the write that made this version, by which a writer knows its own. */
  by: string;
  connection: ConnectionId;
  company: CompanyId;
  externalId: ExternalId;
  number: string;
  /** The remote version of the newest applied observation. */
  version: number;
  revision: number;
  /** The newest revision that changed what providers are asked for: one that refused an older one may be asked again. */
  asks?: number;
  raw: { n: number; hash: string; by: RawDocument['by'] };
  mapping: string;
  stage: Stage;
  /** Oldest first gets short stock. */
  promise: Date;
  /** Our SKUs that the order waits for; absent while it waits for none, so that the index holds only those that do. */
  waiting?: Sku[];
  order: StoredOrder;
  /** Deflated and sealed under the order's data key: `Personal`. */
  personal: Binary;
  problems: BookingProblem[];
  plan: PlanDocument | null;
  /** What was asked of providers, oldest first. Absent = nothing yet. */
  fulfillments?: FulfillmentPart[];
  /** By provider: when it was asked, after a restore, what it held of the order. Absent = none was. */
  recalled?: Record<ConnectionId, Date>;
  /** What people decided about its holds, oldest first: appended, never edited. Absent = nothing. */
  decisions?: HoldDecisionEntry[];
  trail: TrailEntry[];
}

/** A superseded revision. `_id` is `<order id>#<revision>`. */
export interface RevisionDocument {
  _id: string;
  order: OrderId;
  revision: number;
  raw: { n: number; hash: string };
  mapping: string;
  at: Date;
  body: StoredOrder;
  personal: Binary;
}

/** One change of a level, at its version `v`. */
export interface MovementEntry {
  v: number;
  at: Date;
  /** `rebuilt`: what stood there was no longer what its movements add up to, and was put back to that. */
  kind: 'counted' | 'reserved' | 'released' | 'shipped' | 'queued' | 'unqueued' | 'rebuilt';
  onHand: number;
  free: number;
  /** Which order lines, with signed units reserved. Empty for a count. */
  lines: { order: OrderId; line: LineId; quantity: number; revision: number }[];
  cause: string;
}

/** `_id` is `<sku>@<location>`. */
export interface LevelDocument {
  _id: string;
  v: number;
  /** The token of the write that made this version, by which a writer knows its own. */
  by: string;
  sku: Sku;
  location: LocationId;
  onHand: number;
  free: number;
  /** Older promises wait for this SKU: new orders queue behind them. */
  backlog: boolean;
  reserved: Reservation[];
  /** The newest movements, not yet copied to `movements`. */
  tail: MovementEntry[];
  /** How many stand in the tail: planning need not read them. */
  pending: number;
  /** Since when the source says so. */
  countedAt: Date;
  /** When the last unit that we took off had left. Two parcels may be seen in another order than they left in. */
  leftAt?: Date;
  /** When it last changed: what is to be published since then. */
  at: Date;
}

/** Movements that left a level's tail. `_id` is `<level id>#<last v>`; the entries are contiguous in v. */
export interface MovementDocument {
  _id: string;
  level: string;
  from: number;
  to: number;
  entries: MovementEntry[];
}

export type JobState = 'ready' | 'claimed' | 'parked';

/** Why a job was parked, in words for the person who will mend it. */
export interface ParkCause {
  fault: Fault;
  code: string;
  message: string;
  remedy: string;
  field: string | null;
  needs: string[];
  remoteId: string | null;
  at: Date;
}

/** A finished job is removed: what is wanted again is enqueued again. */
export interface JobDocument {
  _id: string;
  kind: string;
  lane: string;
  connection: ConnectionId;
  /** The record, SKU or level that the work is about. */
  subject: string;
  due: Date;
  /** Smaller goes first. */
  prio: number;
  state: JobState;
  /** The newest version that is wanted done. */
  wanted: number;
  /** Changed by every trigger that has no version of its own. */
  mark: string;
  owner: string;
  /** Changed by every claim: what an earlier claim writes is refused. */
  token: string;
  attempts: number;
  /** Since when it is under way: of what follows from another job, since when that one was. */
  at: Date;
  cause: ParkCause | null;
  /** The last failure of a job that is tried again. */
  last: ParkCause | null;
}

export interface WorkerDocument {
  _id: string;
  host: string;
  pid: number;
  started: Date;
  until: Date;
  state: 'alive' | 'dead' | 'gone';
}

export interface BudgetDocument {
  _id: string;
  v: number;
  tokens: number;
  at: Date;
  /** The remote refused: nothing is drawn before. */
  closedUntil: Date;
  slots: { holder: string; until: Date }[];
}

export interface CursorDocument {
  _id: string;
  v: number;
  cursor: string;
  at: Date;
}

export interface ConnectionDocument {
  _id: ConnectionId;
  v: number;
  connector: string;
  company: CompanyId;
  mapping: string;
  /** What the configuration let it do at the last start, as text; absent = not noted yet. */
  switches?: string;
  paused: ParkCause | null;
  /** When the last completed pull ended, and when it began: what the channel had by then, we have. */
  lastPull: Date | null;
  pulledFrom: Date | null;
}

/** One observed difference-free or mended day of a connection: the completeness line (I1). `_id` is `<connection>|<date>`. */
export interface CompletenessDocument {
  _id: string;
  connection: ConnectionId;
  date: string;
  theirs: number;
  ours: number;
  missing: string[];
  stale: string[];
  /** At which version the channel listed what is missing or stale. Absent = compared before that was kept. */
  listed?: { id: ExternalId; version: number }[];
  /** Observed, but not readable yet: each has a parked job that says why. */
  parked: string[];
  extra: string[];
  at: Date;
}

/** One pull, as an admin wants to see it. */
export interface RunDocument {
  _id: string;
  connection: ConnectionId;
  verb: string;
  startedAt: Date;
  endedAt: Date | null;
  pages: number;
  seen: number;
  stored: number;
  unchanged: number;
  error: string | null;
  expires: Date;
}

/** What was pushed to us, stored before it is answered. `_id` is `<connection>|<delivery>`. */
export interface InboxDocument {
  _id: string;
  connection: ConnectionId;
  topic: string;
  kind: string;
  externalId: ExternalId | null;
  body: Binary;
  at: Date;
  /** The hint has been turned into a job. */
  seen: boolean;
  expires: Date;
}

/** `shadow` = computed and frozen while its switch stood on shadow: it is shown, and not sent. */
export type EffectState =
  | 'ready'
  | 'sending'
  | 'unsure'
  | 'pending'
  | 'sent'
  | 'rejected'
  | 'parked'
  | 'shadow'
  /** A person has decided that it is not to be sent any more. */
  | 'dismissed';

/** One frozen request to a remote. `_id` is its key. */
export interface EffectDocument {
  _id: string;
  v: number;
  /** The token of the write that made this version, by which a writer knows its own. Absent = it was frozen by it. */
  by?: string;
  connection: ConnectionId;
  verb: string;
  subject: string;
  /** Sealed under the subject's data key. */
  payload: Binary;
  hash: string;
  state: EffectState;
  token: string;
  /** Before this instant an `absent` answer proves nothing. */
  settleAt: Date | null;
  externalId: ExternalId | null;
  attempts: number;
  at: Date;
  sentAt: Date | null;
  cause: ParkCause | null;
  /** What of it the remote could not take any more, where the rest was done. */
  short?: { units: number; why: string };
  /** What persons have decided about it, oldest first. */
  decisions?: { at: Date; as: string; because: string }[];
}

/** A line of the log. `_id` sorts by the time at which it was said: `<time><number>.<process>`. */
export interface LogDocument {
  _id: string;
  at: Date;
  level: LogLevel;
  message: string;
  connection?: ConnectionId;
  order?: OrderId;
  job?: string;
  run?: string;
  /** Who did or looked at what: kept longer. */
  audit?: true;
  /** The other fields of the line. */
  fields: Record<string, unknown>;
  expires: Date;
}
