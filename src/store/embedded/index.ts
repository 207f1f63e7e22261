/** The embedded default store: MongoDB's wire protocol over one SQLite file. This file is all that other folders import. */
export { openEmbedded } from './open.ts';
export type { Embedded, EmbeddedOptions } from './open.ts';
export { restore, verifyBackup } from './restore.ts';
export { Engine } from './engine.ts';
export type { EngineOptions } from './engine.ts';
export { CommandFailure, EmbeddedStoreError } from './failure.ts';
