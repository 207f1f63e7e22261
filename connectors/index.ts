import type { Connector } from '../src/connector/contract.ts';
import shopify from './shopify/index.ts';

/** Every connector by its kind, the name that a connection's `connector` says in the configuration file. */
export const connectors: Readonly<Record<string, Connector>> = { shopify };
