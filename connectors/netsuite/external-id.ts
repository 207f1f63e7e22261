import { SyncError } from '../../src/domain/errors.ts';
import type { Key } from '../../src/domain/ids.ts';

/**
 * Our key as an external id of NetSuite, which may hold only letters, digits, `_` and `-`
 * (https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_156334828635.html). A colon becomes `__`, any
 * other sign `_` + its UTF-8 bytes in hex + `_`, so that two keys never meet and a person can still read it.
 */
export function externalIdOf(key: Key): string {
  return key.replace(/[^A-Za-z0-9-]/gu, (sign) => (sign === ':' ? '__' : `_${Buffer.from(sign).toString('hex')}_`));
}

/** The key of an external id that `externalIdOf` made; null for one that it did not make. */
export function keyIfOurs(externalId: string): Key | null {
  const key = externalId.replace(/_([0-9a-f]*)_/g, (_, hex: string) =>
    hex === '' ? ':' : Buffer.from(hex, 'hex').toString('utf8'),
  );
  return key !== '' && externalIdOf(key) === externalId ? key : null;
}

/** As `keyIfOurs`. @throws SyncError `data` for an external id that is none of ours. */
export function keyOf(externalId: string): Key {
  const key = keyIfOurs(externalId);
  if (key !== null) return key;
  throw new SyncError('data', `The external id "${externalId.slice(0, 80)}" in NetSuite is none of ours`, {
    code: 'foreign-external-id',
    remedy:
      'Look at the journal entry in NetSuite: its external id was changed there, or it was not posted by Crossdock.',
  });
}
