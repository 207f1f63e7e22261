import type { Client, IHttpClient } from 'soap';
import { SyncError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { CallKind, Http, HttpRequest } from '../io.ts';
import { faultOfStatus, type Place } from './faults.ts';
import { placeOf } from './place.ts';
import { faultIn, faultOfReply, type SoapFault } from './soap-faults.ts';
import { safeContent } from './soap-text.ts';

/** An XML element as the soap library writes and reads it: children by name in their order, attributes under `attributes`, text beside attributes under `$value`. */
export interface SoapElement {
  readonly [name: string]: unknown;
}

export interface SoapCall {
  /** The operation by its name in the WSDL. */
  readonly operation: string;
  /** The children of the operation's element, in the order of its schema: the library does not put them in order. */
  readonly body: SoapElement;
  /** The content of the SOAP header, made anew for each call because it may carry a signature. */
  readonly header?: SoapElement;
  /** This and what follows as in `HttpRequest`. */
  readonly kind: CallKind;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** SOAP under the one I/O policy. */
export interface Soap {
  /**
   * The content of the answer's body element. Every value is text as it was sent, numbers and dates too; an attribute
   * stands under `attributes`.
   * @throws SyncError: what the transport throws; a SOAP fault by the connector's own reading or else *data* where the
   * caller is said to be at fault; an answer that cannot be read or is empty is *unknown* on a write, *transient* on a read.
   */
  call(call: SoapCall): Promise<SoapElement>;
}

export interface SoapSettings {
  /** The connection's transport: time-out, size limit, sockets and the table status → fault are its own. */
  readonly http: Http;
  readonly clock: Clock;
  /** The WSDL itself (beginning with `<?xml`), the path of its file, or its address. Read once, at the first call. */
  readonly wsdl: string;
  /** Where calls go, whatever the WSDL says. */
  readonly endpoint: string;
  /** What the vendor means by a fault; null = the general reading holds. */
  readonly fault?: (fault: SoapFault, kind: CallKind) => SyncError | null;
}

/** Statuses with which a SOAP fault may come; any other failing status is the transport's to judge. */
const FAULT_STATUSES = [400, 500];

/** The start of a SOAP body that is not closed at once. */
const BODY = /<(?:[\w.-]+:)?Body(?:\s[^>]*)?(?<!\/)>/;

/** Types that the library would turn into numbers, floats and dates, and so lose digits and zones. */
const AS_TEXT = ['decimal', 'double', 'float', 'long', 'int', 'integer', 'short', 'boolean', 'date', 'dateTime'];

/** What belongs to one call on its way through the library; status 0 = no answer yet. */
interface Passing {
  readonly call: SoapCall;
  status: number;
}

/**
 * SOAP over a connection's `Http`, by the WSDL. The client is built once, at the first call, and again only where that
 * failed. Never retries by itself.
 */
export function openSoap(settings: SoapSettings): Soap {
  const { http, clock, endpoint } = settings;
  const place: Place = placeOf('POST', new URL(endpoint), []);
  const transport = httpClient(http);
  let building: Promise<Client> | null = null;
  /** The header of the call that the library is writing right now; it writes without a pause. */
  let header: unknown;

  async function build(): Promise<Client> {
    try {
      // Only a connection that speaks SOAP pays for the library.
      const { createClientAsync } = await import('soap');
      const client = await createClientAsync(settings.wsdl, {
        endpoint,
        httpClient: transport,
        customDeserializer: Object.fromEntries(AS_TEXT.map((type) => [type, (text: string) => text])),
        // The library's cache is one for the whole process and does not tell these options apart.
        disableCache: true,
      });
      client.addSoapHeader(() => header ?? '');
      return client;
    } catch (cause) {
      building = null;
      if (cause instanceof SyncError) throw cause;
      throw new SyncError('config', 'the WSDL of this connection cannot be read', {
        code: 'bad-wsdl',
        remedy: 'Name a WSDL file that is there and whole, or leave the setting out to use the one that comes along.',
        cause,
      });
    }
  }

  return {
    async call(call) {
      const client = await (building ??= build());
      const operation: unknown = client[call.operation];
      if (!isOperation(operation)) {
        throw new SyncError('config', `the WSDL of this connection has no operation "${call.operation}"`, {
          code: 'bad-wsdl',
          remedy: 'Name the WSDL of the right service and version.',
        });
      }
      const passing: Passing = { call, status: 0 };
      const outcome = await new Promise<{ failure: unknown; content: unknown }>((resolve) => {
        try {
          header = safeContent(call.header);
          operation(safeContent(call.body), (failure: unknown, content: unknown) => resolve({ failure, content }), {
            passing,
          });
        } catch (failure) {
          resolve({ failure, content: null });
        } finally {
          header = undefined;
        }
      });
      return answered(passing, outcome);
    },
  };

  function answered(
    { call, status }: Passing,
    { failure, content }: { failure: unknown; content: unknown },
  ): SoapElement {
    if (failure instanceof SyncError) throw failure;
    const fault = faultIn(failure);
    if (fault !== null) throw settings.fault?.(fault, call.kind) ?? faultOfReply(place, call.kind, fault);
    // A failing status without a fault in it is a failing status like any other.
    if (status >= 300) throw faultOfStatus(place, call.kind, { status, retryAt: null, remoteId: null }, clock.now());
    if (status === 0) throw unsent(call, failure);
    if ((failure === null || failure === undefined) && isElement(content) && !isEnvelope(content)) return content;
    throw unreadable(place, call, 'is no whole SOAP message');
  }
}

/** The library's way out, by the connection's transport. */
function httpClient(http: Http): IHttpClient {
  async function exchange(url: string, body: string | null, headers: Record<string, string>, passing: Passing | null) {
    const { kind, signal, timeoutMs, maxBytes } = passing?.call ?? { kind: 'read' };
    const request: HttpRequest = {
      method: body === null ? 'GET' : 'POST',
      url,
      headers,
      ...(body !== null && { body }),
      kind,
      ...(passing !== null && { accept: FAULT_STATUSES }),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxBytes !== undefined && { maxBytes }),
    };
    const answer = await http.send(request);
    const text = Buffer.from(answer.body).toString('utf8');
    if (passing !== null) {
      passing.status = answer.status;
      const place = placeOf('POST', new URL(url), []);
      // An empty answer would be taken for an empty success, one without a body for its own envelope, and a document
      // type could bring entities of its own.
      if (answer.status < 300 && !BODY.test(text)) throw unreadable(place, passing.call, 'is empty');
      if (/<!DOCTYPE/i.test(text)) throw unreadable(place, passing.call, 'declares a document type');
    }
    return { answer: { status: answer.status, headers: answer.headers, data: text }, text };
  }

  return {
    request(
      url: string,
      data: unknown,
      callback: (error: unknown, answer?: unknown, body?: unknown) => void,
      headers,
      options,
    ) {
      const body = typeof data === 'string' ? data : null;
      exchange(url, body, textOnly(headers), passingOf(options)).then(
        ({ answer, text }) => callback(null, answer, text),
        (error: unknown) => callback(error),
      );
      // The library looks only at the callback.
      return new Promise<never>(() => undefined);
    },
  };
}

/** Where the body is missing or empty, the library gives the whole envelope for the answer. */
function isEnvelope(content: SoapElement): boolean {
  return 'Envelope' in content || 'Body' in content;
}

/** How the library offers an operation; it answers only through the callback. */
type Operation = (body: unknown, callback: (failure: unknown, content: unknown) => void, options: object) => unknown;

function isOperation(value: unknown): value is Operation {
  return typeof value === 'function';
}

function passingOf(options: unknown): Passing | null {
  if (!isElement(options) || !isPassing(options['passing'])) return null;
  return options['passing'];
}

function isPassing(value: unknown): value is Passing {
  return isElement(value) && 'call' in value;
}

function textOnly(headers: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) if (typeof value === 'string') texts[name] = value;
  return texts;
}

function isElement(value: unknown): value is SoapElement {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The library failed before anything was sent: our own message does not fit the WSDL. */
function unsent(call: SoapCall, cause: unknown): SyncError {
  return new SyncError('bug', `the message of "${call.operation}" could not be written`, {
    code: 'soap-message',
    remedy: 'This is a fault in Crossdock, or the configured WSDL is another than the connector expects. Report it.',
    cause: new Error(cause instanceof Error ? cause.message : String(cause)),
  });
}

function unreadable(place: Place, call: SoapCall, says: string): SyncError {
  const fault = call.kind === 'write' ? 'unknown' : 'transient';
  const after = fault === 'unknown' ? '; whether it was done is unknown' : '';
  return new SyncError(fault, `${place.method} ${place.where}: the answer to "${call.operation}" ${says}${after}`, {
    code: 'malformed-answer',
    remedy:
      'Nothing to do: it is looked up or tried again by itself. If it lasts, check the address of this connection.',
  });
}
