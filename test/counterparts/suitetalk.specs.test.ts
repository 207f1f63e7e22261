import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dayOfSales, open, SECRETS } from '../../connectors/netsuite/test-netsuite.ts';
import { failureOf, openRig } from '../contract/rig.ts';
import { phpMissing, sayMissing, startPhp } from './php.ts';

const WSDL = join(
  resolve(process.env['SPECS_DIR'] ?? join(import.meta.dirname, '../../../shared/specs')),
  'netsuite/2023.2/netsuite.wsdl',
);
const VERSION = '2023_2';

describe('our SOAP at PHP’s SoapServer with SuiteTalk’s own WSDL of 2023.2', () => {
  const missing = existsSync(WSDL) ? phpMissing() : 'there are no specs here';
  if (missing !== null) {
    sayMissing(missing);
    it.skip(`skipped: ${missing}`, () => undefined);
    return;
  }

  it('is decoded by the official types as it was meant, and reads its answers back', async () => {
    const php = await startPhp(VERSION, WSDL);
    const rig = openRig(Object.values(SECRETS));
    try {
      // Our small WSDL writes and reads, the vendor's decodes and encodes: what the two disagree on would be lost here.
      const { ledger, check } = open(php.url, rig.io, 'soap', { soapVersion: VERSION });
      await check();
      const { id } = await ledger.send(dayOfSales('specs:php'), 'specs:php');
      expect(await ledger.read(id)).toEqual(dayOfSales('specs:php'));
      expect(await ledger.send(dayOfSales('specs:php'), 'specs:php')).toEqual({ id, state: 'done' });
      expect(await ledger.find('specs:never', dayOfSales('specs:never'))).toBe('absent');
      // The official types say double: PHP has made numbers of our text.
      expect((await php.state()).entries.map(({ memo, lines }) => ({ memo, lines }))).toEqual([
        {
          memo: 'Shop & Söhne, 2026-11-20 <part 1>',
          lines: [
            { account: '102', memo: 'cards', debit: 90 },
            { account: '103', memo: 'PayPal', debit: 10.05 },
            { account: '111', memo: 'goods', credit: 85, department: '3', location: '12' },
            { account: '112', memo: '', credit: 7 },
            { account: '108', memo: 'New York State Tax', credit: 8.05 },
          ],
        },
      ]);
      const stranger = open(php.url, rig.io, 'soap', { soapVersion: VERSION, tokenSecret: 'another' });
      expect((await failureOf(stranger.ledger.read(id))).code).toBe('unauthorized');
      expect(php.problems()).toEqual([]);
    } finally {
      rig.close();
      await php.close();
    }
  }, 120_000);

  it('keeps every digit of an amount of fifteen through the official double', async () => {
    const php = await startPhp(VERSION, WSDL);
    const rig = openRig(Object.values(SECRETS));
    try {
      const { ledger } = open(php.url, rig.io, 'soap', { soapVersion: VERSION });
      const [line] = dayOfSales().lines;
      if (line === undefined) throw new Error('a day of sales has lines');
      const lines = [123_456_789_012_345, 999_999_999_999_999, 1].flatMap((minor) => [
        { ...line, account: '102', debit: minor, credit: 0 },
        { ...line, account: '111', debit: 0, credit: minor },
      ]);
      const document = { ...dayOfSales('specs:big'), lines };
      const { id } = await ledger.send(document, 'specs:big');
      expect(await ledger.read(id)).toEqual(document);
      expect(php.problems()).toEqual([]);
    } finally {
      rig.close();
      await php.close();
    }
  }, 120_000);
});
