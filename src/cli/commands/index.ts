import type { Command } from '../command.ts';
import { once } from './once.ts';

/** Every command, in the order in which the overview lists them. */
export const commands: readonly Command[] = [once];
