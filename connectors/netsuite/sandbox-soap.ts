import type { StandInAnswer, StandInRequest } from '../../src/connector/sandbox/exchange.ts';
import type { SoapElement } from '../../src/connector/transport/soap.ts';
import { at, textOf } from '../../src/connector/transport/soap-faults.ts';
import { openSoapServing, SoapRefusal } from '../../src/connector/transport/soap-stand-in.ts';
import type { Clock } from '../../src/domain/ports.ts';
import { businessDate, dayWindow, formatInstant, parseInstant } from '../../src/domain/time.ts';
import { DIMENSIONS } from './journal.ts';
import { Refused, type Asked, type BookedEntry, type Books } from './sandbox-books.ts';
import type { Gate } from './sandbox-gate.ts';
import { decimal, dimensionsIn } from './sandbox-text.ts';
import { wsdlFor } from './soap-journals.ts';

/** The order in which the schema wants the fields that we know; another order is another type to a validator. */
const RECORD_ORDER = ['tranDate', 'currency', 'subsidiary', 'memo', 'lineList'];
const LINE_ORDER = ['account', 'debit', 'credit', 'memo', ...DIMENSIONS];

export interface SoapSide {
  answer(request: StandInRequest): Promise<StandInAnswer>;
  /** NetSuite's refusal when the account's pool is full. */
  full(): StandInAnswer;
}

/** SuiteTalk SOAP over the books. `zone` is the account's. */
export async function openSoapSide(
  books: Books,
  gate: Gate,
  clock: Clock,
  version: string,
  zone: string,
): Promise<SoapSide> {
  const urn = (part: string): string => `urn:${part}_${version}`;
  const core = `${urn('core')}.platform.webservices.netsuite.com`;
  const general = `${urn('general')}.transactions.webservices.netsuite.com`;
  const faults = `${urn('faults')}.platform.webservices.netsuite.com`;

  function admit(header: unknown): void {
    const passport = at(header, 'tokenPassport');
    const told = (name: string): string => textOf(at(passport, name));
    const algorithm = at(passport, 'signature', 'attributes', 'algorithm');
    const fields = { account: told('account'), consumerKey: told('consumerKey'), token: told('token') };
    const proof = { nonce: told('nonce'), timestamp: told('timestamp'), signature: told('signature') };
    if (algorithm === 'HMAC-SHA256' && gate.admitsPassport({ ...fields, ...proof })) return;
    const detail = faultDetail('invalidCredentialsFault', 'INVALID_LOGIN_CREDENTIALS', 'Invalid login attempt.');
    throw new SoapRefusal('soap:Server.userException', 'Invalid login attempt.', detail);
  }

  function faultDetail(name: string, code: string, message: string): SoapElement {
    return {
      [`platformFaults:${name}`]: {
        attributes: { 'xmlns:platformFaults': faults },
        'platformFaults:code': code,
        'platformFaults:message': message,
      },
    };
  }

  /** Of the core namespace, whose prefix the WSDL brings into every envelope. */
  function status(refused: Refused | null): SoapElement {
    const attributes = { isSuccess: refused === null ? 'true' : 'false' };
    if (refused === null) return { attributes };
    const detail = { 'core:code': refused.code, 'core:message': refused.message };
    return { attributes, 'core:statusDetail': { attributes: { type: 'ERROR' }, ...detail } };
  }

  /** What the operation does; a refusal stands in the status of a good answer. */
  function answering(work: () => SoapElement): SoapElement {
    try {
      return { 'core:status': status(null), ...work() };
    } catch (refused) {
      if (refused instanceof Refused) return { 'core:status': status(refused) };
      throw refused;
    }
  }

  function askedOf(record: unknown): Asked {
    const type = at(record, 'attributes', 'xsi:type');
    if (typeof type !== 'string' || !type.endsWith(':JournalEntry'))
      throw new Refused('RCRD_TYPE_REQD', 'Not a journal entry.');
    ordered(record, RECORD_ORDER);
    const found: unknown = at(record, 'lineList', 'line');
    const lines: readonly unknown[] = Array.isArray(found) ? found : found === undefined ? [] : [found];
    const externalId = at(record, 'attributes', 'externalId');
    return {
      externalId: typeof externalId === 'string' ? externalId : null,
      date: businessDate(parseInstant(textOf(at(record, 'tranDate')), 'tranDate'), zone),
      currency: reference(at(record, 'currency')),
      subsidiary: reference(at(record, 'subsidiary')) || null,
      memo: textOf(at(record, 'memo')),
      lines: lines.map((line) => {
        ordered(line, LINE_ORDER);
        return {
          account: reference(at(line, 'account')),
          debit: textOf(at(line, 'debit')),
          credit: textOf(at(line, 'credit')),
          memo: textOf(at(line, 'memo')),
          dimensions: dimensionsIn((name) => reference(at(line, name))),
        };
      }),
    };
  }

  function recordElement(entry: BookedEntry): SoapElement {
    return {
      attributes: {
        internalId: entry.id,
        ...(entry.externalId !== null && { externalId: entry.externalId }),
        xsi_type: { type: 'JournalEntry', prefix: 'tranGeneral', xmlns: general },
      },
      // As NetSuite shows a date: the first instant of the day with the offset of the account's zone.
      tranDate: startOfDay(entry.date, zone),
      currency: refElement(books.currencyId(entry.currency)),
      tranId: entry.number,
      ...(entry.subsidiary !== null && { subsidiary: refElement(entry.subsidiary) }),
      memo: entry.memo,
      lineList: {
        line: entry.lines.map((line, index) => ({
          account: refElement(line.account),
          line: String(index + 1),
          ...(line.debit > 0 && { debit: decimal(line.debit, entry.currency) }),
          ...(line.credit > 0 && { credit: decimal(line.credit, entry.currency) }),
          memo: line.memo,
          ...Object.fromEntries(Object.entries(line.dimensions).map(([name, id]) => [name, refElement(id)])),
        })),
      },
    };
  }

  const serving = await openSoapServing({
    wsdl: wsdlFor(version),
    service: 'NetSuiteService',
    port: 'NetSuitePort',
    operations: {
      add: (body, header) => {
        admit(header);
        const work = (): SoapElement => {
          const { id, externalId } = books.post(askedOf(at(body, 'record')));
          const attributes = { internalId: id, externalId: externalId ?? '', type: 'journalEntry' };
          return {
            baseRef: {
              attributes: { ...attributes, xsi_type: { type: 'RecordRef', prefix: 'platformCore', xmlns: core } },
            },
          };
        };
        return { writeResponse: answering(work) };
      },
      get: (body, header) => {
        admit(header);
        const work = (): SoapElement => {
          const asked = (name: string): string => String(at(body, 'baseRef', 'attributes', name) ?? '');
          const entry =
            asked('internalId') === '' ? books.byExternalId(asked('externalId')) : books.byId(asked('internalId'));
          if (entry === null) throw new Refused('RCRD_DSNT_EXIST', 'That record does not exist.');
          return { record: recordElement(entry) };
        };
        return { readResponse: answering(work) };
      },
      getServerTime: (_body, header) => {
        admit(header);
        const result = answering(() => ({ 'core:serverTime': formatInstant(clock.now()) }));
        return { 'core:getServerTimeResult': result };
      },
    },
  });

  return {
    answer: serving,
    full: () => ({
      status: 500,
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body:
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
        '<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode><faultstring>Only one request may be made against a session at a time</faultstring>' +
        `<detail><platformFaults:exceededConcurrentRequestLimitFault xmlns:platformFaults="${faults}"><platformFaults:code>WS_CONCUR_SESSION_DISALLWD</platformFaults:code>` +
        '<platformFaults:message>Only one request may be made against a session at a time</platformFaults:message></platformFaults:exceededConcurrentRequestLimitFault></detail>' +
        '</soapenv:Fault></soapenv:Body></soapenv:Envelope>',
    }),
  };
}

/** Midnight of the account's day, with its offset from UTC. */
function startOfDay(date: string, zone: string): string {
  const minutes = Math.round((Date.parse(`${date}T00:00:00Z`) - dayWindow(date, zone).from) / 60_000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${date}T00:00:00.000${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function ordered(element: unknown, order: readonly string[]): void {
  const names = Object.keys(typeof element === 'object' && element !== null ? element : {}).filter(
    (name) => name !== 'attributes',
  );
  const places = names.map((name) => order.indexOf(name));
  if (places.some((place, index) => place < 0 || place < (places[index - 1] ?? 0))) {
    throw new SoapRefusal(
      'soap:Server.userException',
      `org.xml.sax.SAXException: ${names.join(', ')} out of order`,
      {},
    );
  }
}

function reference(element: unknown): string {
  const id = at(element, 'attributes', 'internalId');
  return typeof id === 'string' ? id : '';
}

function refElement(internalId: string): SoapElement {
  return { attributes: { internalId } };
}
