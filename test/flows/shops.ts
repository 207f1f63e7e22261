import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Books } from '../../connectors/shopify/sandbox-books.ts';
import { startStandIn, type ShopifyStandIn } from '../../connectors/shopify/sandbox.ts';
import { readMasterKey } from '../../src/store/master-key.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { systemClock, systemRandom } from '../../src/system/clock.ts';
import { silentLog } from '../../src/system/log.ts';
import { watch, type Child } from './children.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DAY_MS = 86_400_000;
const SHOPS = ['harbour-us', 'harbour-eu'] as const;
type ShopId = (typeof SHOPS)[number];

/** The sandbox's two shops, served by the test itself so that they outlive every worker, and a configuration that names them. */
export interface Shops {
  readonly folder: string;
  /** Path of the configuration file. */
  readonly config: string;
  readonly storeFile: string;
  readonly us: ShopifyStandIn;
  readonly eu: ShopifyStandIn;
  books(): readonly Books[];
  /** Rewrites the configuration with this text put for that, each of which must occur. */
  edit(...changes: readonly (readonly [was: string, is: string])[]): void;
  /** Rewrites a shop's mapping file likewise. */
  editMapping(shop: ShopId, was: string, is: string): void;
  /** The store as another process sees it: served by a process started for it when no worker serves it. */
  openStore(): Promise<{ store: Store; close(): Promise<void> }>;
  /** Where the store is found while some worker serves it. */
  storeAddress(): Promise<string>;
  /** The store at that address, which this never begins to serve. */
  connect(address: string): Promise<Store>;
  close(): Promise<void>;
}

export interface ShopsOptions {
  /** Over both shops; default 560, the least that has every planted story. */
  readonly orders?: number;
  readonly seed?: string;
  readonly timeoutMs?: number;
  /** Only one of the shops is configured. */
  readonly only?: ShopId;
}

export async function openShops({
  orders = 560,
  seed = 'fire',
  timeoutMs = 30_000,
  only,
}: ShopsOptions = {}): Promise<Shops> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-flow-'));
  const today = Date.now() - (Date.now() % DAY_MS);
  const start = (connection: ShopId): Promise<ShopifyStandIn> =>
    startStandIn({ config: { connection, orders }, seed, today, clock: systemClock });
  const us = await start('harbour-us');
  const eu = await start('harbour-eu');
  const config = join(folder, 'crossdock.yaml');
  const storeFile = join(folder, 'store.db');
  const mappingFile = (shop: ShopId): string => join(folder, `${shop}.yaml`);
  for (const shop of SHOPS) writeFileSync(mappingFile(shop), readFileSync(join(ROOT, `mappings/sandbox-${shop}.yaml`)));
  writeFileSync(config, configText({ storeFile, timeoutMs, us: us.url, eu: eu.url, only }));
  const startHost = (): Child => watch([join(import.meta.dirname, 'store-host.ts'), storeFile]);
  const connect = (uri: string): Promise<Store> => {
    const masterKey = readMasterKey({ file: `${storeFile}.key` }, systemRandom);
    return openStore({ uri, masterKey, clock: systemClock, random: systemRandom, log: silentLog });
  };
  return {
    folder,
    config,
    storeFile,
    us,
    eu,
    books: () => [us, eu].map((shop) => shop.books()).filter(({ shop }) => only === undefined || shop === only),
    edit: (...changes) => {
      for (const [was, is] of changes) replaceIn(config, was, is);
    },
    editMapping: (shop, was, is) => replaceIn(mappingFile(shop), was, is),
    async openStore() {
      const host = startHost();
      const store = await connect(await host.line('mongodb://'));
      return {
        store,
        async close() {
          await store.close();
          host.kill('SIGTERM');
          await host.ended;
        },
      };
    },
    async storeAddress() {
      const host = startHost();
      const address = await host.line('mongodb://');
      host.kill('SIGTERM');
      await host.ended;
      return address;
    },
    connect,
    async close() {
      await us.close();
      await eu.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function replaceIn(file: string, was: string, is: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(was)) throw new Error(`${file} does not contain: ${was}`);
  writeFileSync(file, text.replaceAll(was, is));
}

interface Told {
  readonly storeFile: string;
  readonly timeoutMs: number;
  readonly us: string;
  readonly eu: string;
  readonly only: ShopId | undefined;
}

function configText({ storeFile, timeoutMs, us, eu, only }: Told): string {
  const shop = (id: ShopId, company: string, zone: string, url: string): string => `
  - id: ${id}
    connector: shopify
    company: ${company}
    zone: ${zone}
    mapping: ${id}.yaml
    sandbox: true
    baseUrl: ${url}
    credentials:
      accessToken: { sandbox: true }
      webhookSecret: { sandbox: true }
    cutOver: 2020-01-01T00:00:00Z
    http: { timeoutMs: ${timeoutMs} }
    settings: { shop: ${id}.myshopify.com, plan: plus, readAllOrders: true }`;
  return `store: { file: ${storeFile} }
log: { level: info, format: json }
web: { port: 0 }
companies:
  - { id: harbour-inc, name: Harbour Inc., currency: USD, zone: America/New_York }
  - { id: harbour-gmbh, name: Harbour GmbH, currency: EUR, zone: Europe/Berlin }
locations:
  - { id: newark, name: Newark Warehouse, country: US, priority: 10, countries: [US, CA] }
  - { id: reno, name: Reno Warehouse, country: US, priority: 20, countries: [US, CA] }
  - { id: rotterdam, name: Rotterdam Hub, country: NL, priority: 10 }
  - { id: berlin-store, name: Berlin Store, country: DE, priority: 30, countries: [DE, AT] }
connections:${only === 'harbour-eu' ? '' : shop('harbour-us', 'harbour-inc', 'America/New_York', us)}${
    only === 'harbour-us' ? '' : shop('harbour-eu', 'harbour-gmbh', 'Europe/Berlin', eu)
  }
`;
}
