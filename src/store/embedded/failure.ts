/**
 * An error as MongoDB's servers answer it. The numbers and names are those of MongoDB's `error_codes.yml`.
 * Everything that a client can do wrong ends in one of these; the engine answers it as `{ok: 0, code, codeName, errmsg}`.
 */
export class CommandFailure extends Error {
  readonly code: number;
  /** Further fields of the error, e.g. `keyPattern` of a duplicate key. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: number, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'CommandFailure';
    this.code = code;
    this.fields = fields;
  }

  get codeName(): string {
    return NAMES[this.code] ?? `Location${this.code}`;
  }
}

/** What stops the store itself: a file that cannot be opened, a lock, a disk. The text says what, where, why and what to do. */
export class EmbeddedStoreError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EmbeddedStoreError';
  }
}

/** The text of anything thrown. Errors of node's own modules may come from another realm, so `instanceof` is not asked. */
export function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The codes that this server answers, by name of MongoDB's list. */
export const CODE = {
  internal: 1,
  badValue: 2,
  failedToParse: 9,
  typeMismatch: 14,
  illegalOperation: 20,
  namespaceNotFound: 26,
  indexNotFound: 27,
  pathNotViable: 28,
  conflictingUpdateOperators: 40,
  cursorNotFound: 43,
  namespaceExists: 48,
  dollarPrefixed: 52,
  invalidId: 53,
  commandNotFound: 59,
  immutableField: 66,
  cannotCreateIndex: 67,
  invalidOptions: 72,
  invalidNamespace: 73,
  indexOptionsConflict: 85,
  indexKeySpecsConflict: 86,
  cannotIndexParallelArrays: 171,
  queryPlanKilled: 175,
  transactionsNotSupported: 20,
  memoryLimit: 292,
  corruption: 341,
  tooLarge: 10334,
  duplicateKey: 11000,
  outOfDiskSpace: 14031,
  unknownGroupOperator: 15952,
  unknownProjectOperator: 31325,
  unknownStage: 40324,
  unknownField: 40415,
  missingField: 40414,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  14: 'TypeMismatch',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  171: 'CannotIndexParallelArrays',
  175: 'QueryPlanKilled',
  292: 'QueryExceededMemoryLimitNoDiskUseAllowed',
  341: 'DataCorruptionDetected',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  14031: 'OutOfDiskSpace',
};
