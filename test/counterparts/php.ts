import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { soapPath, wsdlFor } from '../../connectors/netsuite/soap-journals.ts';
import { SECRETS, SETTINGS } from '../../connectors/netsuite/test-netsuite.ts';
import { openStandIn } from '../../src/connector/sandbox/stand-in.ts';
import { clock, type Remote } from '../contract/rig.ts';

const SCRIPT = join(import.meta.dirname, 'suitetalk.php');
const STARTING_MS = 10_000;

const state = z.object({
  calls: z.int(),
  entries: z.array(
    z.object({
      id: z.string(),
      externalId: z.string(),
      tranDate: z.string(),
      memo: z.string(),
      // As PHP decoded them: text by our small WSDL, a double by the vendor's.
      lines: z.array(
        z.looseObject({
          account: z.string(),
          memo: z.string(),
          debit: z.union([z.string(), z.number()]).optional(),
          credit: z.union([z.string(), z.number()]).optional(),
        }),
      ),
    }),
  ),
});
export type PhpState = z.output<typeof state>;

/** A fault of NetSuite's own kind by its element name, or `bare`: a SOAP fault without anything of the vendor's in it. */
export interface PhpFault {
  readonly fault: string;
  readonly code: string;
  readonly message: string;
}

/** NetSuite by PHP's SoapServer, behind a road that can be told to fail as every stand-in can. */
export interface PhpSuiteTalk extends Remote {
  state(): Promise<PhpState>;
  /** The next call that is let in ends in this fault. */
  plan(fault: PhpFault): Promise<void>;
}

/** Why the counterpart cannot be run here; null = it can. */
export function phpMissing(): string | null {
  const asked = spawnSync('php', ['-r', 'exit(extension_loaded("soap") ? 0 : 3);']);
  if (asked.error !== undefined) return 'there is no php here';
  return asked.status === 0 ? null : 'this php has no soap extension';
}

/** Says for everyone to see that nothing was tried, and what to install. */
export function sayMissing(why: string): void {
  process.stderr.write(`\nNOT RUN: ${why}. Install php-cli and php-soap to try our SOAP against PHP's SoapServer.\n\n`);
}

/** @param wsdl path of another WSDL than our small one. @throws when PHP does not answer within 10 s */
export async function startPhp(version = '2025_2', wsdl?: string): Promise<PhpSuiteTalk> {
  const folder = mkdtempSync(join(tmpdir(), 'crossdock-php-'));
  const ours = join(folder, 'netsuite.wsdl');
  writeFileSync(ours, wsdlFor(version));
  const port = await freePort();
  // Every digit of a double is written, not PHP's usual fourteen.
  const php = spawn('php', ['-d', 'precision=-1', '-S', `127.0.0.1:${port}`, SCRIPT], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      WSDL: wsdl ?? ours,
      VERSION: version,
      STATE: join(folder, 'state.json'),
      ACCOUNT: SETTINGS.account,
      CONSUMER_KEY: SECRETS.consumerKey,
      CONSUMER_SECRET: SECRETS.consumerSecret,
      TOKEN: SECRETS.token,
      TOKEN_SECRET: SECRETS.tokenSecret,
    },
  });
  const said: string[] = [];
  php.stderr.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  const behind = `http://127.0.0.1:${port}`;
  await answering(behind, php, said);

  const road = await openStandIn({
    name: 'the road to PHP',
    clock,
    async answer(request) {
      if (request.path !== soapPath(version)) throw new Error(`NetSuite has no ${request.path}`);
      const { 'content-type': type = '', soapaction: action = '' } = request.headers;
      const answer = await fetch(behind + request.path, {
        method: request.method,
        headers: { 'content-type': type, soapaction: action },
        body: Buffer.from(request.body),
      });
      const headers = { 'content-type': answer.headers.get('content-type') ?? '' };
      return { status: answer.status, headers, body: new Uint8Array(await answer.arrayBuffer()) };
    },
  });
  return {
    url: road.url,
    fail: (fault) => road.fail(fault),
    clearFaults: () => road.clearFaults(),
    requests: () => road.requests(),
    // What PHP warns of is a fault of the counterpart's own.
    problems: () => [...road.problems(), ...said.filter((line) => /PHP (Warning|Fatal|Notice|Deprecated)/.test(line))],
    state: async () => state.parse(await (await fetch(`${behind}/state`)).json()),
    plan: async (fault) => void (await fetch(`${behind}/plan`, { method: 'POST', body: JSON.stringify(fault) })),
    async close() {
      await road.close();
      if (php.exitCode === null && php.signalCode === null) {
        const ended = new Promise((resolve) => php.once('close', resolve));
        php.kill('SIGKILL');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(address: string, php: ChildProcess, said: readonly string[]): Promise<void> {
  for (const until = Date.now() + STARTING_MS; Date.now() < until; await wait(25)) {
    if (php.exitCode !== null) break;
    if (
      await fetch(`${address}/state`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
  }
  php.kill('SIGKILL');
  throw new Error(`PHP does not answer:\n${said.join('')}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
