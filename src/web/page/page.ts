import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { asSyncError } from '../../domain/errors.ts';
import type { Random } from '../../domain/ports.ts';
import { KEPT_LEVELS } from '../../queries/sync-log.ts';
import type { ConsolePorts } from '../api/ports.ts';
import type { Caller } from '../tokens.ts';
import { frame, loginForm, overviewMain, overviewPage, troublePage } from './frame.ts';
import type { Html } from './html.ts';
import { openOverview } from './overview.ts';
import { openSessions, SESSION_MS } from './sessions.ts';

export interface PagePorts {
  readonly random: Random;
  /** Said on the login form, where every token is one of the sandbox. */
  readonly loginHint: string | null;
}

const COOKIE = 'crossdock';
const LINES = 100;

const choice = z.object({
  level: z.enum(KEPT_LEVELS).catch('info'),
  connection: z.string().min(1).max(200).nullable().catch(null),
});

/** The page at `/` that an admin leaves open, and how one gets in: by a token, once, for a session of twelve hours. */
export async function registerPage(root: FastifyInstance, ports: ConsolePorts & PagePorts): Promise<void> {
  const { clock, tokens, reads, random, log } = ports;
  const sessions = openSessions(random);
  const overview = openOverview(reads, () => clock.now());
  await root.register(cookie, { secret: Buffer.from(random.bytes(32)) });
  root.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );

  function sessionOf(request: FastifyRequest): string | null {
    const signed = request.cookies[COOKIE];
    const read = signed === undefined ? null : request.unsignCookie(signed);
    return read?.valid === true ? read.value : null;
  }

  function callerOf(request: FastifyRequest): Caller | null {
    const id = sessionOf(request);
    const name = id === null ? null : sessions.nameOf(id, clock.now());
    return name === null ? null : tokens.named(name);
  }

  /** Nothing but what stands in the answer itself may run, be shown or be asked for. */
  async function show(
    reply: FastifyReply,
    status: number,
    title: string,
    body: Html,
    live: boolean,
  ): Promise<FastifyReply> {
    const nonce = Buffer.from(random.bytes(16)).toString('base64');
    return reply
      .code(status)
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': [
          "default-src 'none'",
          `style-src 'nonce-${nonce}'`,
          `script-src 'nonce-${nonce}'`,
          "connect-src 'self'",
          "form-action 'self'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
        ].join('; '),
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      .send(frame(title, body, nonce, live).text);
  }

  root.get('/', async (request, reply) => {
    const caller = callerOf(request);
    if (caller === null) return reply.redirect('/login', 303);
    const { level, connection } = choice.parse(request.query);
    try {
      const [known, lines] = await Promise.all([
        overview(),
        reads.log({ level, limit: LINES, ...(connection === null ? {} : { connection }) }),
      ]);
      const chosen = { level, connection };
      // The page's own script takes the main part only.
      if (request.headers['x-part'] === 'main')
        return await reply
          .type('text/html; charset=utf-8')
          .header('cache-control', 'no-store')
          .send(overviewMain(known, lines.items, chosen).text);
      return await show(reply, 200, 'Crossdock', overviewPage(known, lines.items, chosen, caller.name), true);
    } catch (thrown) {
      const { message, remedy } = asSyncError(thrown);
      log.error('The page could not be made.', { reason: message });
      return show(reply, 503, 'Crossdock', troublePage(remedy), true);
    }
  });

  root.get('/login', async (request, reply) => {
    if (callerOf(request) !== null) return reply.redirect('/', 303);
    return show(reply, 200, 'Log in to Crossdock', loginForm(tokens.any, null, ports.loginHint), false);
  });

  root.post('/login', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const caller = tokens.callerOf(form.get('token')?.trim() ?? '');
    if (caller?.scopes.includes('read') !== true) {
      const wrong = caller === null ? 'This token is not known.' : `The token ${caller.name} lacks the scope "read".`;
      log.warn('A log-in at the page was refused.', { caller: caller?.name });
      const body = loginForm(tokens.any, wrong, ports.loginHint);
      return show(reply, caller === null ? 401 : 403, 'Log in to Crossdock', body, false);
    }
    return reply
      .setCookie(COOKIE, sessions.begin(caller.name, clock.now()), {
        signed: true,
        httpOnly: true,
        sameSite: 'strict',
        secure: 'auto',
        path: '/',
        maxAge: SESSION_MS / 1_000,
      })
      .redirect('/', 303);
  });

  root.post('/logout', async (request, reply) => {
    const id = sessionOf(request);
    if (id !== null) sessions.end(id);
    return reply.clearCookie(COOKIE, { path: '/' }).redirect('/login', 303);
  });
}
