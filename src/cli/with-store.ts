import { openApp, type App } from '../app.ts';
import type { Call } from './command.ts';
import { narrowLog } from './narrow-log.ts';

/** Opens what is stored, beside whatever worker runs, and reaches no remote. */
export async function withStore<T>(call: Call, work: (app: App) => Promise<T>): Promise<T> {
  return within(call, false, work);
}

/** Opens everything, remotes included. */
export async function withRemotes<T>(call: Call, work: (app: App) => Promise<T>): Promise<T> {
  return within(call, true, work);
}

async function within<T>(call: Call, remotes: boolean, work: (app: App) => Promise<T>): Promise<T> {
  const app = await openApp({ configFile: call.configFile, remotes, log: narrowLog('error', call.screen.note) });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
