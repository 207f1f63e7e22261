import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ZodType } from 'zod';
import { asSyncError, SyncError } from '../src/domain/errors.ts';
import type { CompanyId, ConnectionId, LocationId } from '../src/domain/ids.ts';
import { accountMap, type AccountMap } from '../src/domain/ledger/account-map.ts';
import { parseInstant, type Instant } from '../src/domain/time.ts';
import { checkSource } from '../src/connector/documents/check.ts';
import { Mistakes, type Path } from '../src/connector/documents/mistakes.ts';
import { readYaml, type YamlSource } from '../src/connector/documents/yaml-source.ts';
import type { Mapping } from '../src/connector/mapping/mapping.ts';
import { mappingOf } from '../src/connector/mapping/parse.ts';
import type { MappingContent } from '../src/connector/mapping/schema.ts';
import { BESIDE, checkNames, LIKE_A_SECRET } from './check-names.ts';
import { readMappingFile, type MappingFile } from './mapping-file.ts';
import { readTokens, type TokenConfig } from './web-tokens.ts';
import { resolver, type Environment } from './references.ts';
import { configSchema, type ConfigContent, type ConnectionContent } from './schema.ts';

/** One configured account of an outside system, its references resolved. Holds secrets: never log it whole. */
export interface ConnectionConfig {
  readonly id: ConnectionId;
  readonly connector: string;
  readonly company: CompanyId;
  readonly zone: string;
  readonly mapping: Mapping;
  /** The mapping's file, and what it says. */
  readonly mappingFile: Pick<MappingFile, 'file' | 'content'>;
  /** The account map of an ERP's mapping; null where it has none. */
  readonly accounts: AccountMap | null;
  readonly cutOver: Instant;
  readonly schedule: {
    readonly orders: string | null;
    readonly stock: string | null;
    readonly shipments: string | null;
  };
  readonly effects: ConnectionContent['effects'];
  readonly books: NonNullable<ConnectionContent['books']> | null;
  readonly publish: ConnectionContent['publish'];
  /** Our share, above 0 and up to 1, of each budget that is named; the others are ours whole. */
  readonly budgets: Readonly<Record<string, number>>;
  readonly http: { readonly timeoutMs: number; readonly maxBytes: number; readonly proxy: string | null };
  readonly sandbox: boolean;
  /**
   * What the connector's `config` schema reads: settings, credentials, `cutOver` and, where configured, `baseUrl` and
   * `overlapMinutes`. It has been checked; for a sandbox the stand-in's address is laid over it as `baseUrl`.
   */
  readonly input: Readonly<Record<string, unknown>>;
  /** Every secret of this connection, for the transport to keep out of messages. */
  readonly secrets: readonly string[];
}

/** The whole configuration: checked, defaults filled in, secrets resolved. */
export interface Config {
  /** The file that it was read from. */
  readonly file: string;
  readonly store: { readonly uri: string | null; readonly file: string };
  /** 32 bytes in base64, or null = a file beside the embedded store. */
  readonly vault: { readonly masterKey: string | null };
  readonly companies: readonly {
    readonly id: CompanyId;
    readonly name: string;
    readonly currency: string;
    readonly zone: string;
  }[];
  readonly locations: readonly {
    readonly id: LocationId;
    readonly name: string;
    readonly country: string;
    readonly priority: number;
    readonly enabled: boolean;
    readonly countries: readonly string[] | null;
    /** The one connection whose counts of this location are taken; null = any. */
    readonly stockFrom: ConnectionId | null;
    /** The connection that is asked to ship from here; null = nobody is. */
    readonly shipsBy: ConnectionId | null;
  }[];
  readonly connections: readonly ConnectionConfig[];
  readonly allocation: ConfigContent['allocation'];
  readonly retention: ConfigContent['retention'];
  readonly web: Omit<ConfigContent['web'], 'tokens'> & { readonly tokens: readonly TokenConfig[] };
  readonly log: ConfigContent['log'];
  /** Every secret of the connections and of the web server, to be kept out of the log. */
  readonly secrets: readonly string[];
}

export interface ReadConfig {
  readonly file: string;
  /** Default: the environment of the process; nothing else in the project reads it. */
  readonly env?: Environment;
  /** The connectors that there are, each with the schema of its configuration. */
  readonly connectors: readonly { readonly kind: string; readonly config: ZodType }[];
}

/**
 * Reads a configuration file, the mapping files and the secrets that it names. `MONGODB_URI` in the environment goes
 * before `store.uri`. @throws SyncError `config` that lists every mistake in all of these files, each with file, line,
 * column, what was expected and an example; no secret is in it.
 */
export function readConfig({ file, env = process.env, connectors }: ReadConfig): Config {
  const mistakes = new Mistakes();
  const source = readYaml(textOf(file), file, mistakes);
  // What does not stand on its feet as YAML would only be complained of a second time.
  if (mistakes.any) mistakes.throwAny();
  const hidden = (path: Path): boolean =>
    path.includes('credentials') || path.includes('uri') || path.includes('proxy') || path.includes('tokens');
  const content = checkSource(source, configSchema, mistakes, { hidden });
  if (content === undefined) {
    mistakes.throwAny();
    throw new SyncError('bug', `${file} was refused without a mistake`, {
      remedy: 'Report this with the file, without its secrets.',
    });
  }
  checkNames(
    content,
    connectors.map((connector) => connector.kind),
    source,
    mistakes,
  );
  const secret = resolver(env, dirname(file), source, mistakes);
  const connections = content.connections.map((connection, index) => {
    const schema = connectors.find((connector) => connector.kind === connection.connector)?.config;
    return readConnection(connection, ['connections', index], { content, file, source, mistakes, secret, schema });
  });
  const tokens = readTokens(content, source, mistakes, secret);
  const config: Config = {
    ...content,
    file,
    store: { uri: env['MONGODB_URI'] || secret(content.store.uri, ['store', 'uri']), file: content.store.file },
    vault: { masterKey: secret(content.vault.masterKey, ['vault', 'masterKey']) },
    locations: content.locations.map((location) => ({
      ...location,
      countries: location.countries ?? null,
      stockFrom: location.stockFrom ?? null,
      shipsBy: location.shipsBy ?? null,
    })),
    connections,
    web: { ...content.web, tokens },
    secrets: [...connections.flatMap(({ secrets }) => secrets), ...tokens.map(({ token }) => token)],
  };
  mistakes.throwAny();
  return config;
}

interface Surroundings {
  readonly content: ConfigContent;
  readonly file: string;
  readonly source: YamlSource;
  readonly mistakes: Mistakes;
  readonly secret: ReturnType<typeof resolver>;
  readonly schema: ZodType | undefined;
}

function readConnection(
  connection: ConnectionContent,
  at: Path,
  { content, file, source, mistakes, secret, schema }: Surroundings,
): ConnectionConfig {
  const { id, connector, company, zone, schedule, budgets, http, sandbox, settings, cutOver, baseUrl, overlapMinutes } =
    connection;
  const credentials: Record<string, string> = {};
  for (const [name, written] of Object.entries(connection.credentials)) {
    const value = secret(written, [...at, 'credentials', name], sandbox ? { connection: id, name } : null);
    if (value !== null) credentials[name] = value;
  }
  const proxy = secret(http.proxy, [...at, 'http', 'proxy']);
  const beside = {
    cutOver,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(overlapMinutes !== undefined && { overlapMinutes }),
  };
  const input = { ...settings, ...credentials, ...beside };
  // A credential that could not be resolved has its mistake already; without it the connector would complain again.
  const whole = Object.keys(credentials).length === Object.keys(connection.credentials).length;
  if (schema !== undefined && whole) {
    const place = ([first, ...rest]: Path): Path => {
      if (first === undefined) return [...at, 'settings'];
      if (BESIDE.has(first)) return [...at, first, ...rest];
      const isCredential = first in credentials || (!(first in settings) && LIKE_A_SECRET.test(String(first)));
      return [...at, isCredential ? 'credentials' : 'settings', first, ...rest];
    };
    checkSource(source, schema, mistakes, { value: input, place, hidden: (path) => path.includes('credentials') });
  }
  const mappingFile = readMappingFile(connection.mapping, file, at, content, source, mistakes);
  return {
    id,
    connector,
    company,
    zone,
    mapping: mappingOf(mappingFile.content, mappingFile.source),
    mappingFile: { file: mappingFile.file, content: mappingFile.content },
    accounts: accountsOf(mappingFile.content, [...at, 'mapping'], source, mistakes),
    cutOver: parseInstant(cutOver, 'cutOver'),
    schedule: {
      orders: schedule.orders ?? null,
      stock: schedule.stock ?? null,
      shipments: schedule.shipments ?? null,
    },
    effects: connection.effects,
    books: connection.books ?? null,
    publish: connection.publish,
    budgets,
    http: { timeoutMs: http.timeoutMs, maxBytes: http.maxBytes, proxy },
    sandbox,
    input,
    secrets: [...Object.values(credentials), ...(proxy === null ? [] : [proxy])],
  };
}

/** The account map of a mapping; two rules with the same conditions are a mistake of the mapping file. */
function accountsOf(mapping: MappingContent, at: Path, source: YamlSource, mistakes: Mistakes): AccountMap | null {
  if (mapping.accounts === undefined) return null;
  try {
    return accountMap(
      mapping.accounts.map(({ when, account, dimensions }) => ({
        when: Object.fromEntries(Object.entries(when).filter(([, value]) => value !== undefined)),
        account,
        ...(dimensions === undefined ? {} : { dimensions }),
      })),
    );
  } catch (thrown) {
    const says = `${asSyncError(thrown).message}. ${asSyncError(thrown).remedy}`;
    mistakes.add({ file: source.file, ...source.spot(at), path: at, says, example: null });
    return null;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SyncError('config', `the configuration file ${resolve(file)} cannot be read`, {
      code: 'no-configuration',
      remedy: 'Name a file that is there, for example `--config config/sandbox.yaml`, and let this user read it.',
      cause,
    });
  }
}
