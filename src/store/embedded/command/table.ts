/** Every command that this server has, by name. */
import * as admin from './admin.ts';
import { aggregate } from './aggregate.ts';
import type { Context } from './context.ts';
import { explain } from './explain.ts';
import { count, distinct, find, getMore, killCursors } from './find.ts';
import { findAndModify } from './find-and-modify.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import type { Request } from './request.ts';
import { insert, remove, update } from './write.ts';

export type Command = (context: Context, request: Request) => Uint8Array;

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['hello', admin.hello],
  ['isMaster', admin.hello],
  ['ismaster', admin.hello],
  ['ping', admin.ok],
  ['endSessions', admin.ok],
  ['buildInfo', admin.buildInfo],
  ['buildinfo', admin.buildInfo],
  ['serverStatus', admin.serverStatus],
  ['create', admin.create],
  ['drop', admin.drop],
  ['dropDatabase', admin.dropDatabase],
  ['listCollections', admin.listCollections],
  ['listDatabases', admin.listDatabases],
  ['collStats', admin.collStats],
  ['dbStats', admin.dbStats],
  ['crossdockBackup', admin.crossdockBackup],
  ['createIndexes', createIndexes],
  ['dropIndexes', dropIndexes],
  ['listIndexes', listIndexes],
  ['insert', insert],
  ['update', update],
  ['delete', remove],
  ['find', find],
  ['getMore', getMore],
  ['killCursors', killCursors],
  ['findAndModify', findAndModify],
  ['aggregate', aggregate],
  ['count', count],
  ['distinct', distinct],
  ['explain', explain],
]);
