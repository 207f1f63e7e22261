import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../src/domain/errors.ts';
import { readConfig, type Config } from './read.ts';

/** A connector's schema as one may look: flat and strict. */
const shop = {
  kind: 'shopify',
  config: z.strictObject({
    shop: z.string().regex(/^[a-z-]+\.myshopify\.com$/, 'expected a domain, for example a.myshopify.com'),
    accessToken: z.string().regex(/^[\w-]+$/),
    webhookSecret: z.string(),
    cutOver: z.iso.datetime({ offset: true }),
    baseUrl: z.url().optional(),
    overlapMinutes: z.int().default(5),
    plan: z.enum(['standard', 'plus']).default('standard'),
    readAllOrders: z.boolean().default(false),
  }),
};

const GOOD = `companies:
  - { id: acme, name: Acme, currency: EUR, zone: Europe/Berlin }
locations:
  - { id: main, name: Main, country: DE, priority: 1 }
connections:
  - id: shop
    connector: shopify
    company: acme
    zone: Europe/Berlin
    mapping: map.yaml
    credentials:
      accessToken: { env: TOKEN }
      webhookSecret: { file: secret.txt }
    cutOver: 2026-11-01T00:00:00+01:00
    settings:
      shop: acme.myshopify.com
`;
const ENV = { TOKEN: 'shpat_c0ffee' };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
  writeFileSync(join(folder, 'secret.txt'), 'whsec_c0ffee\n');
  writeFileSync(join(folder, 'empty.txt'), '\n');
  writeFileSync(join(folder, 'map.yaml'), 'payments: { paypal: paypal }\nlocations: { "9": main }\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, env: Record<string, string> = ENV): Config {
  const file = join(folder, 'c.yaml');
  writeFileSync(file, text);
  return readConfig({ file, env, connectors: [shop] });
}

/** The lines of the error, the folder left out of them. */
function mistakes(text: string, env?: Record<string, string>): string[] {
  try {
    read(text, env);
  } catch (cause) {
    if (!(cause instanceof SyncError)) throw cause;
    expect([cause.fault, cause.code, cause.remedy === '']).toEqual(['config', 'bad-document', false]);
    expect(`${cause.message}${cause.remedy}${cause.stack ?? ''}`).not.toContain('c0ffee');
    return cause.message
      .replaceAll(`${folder}/`, '')
      .split('\n')
      .map((line) => line.trim());
  }
  return [];
}

describe('a configuration', () => {
  it('is read with its defaults, its mapping and its secrets', () => {
    const config = read(GOOD);
    expect(config).toMatchObject({
      store: { uri: null, file: 'data/crossdock.db' },
      vault: { masterKey: null },
      locations: [{ id: 'main', name: 'Main', country: 'DE', priority: 1, enabled: true, countries: null }],
      allocation: { policy: 'split', maxLocations: 3 },
      retention: { personalDays: 180 },
      web: { host: '127.0.0.1', port: 8377 },
      log: { level: 'info', format: 'text' },
    });
    const { mapping, ...connection } = config.connections[0] ?? raise();
    expect(connection).toEqual({
      id: 'shop',
      connector: 'shopify',
      company: 'acme',
      zone: 'Europe/Berlin',
      cutOver: Date.UTC(2026, 9, 31, 23),
      accounts: null,
      schedule: { orders: null, stock: null, shipments: null },
      effects: { push: 'off', confirm: 'off', publish: 'off', post: 'off' },
      books: null,
      publish: { buffer: 0 },
      budgets: {},
      http: { timeoutMs: 30_000, maxBytes: 33_554_432, proxy: null },
      sandbox: false,
      input: {
        shop: 'acme.myshopify.com',
        accessToken: 'shpat_c0ffee',
        webhookSecret: 'whsec_c0ffee',
        cutOver: '2026-11-01T00:00:00+01:00',
      },
      secrets: ['shpat_c0ffee', 'whsec_c0ffee'],
      mappingFile: {
        file: join(folder, 'map.yaml'),
        content: { payments: { paypal: 'paypal' }, locations: { '9': 'main' } },
      },
    });
    expect([mapping.code('payments', 'paypal'), mapping.code('locations', '9')]).toEqual(['paypal', 'main']);
  });

  it('takes MONGODB_URI before its own store', () => {
    const text = `store: { uri: { env: OWN } }\n${GOOD}`;
    expect(read(text, { ...ENV, OWN: 'mongodb://own' }).store.uri).toBe('mongodb://own');
    expect(read(text, { ...ENV, OWN: 'mongodb://own', MONGODB_URI: 'mongodb://env' }).store.uri).toBe('mongodb://env');
  });

  it('gives a sandbox connection its fixed false credentials, and no other', () => {
    const text = GOOD.replace('{ env: TOKEN }', '{ sandbox: true }');
    expect(mistakes(text)).toEqual([
      'c.yaml:12:20 connections[0].credentials.accessToken: only a connection with `sandbox: true` has sandbox credentials; expected { env: NAME } or { file: path }',
    ]);
    const config = read(text.replace('    company:', '    sandbox: true\n    company:'));
    expect(config.connections[0]?.input['accessToken']).toBe('sandbox-not-a-secret-shop-accessToken');
  });
});

describe('a wrong configuration', () => {
  it.each<[string, (good: string) => string, string[]]>([
    [
      'an unset variable',
      (good) => good.replace('TOKEN', 'TOKNE'),
      [
        'c.yaml:12:20 connections[0].credentials.accessToken: the environment variable TOKNE is not set. Example: TOKNE=… crossdock start',
      ],
    ],
    [
      'an inline secret',
      (good) => good.replace('{ env: TOKEN }', 'shpat_c0ffee'),
      [
        'c.yaml:12:20 connections[0].credentials.accessToken: this text is not right; expected a reference to the secret, { env: NAME } or { file: path }, never the secret itself. Example: { env: HARBOUR_US_TOKEN }',
      ],
    ],
    [
      'a secret among the settings',
      (good) =>
        good
          .replace('      accessToken: { env: TOKEN }\n', '')
          .replace('settings:', 'settings:\n      accessToken: shpat_c0ffee'),
      [
        'c.yaml:15:7 connections[0].settings.accessToken: looks like a secret; expected it in `credentials`, by reference. Example: credentials: { accessToken: { env: NAME } }',
      ],
    ],
    [
      'a secret that is not given',
      (good) => good.replace('      accessToken: { env: TOKEN }\n', ''),
      ['c.yaml:12:7 connections[0].credentials.accessToken: is missing; expected text'],
    ],
    [
      'a secret that the connector refuses',
      (good) => good.replace('TOKEN', 'BAD'),
      [
        'c.yaml:12:20 connections[0].credentials.accessToken: this text is not right; expected Invalid string: must match pattern /^[\\w-]+$/',
      ],
    ],
    [
      'a missing and an empty secret file',
      (good) => good.replace('{ env: TOKEN }', '{ file: gone.txt }').replace('secret.txt', 'empty.txt'),
      [
        '2 mistakes in c.yaml:',
        'c.yaml:12:20 connections[0].credentials.accessToken: the secret file gone.txt cannot be read; expected a file that this user may read',
        'c.yaml:13:22 connections[0].credentials.webhookSecret: the secret file empty.txt is empty',
      ],
    ],
    [
      'an unknown key',
      (good) => good.replace('    zone: E', '    zoen: E'),
      [
        '2 mistakes in c.yaml:',
        'c.yaml:6:5 connections[0].zone: is missing; expected an IANA time zone. Example: Europe/Berlin',
        'c.yaml:9:5 connections[0].zoen: is not known here; did you mean "zone"?',
      ],
    ],
    [
      'settings that the connector refuses',
      (good) => good.replace('acme.myshopify.com', 'acme.com\n      plna: plus'),
      [
        '2 mistakes in c.yaml:',
        'c.yaml:16:13 connections[0].settings.shop: "acme.com" is not right; expected a domain, for example a.myshopify.com',
        'c.yaml:17:7 connections[0].settings.plna: is not known here; did you mean "plan"?',
      ],
    ],
    [
      'names of what is not there',
      (good) => good.replace('company: acme', 'company: amce').replace('connector: shopify', 'connector: magento'),
      [
        '2 mistakes in c.yaml:',
        'c.yaml:7:16 connections[0].connector: there is no connector "magento"; expected one of shopify',
        'c.yaml:8:14 connections[0].company: there is no company "amce"; did you mean "acme"?',
      ],
    ],
    [
      'a name that stands twice',
      (good) => good.replace('locations:', 'locations:\n  - { id: main, name: Other, country: NL, priority: 2 }'),
      ['c.yaml:5:11 locations[1].id: "main" stands in locations twice; each needs a name of its own'],
    ],
    [
      'a mapping file that is not there',
      (good) => good.replace('map.yaml', 'mpa.yaml'),
      [
        'c.yaml:10:14 connections[0].mapping: the mapping file mpa.yaml cannot be read; expected a path from the folder of this file on. Example: ../mappings/shopify.yaml',
      ],
    ],
    [
      'YAML that is none',
      (good) => good.replace('    zone', '\tzone'),
      ['c.yaml:9:1 a tab indents this line; YAML is indented with spaces'],
    ],
    ['nothing', () => '', ['c.yaml:1:1 this is empty; expected a map of keys']],
  ])('says of %s where, what was expected and how it could look', (_, change, expected) => {
    const found = mistakes(change(GOOD), { ...ENV, BAD: 'c0ffee with blanks' });
    expect(found).toEqual(expected);
  });

  it.each([
    [
      'zone: Europe/Berlin }',
      'zone: Europe/Berlino }',
      'c.yaml:2:50 companies[0].zone: "Europe/Berlino" is not right; expected an IANA time zone. Example: Europe/Berlin',
    ],
    [
      'EUR',
      'EURO',
      'c.yaml:2:39 companies[0].currency: "EURO" is not right; expected a currency of ISO 4217 in capital letters. Example: EUR',
    ],
    [
      'country: DE',
      'country: Germany',
      'c.yaml:4:38 locations[0].country: "Germany" is not right; expected a country of ISO 3166-1 in two capital letters. Example: DE',
    ],
    [
      '+01:00',
      '',
      'c.yaml:14:14 connections[0].cutOver: "2026-11-01T00:00:00" is not right; expected an instant with its time zone. Example: "2026-11-01T00:00:00Z"',
    ],
    [
      '    settings',
      '    schedule: { orders: every day }\n    settings',
      'c.yaml:15:25 connections[0].schedule.orders: "every day" is not right; expected five fields of cron: minute, hour, day, month, weekday. Example: "*/2 * * * *"',
    ],
    [
      '    settings',
      '    schedule: { orders: "60 * * * *" }\n    settings',
      'c.yaml:15:25 connections[0].schedule.orders: "60 * * * *" is not right; expected five fields of cron',
    ],
    [
      '    settings',
      '    budgets: { graphql: 50 }\n    settings',
      'c.yaml:15:25 connections[0].budgets.graphql: 50 is not right; expected a share above 0 and up to 1. Example: 0.5',
    ],
    [
      '    settings',
      '    baseUrl: http://shop.example.com\n    settings',
      'c.yaml:15:14 connections[0].baseUrl: "http://shop.example.com" is not right; expected an https address without credentials and without a slash at its end. Example: https://shop.example.com',
    ],
    [
      'companies',
      'store: { uri: "mongodb://u:c0ffee@db" }\ncompanies',
      'c.yaml:1:15 store.uri: this text is not right; expected a reference to the secret',
    ],
  ])('refuses %j made %j', (from, to, expected) => {
    const found = mistakes(GOOD.replace(from, to));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it('refuses books in the ledger of another company', () => {
    const other = GOOD.replace('companies:\n', 'companies:\n  - { id: other, name: Other, currency: EUR, zone: UTC }\n')
      .replace('    cutOver', '    books: { ledger: erp }\n    cutOver')
      .concat(GOOD.slice(GOOD.indexOf('  - id: shop')).replace('id: shop', 'id: erp').replace('acme', 'other'));
    expect(mistakes(other)).toEqual([
      'c.yaml:15:22 connections[0].books.ledger: "erp" keeps the books of other, not of acme; expected a connection of acme',
    ]);
    expect(mistakes(other.replace('company: other', 'company: acme'))).toEqual([]);
  });

  it('tells what is wrong in the mapping files in the same breath', () => {
    mkdirSync(join(folder, 'maps'), { recursive: true });
    writeFileSync(join(folder, 'maps', 'bad.yaml'), 'payment: {}\n');
    writeFileSync(join(folder, 'map2.yaml'), 'locations:\n  "9": mian\n');
    expect(mistakes(GOOD.replace('map.yaml', 'maps/bad.yaml').replace('TOKEN', 'NO_TOKEN'))).toEqual([
      '2 mistakes in c.yaml and maps/bad.yaml:',
      expect.stringContaining('c.yaml:12:20 connections[0].credentials.accessToken: the environment variable NO_TOKEN'),
      'maps/bad.yaml:1:1 payment: is not known here; did you mean "payments"?',
    ]);
    expect(mistakes(GOOD.replace('map.yaml', 'map2.yaml'))).toEqual([
      'map2.yaml:2:8 locations.9: there is no location "mian" in c.yaml; did you mean "main"?',
    ]);
  });

  it('that cannot be read names the file', () => {
    expect(() => readConfig({ file: join(folder, 'gone.yaml'), env: {}, connectors: [] })).toThrow(
      /gone\.yaml cannot be read/,
    );
  });
});

function raise(): never {
  throw new Error('there is none');
}

describe('the tokens of the web server', () => {
  const TOKEN = 'api_c0ffee_c0ffee_c0ffee';
  const web = (text: string): string => `${GOOD}web:\n${text}`;
  const one = '  tokens: [{ name: admin, token: { env: API }, scopes: [read] }]\n';

  it('are resolved, and are among the secrets that are kept out of the log', () => {
    const config = read(web(one), { ...ENV, API: TOKEN });
    expect(config.web.tokens).toEqual([{ name: 'admin', token: TOKEN, scopes: ['read'], sandbox: false }]);
    expect(config.secrets).toEqual(['shpat_c0ffee', 'whsec_c0ffee', TOKEN]);
  });

  it('are refused when they can be guessed, are the same, or stand in the file themselves', () => {
    expect(mistakes(web(one), { ...ENV, API: 'short' })[0]).toBe(
      'c.yaml:18:34 web.tokens[0].token: is shorter than 20 characters. Example: openssl rand -base64 32',
    );
    const two =
      '  tokens:\n    - { name: a, token: { env: API }, scopes: [read] }\n    - { name: b, token: { env: API }, scopes: [read] }\n';
    expect(mistakes(web(two), { ...ENV, API: TOKEN })[0]).toContain('is the same secret as that of another name');
    expect(mistakes(web(one.replace('{ env: API }', TOKEN)), ENV)[0]).toContain('never the secret itself');
  });

  it('of the sandbox are known to everybody, and so refused beside a real connection and where others can reach us', () => {
    const sandbox = one.replace('{ env: API }', '{ sandbox: true }');
    expect(mistakes(web(sandbox))[0]).toContain('web.tokens[0].token: only a connection with');
    const all = GOOD.replace('    company:', '    sandbox: true\n    company:');
    expect(read(`${all}web:\n${sandbox}`).web.tokens[0]?.token).toBe('sandbox-not-a-secret-web-admin');
    expect(mistakes(`${all}web:\n  host: 0.0.0.0\n${sandbox}`)[0]).toContain('a sandbox token, which everybody knows');
  });

  it('are needed where others than this machine can reach it', () => {
    expect(mistakes(web('  host: 0.0.0.0\n'))[0]).toContain('others can reach 0.0.0.0, and no token is configured');
    for (const host of ['127.0.0.1', 'localhost', '"::1"'])
      expect(read(web(`  host: ${host}\n`)).web.tokens).toEqual([]);
    expect(read(web(`  host: 0.0.0.0\n${one}`), { ...ENV, API: TOKEN }).web.host).toBe('0.0.0.0');
  });
});
