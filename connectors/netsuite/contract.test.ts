import type { LedgerSubject, Remote } from '../../test/contract/suite.ts';
import { contractSuite } from '../../test/contract/suite.ts';
import { externalIdOf } from './external-id.ts';
import type { NetsuiteStandIn } from './sandbox.ts';
import { dayOfNoAccount, dayOfSales, open, SECRETS, start } from './test-netsuite.ts';

interface Account extends Remote {
  readonly netsuite: NetsuiteStandIn;
}

function subject(by: 'soap' | 'rest'): LedgerSubject<Account> {
  return {
    name: `ledger over ${by}`,
    async start() {
      const netsuite = await start();
      const { control } = netsuite;
      return {
        netsuite,
        url: netsuite.url,
        fail: (fault) => {
          // A REST create has no body that could be cut in half: what it can lose is the address of what it made. What is
          // broken always is asked of reads.
          if (fault.kind !== 'malformed' || by === 'soap' || fault.times === 'always') control.fail(fault);
          else lose(netsuite);
        },
        clearFaults: () => control.clearFaults(),
        requests: () => control.requests(),
        problems: () => control.problems(),
        close: () => netsuite.close(),
      };
    },
    open: (remote, io) => open(remote.url, io, by).ledger,
    item: (_account, key) => dayOfSales(key),
    written: ({ netsuite }, key) =>
      netsuite.books
        .truth()
        .entries.filter(({ externalId }) => externalId === externalIdOf(key))
        .map(({ id }) => id),
    by: 'native',
    secrets: Object.values(SECRETS),
    refused: { item: (_account, key) => dayOfNoAccount(key), says: 'Invalid account reference key 999.' },
    unknownId: '1',
  };
}

function lose(netsuite: NetsuiteStandIn): void {
  netsuite.tell('lose-location', { times: 1 });
}

contractSuite({ name: 'netsuite', ledgers: [subject('soap'), subject('rest')] });
