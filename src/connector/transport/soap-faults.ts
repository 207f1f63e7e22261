import { SyncError } from '../../domain/errors.ts';
import type { CallKind } from '../io.ts';
import type { Place } from './faults.ts';

/** A SOAP fault, 1.1 or 1.2, as the remote sent it. */
export interface SoapFault {
  /** Without its prefix: `Client`, `Server`, `Sender`, `Receiver`, or a vendor's own. */
  readonly code: string;
  readonly text: string;
  /** The content of `detail`, by element name; null where there is none. */
  readonly detail: Readonly<Record<string, unknown>> | null;
}

const LONGEST_TEXT = 300;

/** The fault in what the library rejected with, or null where that was no fault of the remote's. */
export function faultIn(failure: unknown): SoapFault | null {
  // The library's own error text glues code, text and detail together; the parsed message is the reliable part. Its own
  // complaint about bad XML is a plain object with a `Fault` in it that the remote never sent: it has no `root`.
  const fault = at(failure, 'root', 'Envelope', 'Body', 'Fault');
  if (typeof fault !== 'object' || fault === null) return null;
  const code = textOf(at(fault, 'faultcode')) || textOf(at(fault, 'Code', 'Value'));
  const text = textOf(at(fault, 'faultstring')) || textOf(at(fault, 'Reason', 'Text'));
  const detail = at(fault, 'detail') ?? at(fault, 'Detail');
  return {
    code: code.slice(code.indexOf(':') + 1),
    text: text.slice(0, LONGEST_TEXT),
    detail: isObject(detail) ? detail : null,
  };
}

/**
 * What a fault means where the connector does not know better: the caller's mistake is the record's, everything else is
 * an outage, after which a write may have been done.
 */
export function faultOfReply(place: Place, kind: CallKind, { code, text }: SoapFault): SyncError {
  const where = `${place.method} ${place.where}`;
  if (/^(Client|Sender)\b/.test(code)) {
    return new SyncError('data', `${where}: the remote refuses the request (${text})`, {
      code: 'refused',
      remedy: 'Open the record and compare it with what the remote expects; then replay it.',
    });
  }
  const unknown = kind === 'write';
  const after = unknown ? '; whether it was done is unknown' : '';
  return new SyncError(unknown ? 'unknown' : 'transient', `${where}: the remote failed (${text})${after}`, {
    code: 'remote-failed',
    remedy: 'Nothing to do: it is looked up or tried again by itself. If it lasts, look at the remote’s status page.',
  });
}

/** The text of an element, whether or not it has attributes beside. */
export function textOf(element: unknown): string {
  if (typeof element === 'string') return element.trim();
  const value = at(element, '$value');
  return typeof value === 'string' ? value.trim() : '';
}

/** What stands at a path of element names; undefined where it ends early. */
export function at(from: unknown, ...path: readonly string[]): unknown {
  let found: unknown = from;
  for (const name of path) {
    if (!isObject(found)) return undefined;
    found = found[name];
  }
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
