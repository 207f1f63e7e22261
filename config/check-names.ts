import type { Mistakes, Path } from '../src/connector/documents/mistakes.ts';
import { nearest } from '../src/connector/documents/nearest.ts';
import type { YamlSource } from '../src/connector/documents/yaml-source.ts';
import type { ConfigContent } from './schema.ts';

/** What the schema cannot see: names that stand twice, names of what is not there, and books of another company. */
export function checkNames(
  content: ConfigContent,
  connectors: readonly string[],
  source: YamlSource,
  mistakes: Mistakes,
): void {
  const add = (path: Path, says: string): void => {
    mistakes.add({ file: source.file, ...source.spot(path), path, says, example: null });
  };
  for (const list of ['companies', 'locations', 'connections'] as const) {
    const seen = new Set<string>();
    for (const [index, { id }] of content[list].entries()) {
      if (seen.has(id)) add([list, index, 'id'], `"${id}" stands in ${list} twice; each needs a name of its own`);
      seen.add(id);
    }
  }
  const companies = content.companies.map((company) => company.id);
  const known = (path: Path, written: string, noun: string, names: readonly string[]): void => {
    if (names.includes(written)) return;
    const meant = nearest(written, names);
    add(
      path,
      `there is no ${noun} "${written}"; ${meant === null ? `expected one of ${names.join(', ')}` : `did you mean "${meant}"?`}`,
    );
  };
  const connections = content.connections.map((connection) => connection.id);
  for (const [index, { stockFrom, shipsBy }] of content.locations.entries()) {
    if (stockFrom !== undefined) known(['locations', index, 'stockFrom'], stockFrom, 'connection', connections);
    if (shipsBy !== undefined) known(['locations', index, 'shipsBy'], shipsBy, 'connection', connections);
  }
  for (const [index, connection] of content.connections.entries()) {
    known(['connections', index, 'company'], connection.company, 'company', companies);
    known(['connections', index, 'connector'], connection.connector, 'connector', connectors);
    if (connection.books !== undefined) {
      const { company } = connection;
      const { ledger } = connection.books;
      const path = ['connections', index, 'books', 'ledger'];
      known(path, ledger, 'connection', connections);
      const owner = content.connections.find(({ id }) => id === ledger)?.company ?? company;
      if (owner !== company)
        add(path, `"${ledger}" keeps the books of ${owner}, not of ${company}; expected a connection of ${company}`);
    }
    for (const field of Object.keys(connection.settings)) {
      const path = ['connections', index, 'settings', field];
      if (LIKE_A_SECRET.test(field)) {
        const says = 'looks like a secret; expected it in `credentials`, by reference';
        mistakes.add({
          file: source.file,
          ...source.spot(path, 'key'),
          path,
          says,
          example: `credentials: { ${field}: { env: NAME } }`,
        });
      } else if (BESIDE.has(field))
        add(path, 'stands in the wrong place; expected it one level up, in the connection itself');
      else if (field in connection.credentials) add(path, 'is written in `credentials` as well; keep one of the two');
    }
  }
}

/** What a connector is given beside its settings. */
export const BESIDE: ReadonlySet<string | number> = new Set(['cutOver', 'baseUrl', 'overlapMinutes']);
/** What is most likely a secret, by its name: a connector's schema does not say which of its fields are. */
export const LIKE_A_SECRET = /token|secret|password|passphrase|api_?key|private_?key/i;
