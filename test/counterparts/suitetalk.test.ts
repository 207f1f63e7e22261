import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { externalIdOf } from '../../connectors/netsuite/external-id.ts';
import { dayOfSales, open, SECRETS } from '../../connectors/netsuite/test-netsuite.ts';
import type { LedgerSink } from '../../src/connector/contract.ts';
import { failureOf, HASTY_MS, openRig, type Rig } from '../contract/rig.ts';
import { contractSuite, type LedgerSubject } from '../contract/suite.ts';
import { phpMissing, sayMissing, startPhp, type PhpSuiteTalk } from './php.ts';

const missing = phpMissing();
if (missing !== null) sayMissing(missing);
const where = missing === null ? describe : describe.skip;

const ledger: LedgerSubject<PhpSuiteTalk> = {
  name: 'ledger over SOAP',
  start: () => startPhp(),
  open: (remote, io) => open(remote.url, io, 'soap').ledger,
  item: (_php, key) => dayOfSales(key),
  written: async (remote, key) =>
    (await remote.state()).entries.flatMap(({ id, externalId }) => (externalId === externalIdOf(key) ? [id] : [])),
  by: 'native',
  secrets: Object.values(SECRETS),
  unknownId: '1',
};

where('our SOAP at PHP’s SoapServer', () => {
  contractSuite({ name: 'netsuite', ledgers: [ledger] });

  describe('the ledger', () => {
    let php: PhpSuiteTalk;
    let rig: Rig;
    let sink: LedgerSink;

    beforeEach(async () => {
      php = await startPhp();
      rig = openRig(Object.values(SECRETS), HASTY_MS);
      sink = open(php.url, rig.io, 'soap').ledger;
    });
    afterEach(async () => {
      rig.close();
      await php.close();
      expect(php.problems()).toEqual([]);
    });

    it('passes the check of address, credentials and clock', () => open(php.url, rig.io, 'soap').check());

    it('reads back to the cent what was posted, and PHP has decoded it as it was meant', async () => {
      const { id } = await sink.send(dayOfSales('post:a'), 'post:a');
      expect(await sink.read(id)).toEqual(dayOfSales('post:a'));
      expect(await sink.read('1')).toBeNull();
      const [entry] = (await php.state()).entries;
      expect(entry?.memo).toBe('Shop & Söhne, 2026-11-20 <part 1>');
      expect(entry?.lines).toEqual([
        { account: '102', memo: 'cards', debit: '90.00' },
        { account: '103', memo: 'PayPal', debit: '10.05' },
        { account: '111', memo: 'goods', credit: '85.00', department: '3', location: '12' },
        { account: '112', memo: '', credit: '7.00' },
        { account: '108', memo: 'New York State Tax', credit: '8.05' },
      ]);
    });

    it('makes one document of the same key twice, and says where the one that is there differs', async () => {
      const first = await sink.send(dayOfSales('post:a'), 'post:a');
      expect(await sink.send(dayOfSales('post:a'), 'post:a')).toEqual(first);
      const other = dayOfSales('post:a');
      const lines = other.lines.map((line) => (line.account === '112' ? { ...line, account: '118' } : line));
      const error = await failureOf(sink.send({ ...other, lines }, 'post:a'));
      expect([error.fault, error.code, error.remoteId]).toEqual(['data', 'posted-differently', first.id]);
      expect((await php.state()).entries).toHaveLength(1);
    });

    it('is unknown when the reply is cut after it was applied, is found, and stays one document', async () => {
      php.fail({ kind: 'cut-after-apply' });
      expect((await failureOf(sink.send(dayOfSales('post:a'), 'post:a'))).fault).toBe('unknown');
      const [entry] = (await php.state()).entries;
      expect(await sink.find('post:a', dayOfSales('post:a'))).toBe(entry?.id);
      expect(await sink.send(dayOfSales('post:a'), 'post:a')).toEqual({ id: entry?.id, state: 'done' });
      expect((await php.state()).entries).toHaveLength(1);
    });

    it.each([
      ['another token secret', { tokenSecret: 'another' }],
      ['another consumer secret', { consumerSecret: 'another' }],
      ['another token', { token: 'another' }],
      ['another account', { account: 'ANOTHER' }],
    ])('pauses the connection for a passport signed with %s: PHP signs for itself', async (_what, more) => {
      const error = await failureOf(open(php.url, rig.io, 'soap', more).ledger.send(dayOfSales(), 'post:a'));
      expect([error.fault, error.code]).toEqual(['config', 'unauthorized']);
      expect((await php.state()).entries).toEqual([]);
    });

    it('signs whatever sign a nonce holds as PHP does, and is refused when the same passport comes twice', async () => {
      // What RFC 3986 leaves unescaped and what it does not, in one field that the signature covers.
      const nonce = "!'()*-._~ &=+%/é漢";
      const bytes = (): Uint8Array => new TextEncoder().encode(nonce);
      const io = { ...rig.io, random: { ...rig.io.random, bytes } };
      await open(php.url, io, 'soap').check();
      // The very same passport a second time is a copy: it is refused.
      expect((await failureOf(open(php.url, io, 'soap').check())).fault).toBe('config');
    });

    it.each([
      ['invalidSessionFault', 'SESSION_TIMED_OUT', 'config', 'unauthorized'],
      ['exceededConcurrentRequestLimitFault', 'WS_CONCUR_SESSION_DISALLWD', 'throttled', 'throttled'],
      ['insufficientPermissionFault', 'INSUFFICIENT_PERMISSION', 'config', 'forbidden'],
      ['invalidVersionFault', 'INVALID_WS_VERSION', 'config', 'api-retired'],
      ['unexpectedErrorFault', 'UNEXPECTED_ERROR', 'unknown', 'remote-failed'],
    ])('says of a %s on a send what it means, with its words', async (fault, code, kind, ours) => {
      await php.plan({ fault, code, message: 'by Söhne & <Co>' });
      const error = await failureOf(sink.send(dayOfSales('post:a'), 'post:a'));
      expect([error.fault, error.code]).toEqual([kind, ours]);
      expect(error.message).toContain('by Söhne & <Co>');
      expect(error.remedy).not.toBe('');
      expect((await php.state()).entries).toEqual([]);
    });

    it('takes a SOAP fault without the vendor’s detail for an outage on their side, for a refusal on ours', async () => {
      await php.plan({ fault: 'bare', code: 'Server', message: 'out of order' });
      const server = await failureOf(sink.send(dayOfSales('post:a'), 'post:a'));
      await php.plan({ fault: 'bare', code: 'Client', message: 'cannot be read' });
      const client = await failureOf(sink.send(dayOfSales('post:a'), 'post:a'));
      expect(
        [server, client].map(({ fault, message }) => [fault, /out of order|cannot be read/.exec(message)?.[0]]),
      ).toEqual([
        ['unknown', 'out of order'],
        ['data', 'cannot be read'],
      ]);
    });

    it('carries every sign of a memo there and back', async () => {
      const memo = 'a&b <c> "d" \'e\' ]]> <![CDATA[ f ]] {g} %h \\ é ß Ω 漢字 🚚 e\u0301 &amp; &#38;';
      const document = { ...dayOfSales('post:m'), memo };
      const lines = document.lines.map((line) => ({ ...line, memo }));
      const { id } = await sink.send({ ...document, lines }, 'post:m');
      expect(await sink.read(id)).toEqual({ ...document, lines });
      const [entry] = (await php.state()).entries;
      expect([entry?.memo, ...(entry?.lines ?? []).map((line) => line.memo)]).toEqual(Array(6).fill(memo));
    });

    it('keeps every digit of an amount of fifteen', async () => {
      const [line] = dayOfSales().lines;
      if (line === undefined) throw new Error('a day of sales has lines');
      const amounts = [123_456_789_012_345, 999_999_999_999_999, 1];
      const lines = amounts.flatMap((minor) => [
        { ...line, account: '102', debit: minor, credit: 0 },
        { ...line, account: '111', debit: 0, credit: minor },
      ]);
      const document = { ...dayOfSales('post:big'), lines };
      const { id } = await sink.send(document, 'post:big');
      expect(await sink.read(id)).toEqual(document);
      const debits = (await php.state()).entries[0]?.lines.flatMap(({ debit }) => debit ?? []);
      expect(debits).toEqual(['1234567890123.45', '9999999999999.99', '0.01']);
    });

    it('parks what PHP’s books refuse, with their words', async () => {
      await sink.send(dayOfSales('post:a'), 'post:a');
      await php.plan({
        fault: 'invalidAccountFault',
        code: 'INVALID_KEY_OR_REF',
        message: 'Invalid account reference key 999.',
      });
      const error = await failureOf(sink.send(dayOfSales('post:b'), 'post:b'));
      expect([error.fault, error.code]).toEqual(['data', 'unknown-reference']);
      expect(error.message).toContain('Invalid account reference key 999.');
    });
  });
});
