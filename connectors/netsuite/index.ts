import { defineConnector } from '../../src/connector/contract.ts';
import { check } from './check.ts';
import { apiOf, budgets, netsuiteConfig, type NetsuiteConfig } from './config.ts';
import { openLedger } from './ledger.ts';
import { openRestJournals } from './rest-journals.ts';
import { openSoapJournals } from './soap-journals.ts';

/** NetSuite: where batches are posted as journal entries and read back, over SuiteTalk SOAP or the REST record API. */
export default defineConnector<NetsuiteConfig>({
  kind: 'netsuite',
  api: apiOf,
  config: netsuiteConfig,
  budgets,
  open(config, io) {
    const journals = config.interface === 'soap' ? openSoapJournals(config, io) : openRestJournals(config, io);
    return { ledger: openLedger(journals, config, io), check: (signal) => check(journals, io, signal) };
  },
});
