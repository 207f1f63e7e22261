import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openApp } from '../app.ts';
import { SyncError } from '../domain/errors.ts';
import { systemRandom } from '../system/clock.ts';
import { silentLog } from '../system/log.ts';
import { proveKey, readMasterKey } from './master-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'crossdock-key-'));
const configFile = resolve(import.meta.dirname, '../../config/sandbox.yaml');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the master key beside a store', () => {
  it('is made at the first start, once', () => {
    const file = join(folder, 'new.key');
    expect(readMasterKey({ file }, systemRandom)).toEqual(readMasterKey({ file }, systemRandom));
  });

  it('is not made anew for a store that holds what it sealed: another would open nothing of it', async () => {
    const storeFile = join(folder, 'lost.db');
    const open = { configFile, storeFile, remotes: false, log: silentLog };
    const app = await openApp(open);
    await app.store.vault.keysFor(['ord_1']);
    await app.close();
    rmSync(`${storeFile}.key`);
    await expect(openApp(open)).rejects.toMatchObject({
      fault: 'config',
      code: 'master-key',
      message: `The master key file ${storeFile}.key is not there, and the store holds what it sealed.`,
    });
    expect(existsSync(`${storeFile}.key`)).toBe(false);
  });

  it('is left alone where somebody has put it back while a start found that the one it had made opens nothing', async () => {
    const file = join(folder, 'put-back.key');
    const made = readMasterKey({ file }, systemRandom);
    const own = Buffer.alloc(32, 9).toString('base64');
    const vault = {
      prove: () => {
        writeFileSync(file, own);
        return Promise.reject(new SyncError('config', 'not the one', { code: 'master-key', remedy: '' }));
      },
    };
    await expect(proveKey(vault, { file, key: made })).rejects.toMatchObject({ code: 'master-key' });
    expect(readFileSync(file, 'utf8')).toBe(own);
  });

  it('is refused at the start where it is not the one that the store was made with', async () => {
    const storeFile = join(folder, 'other.db');
    const open = { configFile, storeFile, remotes: false, log: silentLog };
    const app = await openApp(open);
    await app.store.vault.keysFor(['ord_1']);
    await app.close();
    await (await openApp(open)).close();
    writeFileSync(`${storeFile}.key`, Buffer.alloc(32, 7).toString('base64'));
    await expect(openApp(open)).rejects.toMatchObject({
      fault: 'config',
      code: 'master-key',
      message: 'The master key is not the one that this store was made with.',
    });
  });
});
