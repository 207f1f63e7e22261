import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readConfig, type Config } from './read.ts';

// What a connector itself wants to know is checked by its own tests, on these files too.
const connectors = ['shopify', 'shipbob', 'netsuite'].map((kind) => ({ kind, config: z.looseObject({}) }));

function read(name: string, env: Record<string, string>): Config {
  return readConfig({ file: join(import.meta.dirname, name), env, connectors });
}

describe('the configurations that come along', () => {
  it('sandbox.yaml runs two shops, their warehouses and books without a single variable', () => {
    const config = read('sandbox.yaml', {});
    expect(config.connections.map(({ id, company, zone, sandbox }) => [id, company, zone, sandbox])).toEqual([
      ['harbour-us', 'harbour-inc', 'America/New_York', true],
      ['harbour-eu', 'harbour-gmbh', 'Europe/Berlin', true],
      ['shipbob-us', 'harbour-inc', 'America/New_York', true],
      ['shipbob-eu', 'harbour-gmbh', 'Europe/Berlin', true],
      ['netsuite-us', 'harbour-inc', 'America/New_York', true],
      ['netsuite-eu', 'harbour-gmbh', 'Europe/Berlin', true],
    ]);
    expect(config.locations.map((location) => location.id)).toEqual(['newark', 'reno', 'rotterdam', 'berlin-store']);
    const [us, eu] = config.connections.map((connection) => connection.mapping);
    expect([us?.code('payments', 'klarna'), eu?.code('payments', 'klarna')]).toEqual(['pay-later', null]);
    expect(eu?.listing('KIT-020').components).toEqual([
      { sku: 'SKU-060', quantity: 2 },
      { sku: 'SKU-063', quantity: 1 },
      { sku: 'SKU-120', quantity: 1 },
    ]);
  });

  it('production.example.yaml is right once its variables are set, and says which are not', () => {
    const text = readFileSync(join(import.meta.dirname, 'production.example.yaml'), 'utf8');
    const variables = [...text.matchAll(/env: ([A-Z_]{6,})/g)].map((match) => match[1] ?? '');
    expect(variables).toHaveLength(4);
    const env = Object.fromEntries(variables.map((variable) => [variable, `value of ${variable}`]));
    expect(read('production.example.yaml', env).store.uri).toBe('value of CROSSDOCK_MONGODB_URI');
    for (const variable of variables) {
      const { [variable]: _, ...others } = env;
      expect(() => read('production.example.yaml', others)).toThrow(`the environment variable ${variable} is not set`);
    }
  });
});
