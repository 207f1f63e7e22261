import { z } from 'zod';
import { baseUrl, country, cron, currency, instant, name, reference, title, zone } from './fields.ts';

const company = z.strictObject({ id: name, name: title, currency, zone });

const location = z.strictObject({
  id: name,
  name: title,
  country,
  /** Where several could ship, the smaller number goes first. */
  priority: z
    .int()
    .min(0)
    .max(1_000)
    .meta({ description: 'a whole number; the smaller one ships first', examples: [10] }),
  enabled: z.boolean().default(true),
  /** The countries that it ships to; absent = everywhere. */
  countries: z
    .array(country)
    .min(1)
    .meta({ description: 'a list of countries', examples: [['DE', 'AT']] })
    .optional(),
  /** The connection that says what is there. Counts of this location that come from any other are not taken. */
  stockFrom: name.optional(),
  /** The connection that is asked to ship from here; absent = nobody is, and what ships is seen at the channel. */
  shipsBy: name.optional(),
});

const effectSwitch = z
  .enum(['off', 'shadow', 'on'])
  .meta({ description: 'off, shadow (shown, not sent) or on', examples: ['shadow'] })
  .default('off');

const connection = z.strictObject({
  id: name,
  /** The folder in `connectors/` that speaks with this remote. */
  connector: z
    .string()
    .min(1)
    .meta({ description: 'the name of a connector', examples: ['shopify'] }),
  company: name,
  /** Time zone of the business day, by which finance posts. */
  zone,
  /** The mapping file, from the folder of this file on. */
  mapping: z
    .string()
    .min(1)
    .meta({ description: 'the path of a mapping file', examples: ['../mappings/shopify.yaml'] }),
  baseUrl: baseUrl.optional(),
  credentials: z.record(z.string(), reference).meta({
    description: 'the secrets by the names that the connector gives them',
    examples: [{ accessToken: { env: 'HARBOUR_US_TOKEN' } }],
  }),
  /** Orders placed before are history and cause nothing. */
  cutOver: instant,
  schedule: z.strictObject({ orders: cron.optional(), stock: cron.optional(), shipments: cron.optional() }).default({}),
  /** What may be changed at the remote. Nothing is, until it says so here. */
  effects: z
    .strictObject({ push: effectSwitch, confirm: effectSwitch, publish: effectSwitch, post: effectSwitch })
    .prefault({}),
  /** A channel's books: where its business days are posted. Absent = nothing of it is booked. */
  books: z
    .strictObject({
      ledger: name.meta({ description: 'the id of the connection of the ERP', examples: ['netsuite'] }),
      /** Which of an order's two currencies is booked: the shop's own, or the buyer's. */
      side: z.enum(['shop', 'buyer']).default('shop'),
      maxLines: z.int().min(2).max(10_000).default(500),
    })
    .optional(),
  /** What a channel is told is left, of what is left. */
  publish: z
    .strictObject({
      /** Units held back at each location. */
      buffer: z.int().min(0).max(1_000_000).default(0),
    })
    .prefault({}),
  /** How far a pull looks back behind the newest change seen; the connector has a default. */
  overlapMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .meta({ description: 'minutes, at least twice the interval of the pulls', examples: [5] })
    .optional(),
  /** Our share of each of the remote's rate limits; absent = all of it. */
  budgets: z
    .record(
      z.string(),
      z
        .number()
        .gt(0)
        .max(1)
        .meta({ description: 'a share above 0 and up to 1', examples: [0.5] }),
    )
    .default({}),
  http: z
    .strictObject({
      timeoutMs: z.int().min(100).max(600_000).default(30_000),
      maxBytes: z.int().min(1_024).max(1_073_741_824).default(33_554_432),
      /** `http://user:password@host:port`, by reference. */
      proxy: reference.optional(),
    })
    .prefault({}),
  /** The remote is a stand-in that is started along with the worker. */
  sandbox: z.boolean().default(false),
  /** What the connector itself wants to know; checked by its own schema. */
  settings: z.record(z.string(), z.unknown()).default({}),
});

/** The one schema of configuration files. */
export const configSchema = z.strictObject({
  store: z
    .strictObject({
      /** A MongoDB, by reference because its address has a password in it. `MONGODB_URI` goes before it. */
      uri: reference.optional(),
      /** The embedded store's file, from the working directory on; used while no MongoDB is named. */
      file: z.string().min(1).default('data/crossdock.db'),
    })
    .prefault({}),
  vault: z
    .strictObject({
      /** 32 bytes in base64 that wrap the keys of personal data; absent = a file beside the embedded store. */
      masterKey: reference.optional(),
    })
    .prefault({}),
  companies: z.array(company).min(1).meta({ description: 'a list of companies, at least one' }),
  locations: z.array(location).min(1).meta({ description: 'a list of locations, at least one' }),
  connections: z.array(connection).min(1).meta({ description: 'a list of connections, at least one' }),
  allocation: z
    .strictObject({
      policy: z.enum(['ship-complete', 'split', 'partial']).default('split'),
      maxLocations: z.int().min(1).max(20).default(3),
      /** Whether a location that the channel has assigned binds us, or we choose and have it moved. A store pickup always binds. */
      assigned: z.enum(['kept', 'ours to choose']).default('ours to choose'),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** From delivery, else cancellation, else capture. */
      personalDays: z.int().min(1).max(36_500).default(180),
    })
    .prefault({}),
  web: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8377),
      /** Where remotes reach the web server from outside; then webhooks are subscribed by themselves. Absent = they are not. */
      publicUrl: baseUrl.optional(),
      /** Who may ask the API and open the page. None = nobody. */
      tokens: z
        .array(
          z.strictObject({
            name,
            token: reference,
            /** `read` sees everything but what is personal, `personal` that too, `operate` may replay and pull. */
            scopes: z
              .array(z.enum(['read', 'operate', 'personal']))
              .min(1)
              .meta({ description: 'a list of read, operate and personal', examples: [['read']] }),
          }),
        )
        .max(50)
        .default([]),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['text', 'json']).default('text'),
      /** For how long lines from `info` on can be searched. */
      keepDays: z.int().min(1).max(3_650).default(14),
    })
    .prefault({}),
});

/** A configuration file's content, its defaults filled in and its references not yet resolved. */
export type ConfigContent = z.output<typeof configSchema>;
export type ConnectionContent = z.output<typeof connection>;
