import { SyncError } from '../../src/domain/errors.ts';
import type { CallKind } from '../../src/connector/io.ts';
import { mayLeave } from '../../src/domain/run-signal.ts';
import type { Chance } from './chance.ts';
import type { FaultLine, RemoteName } from './faults.ts';
import type { Actor, World } from './world.ts';

/** A call that was not answered by then is given up: what became of a write is unknown. */
export const TIME_OUT_MS = 10_000;

export interface CallerSettings {
  readonly world: World;
  readonly actor: Actor;
  readonly slot: number;
  readonly faults: FaultLine;
  readonly chance: Chance;
  readonly onCrash: (restartMs: number) => void;
}

/** One worker's way to a remote: `apply` is what the remote does when the call arrives there. */
export interface Caller {
  call<T>(kind: CallKind, what: string, apply: () => T, signal?: AbortSignal): Promise<T>;
}

/**
 * @param remembersMs for how long the remote takes the second of a call for the first, 0 = never. Only within it may the
 *   network double a call, or a worker freeze with the call on its lips: nothing but the remote could tell then
 */
export function openCaller(remote: RemoteName, remembersMs: number, settings: CallerSettings): Caller {
  const { world, actor, slot, faults, chance, onCrash } = settings;

  return {
    call: (kind, what, apply, signal) =>
      new Promise((resolve, reject) => {
        if (!actor.alive) return;
        const label = `${actor.name} ${remote} ${what}`;
        if (kind === 'write' && !mayLeave(signal)) {
          world.trace(`${label} does not leave: the lease is over`);
          reject(
            new SyncError('transient', `${remote} ${what}: stopped by us`, {
              code: 'stopped',
              remedy: 'Nothing to do: whoever took it over sends it.',
            }),
          );
          return;
        }
        const own = kind === 'write' ? faults.ofWorker(slot, 'call') : null;
        const fault = faults.ofCall(remote, kind, world.now);
        let there = chance.between(1, 60);
        let arrives = true;
        if (own?.is === 'crash') {
          world.trace(
            `${actor.name} is killed ${own.point === 'before' ? 'before' : 'after'} it calls ${remote} ${what}`,
          );
          arrives = own.point !== 'before';
          // What a dead worker had sent may be under way for as long as anybody would have waited for it.
          if (own.of === 'call' && chance.percent(70)) there = chance.between(TIME_OUT_MS / 2, TIME_OUT_MS - 1);
          else if (chance.percent(30)) there = chance.between(1, TIME_OUT_MS - 1);
          onCrash(own.restartMs);
        }
        if (own?.is === 'stall') {
          actor.standsUntil = world.now + own.ms;
          if (own.held && own.ms + TIME_OUT_MS < remembersMs) there += own.ms;
          world.trace(`${label}: ${actor.name} stands still for ${own.ms} ms`);
        }
        const arrive = (ms: number, give: () => void): void => {
          world.onWires += 1;
          world.in(ms, null, () => {
            world.onWires -= 1;
            give();
          });
        };
        const answer = (ms: number, give: () => void): void => world.in(ms, actor, give);
        const lost = (): SyncError =>
          new SyncError(kind === 'write' ? 'unknown' : 'transient', `${remote} ${what}: no answer`, {
            code: 'timeout',
            remedy: 'Nothing to do: it is looked up, or read again.',
          });
        let refused = false;
        const received = (): (() => void) => {
          try {
            const result = apply();
            world.trace(`${label} = ${short(result)}`);
            return () => {
              resolve(result);
            };
          } catch (thrown) {
            refused = true;
            world.trace(`${label} refused: ${String(thrown)}`);
            return () => {
              reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
            };
          }
        };
        if (fault !== null) world.trace(`${label}: ${fault.what}`);
        switch (fault?.what) {
          case 'lost request':
            answer(TIME_OUT_MS, () => {
              reject(lost());
            });
            return;
          case 'lost reply':
            if (arrives) arrive(there, () => void received());
            answer(TIME_OUT_MS, () => {
              reject(lost());
            });
            return;
          case 'late':
            // It arrives while somebody still waits for it, and its answer does not.
            if (arrives) arrive(Math.min(fault.ms, TIME_OUT_MS - 1), () => void received());
            answer(TIME_OUT_MS, () => {
              reject(lost());
            });
            return;
          case 'failed':
          case 'failed after':
            if (arrives && fault.what === 'failed after') arrive(there, () => void received());
            answer(there + chance.between(1, 60), () => {
              reject(lost());
            });
            return;
          case 'throttled':
            answer(there, () => {
              reject(
                new SyncError('throttled', `${remote} ${what}: too many calls`, {
                  remedy: 'Nothing to do: it waits.',
                  retryAt: world.now + fault.ms,
                }),
              );
            });
            return;
          case 'doubled':
          case undefined:
            break;
        }
        if (arrives)
          arrive(there, () => {
            answer(chance.between(1, 60), received());
          });
        if (arrives && fault?.what === 'doubled' && TIME_OUT_MS < remembersMs)
          arrive(there + Math.min(fault.ms, TIME_OUT_MS - 1), () => {
            // What was refused had its answer: nothing on the way repeats that.
            if (!refused) received();
          });
      }),
  };
}

function short(result: unknown): string {
  const text = JSON.stringify(result) ?? '';
  return text.length > 160 ? `${text.slice(0, 160)}… (${text.length})` : text;
}
