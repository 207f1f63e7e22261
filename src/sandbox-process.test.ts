import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from './sandbox-process.ts';

const TODAY = Date.parse('2026-11-20T12:00:00Z');
const SHOP = { id: 'shipbob-us', connector: 'shipbob', input: {} };
const closing: (() => Promise<void>)[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function place(): { today: number; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-stand-ins-'));
  folders.push(folder);
  return { today: TODAY, folder };
}

/** One process of several: what it started, and how it ends. */
async function holder(
  at: ReturnType<typeof place>,
  ...connections: readonly (typeof SHOP)[]
): Promise<{ address: string; end(): Promise<void> }> {
  const own: (() => Promise<void>)[] = [];
  const addresses = await startSandbox(connections.length === 0 ? [SHOP] : connections, at, own);
  const end = async (): Promise<void> => {
    for (const close of own.splice(0)) await close();
  };
  closing.push(end);
  return { address: addresses.get(SHOP.id) ?? '', end };
}

async function answers(address: string): Promise<boolean> {
  return fetch(address).then(
    () => true,
    () => false,
  );
}

describe('the stand-ins of a folder', () => {
  it('are the same for every process that works on it, and end with the last of them', async () => {
    const at = place();
    const first = await holder(at);
    const second = await holder(at);
    expect(second.address).toBe(first.address);
    await first.end();
    expect(await answers(second.address)).toBe(true);
    await second.end();
    expect(await answers(second.address)).toBe(false);
  });

  it('are started anew where those that its file names have ended', async () => {
    const at = place();
    const first = await holder(at);
    const before: unknown = JSON.parse(readFileSync(join(at.folder, 'host.json'), 'utf8'));
    await first.end();
    const second = await holder(at);
    expect(JSON.parse(readFileSync(join(at.folder, 'host.json'), 'utf8'))).not.toEqual(before);
    expect(await answers(second.address)).toBe(true);
  });

  it('are others in another folder', async () => {
    expect((await holder(place())).address).not.toBe((await holder(place())).address);
  });

  it('say why where they cannot start', async () => {
    const none = { ...SHOP, connector: 'no-such' };
    await expect(startSandbox([none], place(), closing)).rejects.toMatchObject({
      fault: 'config',
      message: expect.stringContaining('The connector no-such of shipbob-us has no stand-in.'),
    });
  });
});
