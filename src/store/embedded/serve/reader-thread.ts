/** The reading thread: runs long reads on a connection of its own, so that they stall no writer. Sees only what is committed. */
import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from '../engine.ts';
import { NO_SEQUENCES } from '../command/request.ts';
import type { FromReader, ToReader } from './messages.ts';

const IDLE_CHECK_MS = 60_000;

export interface ReaderData {
  readonly file: string;
}

function start(port: NonNullable<typeof parentPort>, { file }: ReaderData): void {
  const engine = new Engine({ file, now: () => Date.now(), readOnly: true });
  port.on('message', (message: ToReader | 'close') => {
    if (message === 'close') {
      engine.close();
      port.close();
      return;
    }
    const reply = engine.run(message.body, NO_SEQUENCES, () => undefined);
    // A reader has no budget, so `run` always answers.
    // A copy of its own: of a view of something larger all of that would be sent.
    const own = new Uint8Array(reply ?? []);
    const answer: FromReader = { id: message.id, reply: own };
    port.postMessage(answer, [own.buffer]);
  });
  setInterval(() => engine.purge(), IDLE_CHECK_MS).unref();
}

function isReaderData(value: unknown): value is ReaderData {
  return typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string';
}

const data: unknown = workerData;
if (parentPort !== null && isReaderData(data)) start(parentPort, data);
