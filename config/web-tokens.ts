import type { Mistakes, Path } from '../src/connector/documents/mistakes.ts';
import type { YamlSource } from '../src/connector/documents/yaml-source.ts';
import type { resolver } from './references.ts';
import type { ConfigContent } from './schema.ts';

/** Who may ask the API, by a secret that it is asked with. */
export interface TokenConfig {
  readonly name: string;
  readonly token: string;
  readonly scopes: readonly ('read' | 'operate' | 'personal')[];
  /** Known to everybody: it stands in the source. */
  readonly sandbox: boolean;
}

/** A shorter secret can be guessed. */
const LEAST = 20;

/**
 * The tokens of the API, resolved. A mistake is added for one that can be guessed or stands twice, and for an address that
 * others can reach while nobody needs a token that is secret.
 */
export function readTokens(
  { web, connections }: ConfigContent,
  source: YamlSource,
  mistakes: Mistakes,
  secret: ReturnType<typeof resolver>,
): TokenConfig[] {
  const add = (path: Path, says: string, example: string | null = null): void =>
    mistakes.add({ file: source.file, ...source.spot(path), path, says, example });
  const allSandbox = connections.every(({ sandbox }) => sandbox);
  const tokens: TokenConfig[] = [];
  for (const [index, { name, token: written, scopes }] of web.tokens.entries()) {
    const path = ['web', 'tokens', index];
    const sandbox = 'sandbox' in written;
    const token = secret(written, [...path, 'token'], allSandbox ? { connection: 'web', name } : null);
    if (token === null) continue;
    if (!sandbox && token.length < LEAST)
      add([...path, 'token'], `is shorter than ${LEAST} characters`, 'openssl rand -base64 32');
    if (!sandbox && !/^[\x21-\x7e]+$/.test(token))
      add([...path, 'token'], 'has spaces or characters beyond ASCII, which cannot be sent as a bearer token');
    if (tokens.some((other) => other.name === name)) add([...path, 'name'], `"${name}" stands in tokens twice`);
    if (tokens.some((other) => other.token === token))
      add([...path, 'token'], 'is the same secret as that of another name; each needs its own');
    tokens.push({ name, token, scopes, sandbox });
  }
  if (!isHere(web.host)) {
    if (web.tokens.length === 0)
      add(
        ['web', 'host'],
        `others can reach ${web.host}, and no token is configured; expected web.tokens, or host 127.0.0.1`,
        'tokens: [{ name: admin, token: { env: CROSSDOCK_TOKEN }, scopes: [read, operate] }]',
      );
    else if (tokens.some(({ sandbox }) => sandbox))
      add(['web', 'host'], `others can reach ${web.host}, and a sandbox token, which everybody knows, is configured`);
  }
  return tokens;
}

/** Whether only this machine can reach what listens there. */
function isHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
