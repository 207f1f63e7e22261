import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import type { Http, Io } from '../../src/connector/io.ts';
import { failureOf, openRig } from '../../test/contract/rig.ts';
import { dayOfSales, open, SECRETS, start } from './test-netsuite.ts';

const FOLDER = join(
  resolve(process.env['SPECS_DIR'] ?? join(import.meta.dirname, '../../../shared/specs')),
  'netsuite/2023.2/xsd',
);
const VERSION = '2023_2';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

/** A SOAP 1.1 envelope in which everything of NetSuite's has to be declared by NetSuite's own schemas. */
function envelopeSchema(): string {
  const urn = (part: string): string => part.replace('#', VERSION);
  const imports = [
    ['urn:messages_#.platform.webservices.netsuite.com', 'platform.messages.xsd'],
    ['urn:core_#.platform.webservices.netsuite.com', 'platform.core.xsd'],
    ['urn:faults_#.platform.webservices.netsuite.com', 'platform.faults.xsd'],
    ['urn:general_#.transactions.webservices.netsuite.com', 'transactions.general.xsd'],
  ].map(
    ([namespace = '', file = '']) =>
      `<xs:import namespace="${urn(namespace)}" schemaLocation="${join(FOLDER, file)}"/>`,
  );
  const strict = '<xs:any namespace="##other" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>';
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="${SOAP}" targetNamespace="${SOAP}" elementFormDefault="qualified">
    ${imports.join('\n')}
    <xs:element name="Envelope"><xs:complexType><xs:sequence>
      <xs:element name="Header" minOccurs="0"><xs:complexType><xs:sequence>${strict}</xs:sequence></xs:complexType></xs:element>
      <xs:element name="Body"><xs:complexType><xs:choice>
        <xs:element ref="s:Fault"/>
        <xs:any namespace="##other" processContents="strict"/>
      </xs:choice></xs:complexType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="Fault"><xs:complexType><xs:sequence>
      <xs:element name="faultcode" type="xs:QName" form="unqualified"/>
      <xs:element name="faultstring" type="xs:string" form="unqualified"/>
      <xs:element name="detail" form="unqualified"><xs:complexType><xs:sequence>${strict}</xs:sequence></xs:complexType></xs:element>
    </xs:sequence></xs:complexType></xs:element>
  </xs:schema>`;
}

/** What went over the wire, both ways. */
function recording(io: Io): { io: Io; sent: string[]; answered: string[] } {
  const sent: string[] = [];
  const answered: string[] = [];
  const http: Http = {
    async send(request) {
      sent.push(String(request.body));
      const answer = await io.http.send(request);
      answered.push(Buffer.from(answer.body).toString('utf8'));
      return answer;
    },
    lines: (request) => io.http.lines(request),
  };
  return { io: { ...io, http }, sent, answered };
}

describe('SOAP messages by the schemas of SuiteTalk 2023.2', () => {
  if (!existsSync(FOLDER)) {
    console.log('skipped: no specs');
    it.skip('skipped: no specs', () => undefined);
    return;
  }

  it('are valid: every request, and every answer and fault of the stand-in', async () => {
    const netsuite = await start({ soapVersion: VERSION });
    const rig = openRig(Object.values(SECRETS));
    xmlRegisterFsInputProviders();
    const schema = XmlDocument.fromString(envelopeSchema(), { url: join(FOLDER, 'envelope-of-the-test.xsd') });
    const validator = XsdValidator.fromDoc(schema);
    const valid = (message: string): string | null => {
      let document: XmlDocument | null = null;
      try {
        document = XmlDocument.fromString(message);
        validator.validate(document);
        return null;
      } catch (invalid) {
        return `${String(invalid)}\n${message}`;
      } finally {
        document?.dispose();
      }
    };
    try {
      const { io, sent, answered } = recording(rig.io);
      const { ledger, check } = open(netsuite.url, io, 'soap', { soapVersion: VERSION });
      await check();
      const { id } = await ledger.send(dayOfSales(), 'specs:one');
      await ledger.read(id);
      await ledger.send(dayOfSales(), 'specs:one');
      expect(await ledger.find('specs:none', dayOfSales())).toBe('absent');
      netsuite.control.fail({ kind: 'throttled' });
      expect((await failureOf(ledger.send(dayOfSales(), 'specs:two'))).fault).toBe('throttled');
      const stranger = open(netsuite.url, io, 'soap', { soapVersion: VERSION, tokenSecret: 'another' });
      expect((await failureOf(stranger.ledger.read(id))).fault).toBe('config');

      expect(sent).toHaveLength(8);
      expect(answered).toHaveLength(8);
      expect([...sent, ...answered].map(valid)).toEqual(Array.from({ length: 16 }, () => null));
      // The validator is awake: the same message with two fields changed over is refused.
      const swapped = (sent[1] ?? '').replace(
        /(<general:currency .*?\/?>)(.*)(<general:memo>.*?<\/general:memo>)/s,
        '$3$2$1',
      );
      expect(swapped).not.toBe(sent[1]);
      expect(valid(swapped)).not.toBeNull();
      expect(netsuite.control.problems()).toEqual([]);
    } finally {
      validator.dispose();
      schema.dispose();
      rig.close();
      await netsuite.close();
    }
  }, 120_000);

  it('are written and read alike by the vendor’s own WSDL, amounts as text', async () => {
    const netsuite = await start({ soapVersion: VERSION });
    const rig = openRig(Object.values(SECRETS));
    try {
      const wsdl = join(FOLDER, '../netsuite.wsdl');
      const { ledger } = open(netsuite.url, rig.io, 'soap', { soapVersion: VERSION, wsdl });
      const { id } = await ledger.send(dayOfSales('specs:vendor'), 'specs:vendor');
      expect(await ledger.read(id)).toEqual(dayOfSales('specs:vendor'));
      expect(await ledger.send(dayOfSales('specs:vendor'), 'specs:vendor')).toEqual({ id, state: 'done' });
      expect(netsuite.control.problems()).toEqual([]);
    } finally {
      rig.close();
      await netsuite.close();
    }
  }, 120_000);
});
