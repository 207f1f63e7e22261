import type { LedgerDocument } from '../../src/domain/fulfillment.ts';
import type { Remote, SinkSubject } from '../../test/contract/suite.ts';
import { contractSuite } from '../../test/contract/suite.ts';
import { externalIdOf } from './external-id.ts';
import type { NetsuiteStandIn } from './sandbox.ts';
import { dayOfSales, open, SECRETS, start } from './test-netsuite.ts';

interface Account extends Remote {
  readonly netsuite: NetsuiteStandIn;
}

function subject(by: 'soap' | 'rest'): SinkSubject<unknown, Account> {
  const ledger: SinkSubject<LedgerDocument, Account> = {
    name: `ledger over ${by}`,
    async start() {
      const netsuite = await start();
      const { control } = netsuite;
      return {
        netsuite,
        url: netsuite.url,
        fail: (fault) => {
          // A REST create has no body that could be cut in half: what it can lose is the address of what it made.
          if (fault.kind !== 'malformed' || by === 'soap') control.fail(fault);
          else lose(netsuite);
        },
        clearFaults: () => control.clearFaults(),
        requests: () => control.requests(),
        problems: () => control.problems(),
        close: () => netsuite.close(),
      };
    },
    open: (remote, io) => open(remote.url, io, by).ledger,
    item: () => dayOfSales(),
    written: ({ netsuite }, key) =>
      netsuite.books
        .truth()
        .entries.filter(({ externalId }) => externalId === externalIdOf(key))
        .map(({ id }) => id),
    by: 'native',
    secrets: Object.values(SECRETS),
  };
  return ledger;
}

function lose(netsuite: NetsuiteStandIn): void {
  netsuite.tell('lose-location', { times: 1 });
}

contractSuite({ name: 'netsuite', sinks: [subject('soap'), subject('rest')] });
