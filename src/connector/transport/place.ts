import type { Place } from './faults.ts';

/**
 * Method, host and path of a request for messages and the log. Left out: query, fragment, credentials, every known
 * secret, and path segments that look like a mail address.
 */
export function placeOf(method: string, url: URL, secrets: readonly string[]): Place {
  let path = url.pathname.replace(/[^/]*(?:@|%40)[^/]*/gi, '…');
  for (const secret of secrets) {
    if (secret === '') continue;
    path = path.replaceAll(secret, '…').replaceAll(encodeURIComponent(secret), '…');
  }
  return { method, where: `${url.host}${path}` };
}
