import type { Command } from '../command.ts';
import { backup } from './backup.ts';
import { booksList } from './books-list.ts';
import { booksReconcile } from './books-reconcile.ts';
import { booksShow } from './books-show.ts';
import { check } from './check.ts';
import { effectsList } from './effects-list.ts';
import { effectsSettle } from './effects-settle.ts';
import { log } from './log.ts';
import { mappingCheck } from './mapping-check.ts';
import { mappingTry } from './mapping-try.ts';
import { once } from './once.ts';
import { ordersHold, ordersUnhold } from './orders-hold.ts';
import { ordersList } from './orders-list.ts';
import { ordersShow } from './orders-show.ts';
import { parkedList } from './parked-list.ts';
import { parkedReplay } from './parked-replay.ts';
import { parkedShow } from './parked-show.ts';
import { pull } from './pull.ts';
import { restore } from './restore.ts';
import { shadowList } from './shadow-list.ts';
import { start } from './start.ts';
import { stockList } from './stock-list.ts';
import { stockRebuild } from './stock-rebuild.ts';
import { stockShow } from './stock-show.ts';

/** Every command, in the order in which the overview lists them. */
export const commands: readonly Command[] = [
  start,
  once,
  check,
  ordersList,
  ordersShow,
  ordersHold,
  ordersUnhold,
  parkedList,
  parkedShow,
  parkedReplay,
  pull,
  mappingCheck,
  mappingTry,
  stockList,
  stockShow,
  stockRebuild,
  booksList,
  booksShow,
  booksReconcile,
  shadowList,
  effectsList,
  effectsSettle,
  log,
  backup,
  restore,
];
