import { expect, it } from '@jest/globals';
import { apiOf, netsuiteConfig } from './config.ts';
import { SETTINGS } from './test-netsuite.ts';

it('speaks an API that ends where documents go over SOAP, and one of which no end is known over REST', () => {
  const over = (settings: object): ReturnType<typeof apiOf> =>
    apiOf(netsuiteConfig.parse({ ...SETTINGS, ...settings }));
  expect(over({ interface: 'rest' })).toEqual({ version: 'REST v1', sunset: null });
  expect(over({ interface: 'soap' })).toEqual({ version: 'SOAP 2025.2', sunset: '2028-08-01' });
  expect(over({ interface: 'soap', soapVersion: '2023_2' })).toEqual({ version: 'SOAP 2023.2', sunset: '2028-08-01' });
});
