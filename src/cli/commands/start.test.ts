import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../../config/read.ts';
import { connectors } from '../../../connectors/index.ts';
import { connectionLine } from './start.ts';

const file = join(import.meta.dirname, '../../../config/sandbox.yaml');

describe('the welcome', () => {
  it('says of each connection when it is pulled from and what may be changed at its remote', () => {
    const { connections } = readConfig({ file, connectors: Object.values(connectors) });
    expect(connections.map(connectionLine).filter((line) => line.includes('-us'))).toEqual([
      'harbour-us (shopify, sandbox): now, then orders at */2 * * * * (America/New_York); confirm on, publish on',
      'shipbob-us (shipbob, sandbox): now, then stock at */10 * * * *, shipments at */2 * * * * (America/New_York); push on',
      'netsuite-us (netsuite, sandbox): post on',
    ]);
  });

  it('says so where nothing happens by itself', () => {
    const { connections } = readConfig({ file, connectors: Object.values(connectors) });
    const [shop] = connections;
    if (shop === undefined) throw new Error('the sandbox has no connection');
    const schedule = { orders: null, stock: null, shipments: null };
    const effects = { push: 'off', confirm: 'off', publish: 'off', post: 'off' } as const;
    expect(connectionLine({ ...shop, schedule, effects })).toBe('harbour-us (shopify, sandbox): on demand only');
  });
});
