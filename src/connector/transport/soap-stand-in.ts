import type { StandInAnswer, StandInRequest } from '../sandbox/exchange.ts';
import type { SoapElement } from './soap.ts';
import { safeContent } from './soap-text.ts';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** What a stand-in answers a call with when it refuses it by a SOAP fault. */
export class SoapRefusal extends Error {
  readonly code: string;
  readonly detail: SoapElement;
  readonly status: number;

  /** `code` with its prefix, e.g. `soapenv:Server.userException`; `detail` = the content of the fault's detail. */
  constructor(code: string, text: string, detail: SoapElement, status = 500) {
    super(text);
    this.code = code;
    this.detail = detail;
    this.status = status;
  }
}

export interface SoapServing {
  /** The WSDL itself, beginning with `<?xml`. */
  readonly wsdl: string;
  readonly service: string;
  readonly port: string;
  /** What the remote does, by operation: the body's children in, the answer's children out. Throws a SoapRefusal to refuse. */
  readonly operations: Readonly<Record<string, (body: unknown, header: unknown) => SoapElement>>;
}

/** The SOAP side of a stand-in: a real SOAP server behind the stand-in's own socket, faults and log. */
export async function openSoapServing(
  serving: SoapServing,
): Promise<(request: StandInRequest) => Promise<StandInAnswer>> {
  const methods: Record<string, (body: unknown, callback: unknown, header: unknown) => unknown> = {};
  for (const [name, answer] of Object.entries(serving.operations)) {
    methods[name] = (body, _callback, header) => {
      try {
        return safeContent(answer(body, header));
      } catch (refused) {
        throw refused instanceof SoapRefusal ? Object.assign(refused, faultOf(refused)) : refused;
      }
    };
  }
  const { createServerless } = await import('soap');
  const server = await createServerless({
    path: '/',
    services: { [serving.service]: { [serving.port]: methods } },
    xml: serving.wsdl,
  });
  return async (request) => {
    const answer = await server.processRequest(request.text(), {
      method: request.method,
      url: '/',
      headers: { ...request.headers },
    });
    return {
      status: answer.statusCode,
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: declared(answer.body),
    };
  };
}

/** The library's server writes `xsi:type` without saying what `xsi` is; its client declares it in every envelope. */
function declared(message: string): string {
  if (message.includes('xmlns:xsi=')) return message;
  return message.replace(/:Envelope /, `:Envelope xmlns:xsi="${XSI}" `);
}

/** As the library wants a fault thrown; without a status it would answer 200. */
function faultOf({ code, message, detail, status }: SoapRefusal): object {
  return { Fault: { faultcode: code, faultstring: message, detail, statusCode: status } };
}
