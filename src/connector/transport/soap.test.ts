import { afterEach, describe, expect, it } from '@jest/globals';
import type { StandInAnswer } from '../sandbox/stand-in.ts';
import { SyncError } from '../../domain/errors.ts';
import { clock, closeAll, failure, http, remote } from './loopback.ts';
import { openSoap, type Soap, type SoapCall, type SoapSettings } from './soap.ts';
import { openSoapServing, SoapRefusal } from './soap-stand-in.ts';

const WSDL = `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:test" targetNamespace="urn:test">
  <types><xsd:schema targetNamespace="urn:test" elementFormDefault="qualified">
    <xsd:element name="pay"><xsd:complexType><xsd:sequence>
      <xsd:element name="amount" type="xsd:decimal"/><xsd:element name="memo" type="xsd:string" minOccurs="0"/>
    </xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="payResponse"><xsd:complexType><xsd:sequence>
      <xsd:element name="id" type="xsd:long"/><xsd:element name="amount" type="xsd:decimal"/>
      <xsd:element name="rate" type="xsd:double"/><xsd:element name="on" type="xsd:date"/><xsd:element name="at" type="xsd:dateTime"/>
    </xsd:sequence></xsd:complexType></xsd:element>
  </xsd:schema></types>
  <message name="payIn"><part name="parameters" element="t:pay"/></message>
  <message name="payOut"><part name="parameters" element="t:payResponse"/></message>
  <portType name="P"><operation name="pay"><input message="t:payIn"/><output message="t:payOut"/></operation></portType>
  <binding name="B" type="t:P"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="pay"><soap:operation soapAction="pay"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="S"><port name="P" binding="t:B"><soap:address location="http://elsewhere.invalid/"/></port></service>
</definitions>`;

const ANSWER = {
  id: '9007199254740993',
  amount: '12345678901234567.10',
  rate: '0.30',
  on: '2026-11-20',
  at: '2026-11-20T00:00:00.000-08:00',
};

function soap(url: string, more: Partial<SoapSettings> = {}): Soap {
  return openSoap({ http: http({ timeoutMs: 2_000 }), clock, wsdl: WSDL, endpoint: `${url}/soap`, ...more });
}
const pay = (more: Partial<SoapCall> = {}): SoapCall => ({
  operation: 'pay',
  body: { amount: '1.10' },
  kind: 'write',
  ...more,
});
const envelope = (body: string): string =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`;
const xml = (body: string, status = 200): StandInAnswer => ({ status, headers: { 'content-type': 'text/xml' }, body });
const faulty = (code: string, status: number): StandInAnswer =>
  xml(
    envelope(`<s:Fault><faultcode>s:${code}</faultcode><faultstring>no such account</faultstring>
      <detail><v:closedFault xmlns:v="urn:v"><v:code>CLOSED</v:code></v:closedFault></detail></s:Fault>`),
    status,
  );

/** What a call ends in when the remote answers this. */
async function ending(answer: StandInAnswer, call = pay(), more: Partial<SoapSettings> = {}): Promise<SyncError> {
  const { url } = await remote(() => answer);
  return failure(soap(url, more).call(call));
}

afterEach(closeAll);

describe('a SOAP call', () => {
  it('writes body and header as told, to the configured endpoint, and reads every value as the text that it was', async () => {
    const seen: unknown[] = [];
    const serve = await openSoapServing({
      wsdl: WSDL,
      service: 'S',
      port: 'P',
      operations: { pay: (body, header) => (seen.push(body, header), ANSWER) },
    });
    const { url } = await remote((request) => serve(request));
    const asked = pay({ body: { amount: '1.10', memo: 'a < b & "c"' }, header: { ticket: 'T-1' } });
    expect(await soap(url).call(asked)).toEqual(ANSWER);
    expect(seen).toEqual([{ amount: 1.1, memo: 'a < b & "c"' }, { ticket: 'T-1' }]);
  });

  it.each([
    ['<![CDATA[]]><amount>9</amount><![CDATA[]]>', '<![CDATA[]]><amount>9</amount><![CDATA[]]>'],
    ['<![CDATA[x]]>', '<![CDATA[x]]>'],
    ['bell\u0007 and half a pair \uD83D', 'bell\uFFFD and half a pair \uFFFD'],
  ])('lets no text become markup: %j', async (memo, read) => {
    const seen: unknown[] = [];
    const serve = await openSoapServing({
      wsdl: WSDL,
      service: 'S',
      port: 'P',
      operations: { pay: (body) => (seen.push(body), ANSWER) },
    });
    const { url } = await remote((request) => serve(request));
    await soap(url).call(pay({ body: { amount: '1.10', memo } }));
    expect(seen).toEqual([{ amount: 1.1, memo: read }]);
  });

  it('sends nothing whose attribute would become markup', async () => {
    const { url, requests } = await remote(() => xml(''));
    const body = { amount: { attributes: { id: '<![CDATA[x]]>' }, $value: '1' } };
    const error = await failure(soap(url).call(pay({ body })));
    expect([error.fault, error.code, requests().length]).toEqual(['bug', 'soap-message', 0]);
  });

  it('gives each of many calls at once its own header', async () => {
    const seen: unknown[] = [];
    const serve = await openSoapServing({
      wsdl: WSDL,
      service: 'S',
      port: 'P',
      operations: { pay: (body, header) => (seen.push([body, header]), ANSWER) },
    });
    const { url } = await remote((request) => serve(request));
    const client = soap(url);
    const numbers = Array.from({ length: 20 }, (_, at) => at + 1);
    await Promise.all(
      numbers.map((at) => client.call(pay({ body: { amount: String(at) }, header: { ticket: `T-${at}` } }))),
    );
    expect(seen).toHaveLength(20);
    for (const at of numbers) expect(seen).toContainEqual([{ amount: at }, { ticket: `T-${at}` }]);
  });

  it('has a fault read by the connector first: code without prefix, text and detail', async () => {
    const told: unknown[] = [];
    const mine = new SyncError('config', 'closed', { remedy: 'Open it.' });
    const error = await ending(faulty('Server', 500), pay(), {
      fault: (fault, kind) => (told.push(fault, kind), mine),
    });
    expect(error).toBe(mine);
    const detail = { closedFault: { code: 'CLOSED' } };
    expect(told).toEqual([{ code: 'Server', text: 'no such account', detail }, 'write']);
  });

  it.each([
    ['Client', 500, 'write', 'data'],
    ['Client', 200, 'write', 'data'],
    ['Client', 400, 'read', 'data'],
    ['Server', 500, 'write', 'unknown'],
    ['Server', 200, 'write', 'unknown'],
    ['Server', 500, 'read', 'transient'],
  ] as const)('takes a %s fault with status %i on a %s for %s', async (code, status, kind, fault) => {
    const error = await ending(faulty(code, status), pay({ kind }));
    expect([error.fault, error.message.includes('no such account')]).toEqual([fault, true]);
  });

  it.each([
    ['an empty 200', xml('')],
    ['a message cut in half', xml(envelope('<payResponse xmlns="urn:test"><id>1</id>').slice(0, 150))],
    ['a page of HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><p>Hello<br></html>' }],
    ['an envelope without a body', xml('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>')],
    ['an envelope with an empty body', xml(envelope(''))],
    ['an answer to another operation', xml(envelope('<other xmlns="urn:test"/>'))],
    ['a document type', xml(`<!DOCTYPE x [<!ENTITY e "boom">]>${envelope('<payResponse xmlns="urn:test"/>')}`)],
    ['JSON', { body: '{"id":1}' }],
  ] as const)('never takes %s for done: unknown on a write, transient on a read', async (_what, answer) => {
    expect(
      [await ending(answer), await ending(answer, pay({ kind: 'read' }))].map(({ fault, code }) => [fault, code]),
    ).toEqual([
      ['unknown', 'malformed-answer'],
      ['transient', 'malformed-answer'],
    ]);
  });

  it.each([
    [401, 'config', 'unauthorized'],
    [403, 'config', 'forbidden'],
    [429, 'throttled', 'throttled'],
    [500, 'unknown', 'remote-failed'],
    [502, 'unknown', 'remote-failed'],
  ] as const)('judges status %i without a fault in it by the one table: %s', async (status, fault, code) => {
    const error = await ending({ status, headers: { 'content-type': 'text/html' }, body: '<html>Sorry</html>' });
    expect([error.fault, error.code]).toEqual([fault, code]);
  });

  it('keeps to the time-out and the size limit of the call', async () => {
    const { url } = await remote(() => new Promise<StandInAnswer>(() => undefined));
    expect((await failure(soap(url).call(pay({ timeoutMs: 60 })))).code).toBe('timed-out');
    const large = xml(envelope(`<payResponse xmlns="urn:test"><id>${'1'.repeat(5_000)}</id></payResponse>`));
    const error = await ending(large, pay({ maxBytes: 1_000 }));
    expect([error.fault, error.code]).toEqual(['unknown', 'answer-too-large']);
  });

  it('says of a remote that is not there: transient, because nothing was sent', async () => {
    const gone = await remote(() => xml(''));
    await gone.close();
    const error = await failure(soap(gone.url).call(pay()));
    expect([error.fault, error.code]).toEqual(['transient', 'unreachable']);
  });

  it('fetches a WSDL by its address once, and again only after a failure', async () => {
    let up = false;
    const { url, requests } = await remote(({ method }) => {
      if (method === 'GET') return up ? xml(WSDL) : { status: 503 };
      return xml(envelope('<payResponse xmlns="urn:test"><id>7</id></payResponse>'));
    });
    const client = soap(url, { wsdl: `${url}/service?wsdl` });
    expect((await failure(client.call(pay()))).fault).toBe('transient');
    up = true;
    expect(await client.call(pay())).toEqual({ id: '7' });
    await client.call(pay());
    expect(requests().map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'POST']);
  });

  it('says that a WSDL cannot be read, or lacks the operation, before anything is sent', async () => {
    const { url, requests } = await remote(() => xml(''));
    const missing = await failure(soap(url, { wsdl: '/nowhere/at-all.wsdl' }).call(pay()));
    const lacking = await failure(soap(url).call(pay({ operation: 'refund' })));
    expect([missing, lacking].map(({ fault, code }) => [fault, code])).toEqual([
      ['config', 'bad-wsdl'],
      ['config', 'bad-wsdl'],
    ]);
    expect(requests()).toEqual([]);
  });

  it('is refused by a stand-in with the status and detail of a real fault', async () => {
    const refuse = (): never => {
      throw new SoapRefusal('soap:Server', 'full', {
        'v:fullFault': { attributes: { 'xmlns:v': 'urn:v' }, 'v:code': 'FULL' },
      });
    };
    const serve = await openSoapServing({ wsdl: WSDL, service: 'S', port: 'P', operations: { pay: refuse } });
    const { url, requests } = await remote((request) => serve(request));
    const details: unknown[] = [];
    await failure(soap(url, { fault: ({ detail }) => (details.push(detail), null) }).call(pay()));
    expect(requests()[0]?.status).toBe(500);
    expect(details).toEqual([{ fullFault: { code: 'FULL' } }]);
  });
});
