import { afterEach } from '@jest/globals';
import { openTestShop, type TestShop } from './test-shop.ts';

/** Opens shops for the tests of a file, each closed after the test that opened it. */
export function testShops(): typeof openTestShop {
  const open: TestShop[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  return async (answer, settings) => {
    const opened = await openTestShop(answer, settings);
    open.push(opened);
    return opened;
  };
}
