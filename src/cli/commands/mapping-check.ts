import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readConfiguration, readDraftMapping } from '../../app.ts';
import type { Mapping } from '../../connector/mapping/mapping.ts';
import type { MappingContent } from '../../connector/mapping/schema.ts';
import { unmappedCodes, type UnmappedCode } from '../../queries/unmapped-codes.ts';
import type { Call, Command } from '../command.ts';
import { EXIT, failureOf } from '../exit-code.ts';
import { table, under } from '../table.ts';
import { withStore } from '../with-store.ts';

interface Checked {
  /** Null of a file that no connection names. */
  readonly connection: string | null;
  readonly file: string;
  readonly version: string;
  /** How many entries each part of it has. */
  readonly holds: Readonly<Record<string, number>>;
  /** Null where no orders could be looked at. */
  readonly unmapped: readonly UnmappedCode[] | null;
}

interface Named {
  readonly connection: string | null;
  readonly file: string;
  readonly content: MappingContent;
  readonly mapping: Mapping;
}

/** Tells every mistake of the mappings, what they hold, and what they lack. */
export const mappingCheck: Command = {
  name: 'mapping check',
  about:
    'check every mapping of the configuration, or one file: mistakes by line and column, and codes that no table names',
  operands: ['[<file>]'],
  options: {
    last: { value: 'N', about: 'look for codes in so many of the newest orders of each connection (default: 200)' },
  },
  examples: ['crossdock mapping check', 'crossdock mapping check mappings/draft.yaml --json'],
  async run(call) {
    const last = call.count('last', 200);
    // Mistakes of any kind are thrown here, all at once, and are exit code 2.
    const config = readConfiguration(call.configFile);
    const [file] = call.operands;
    const users = config.connections.map(({ id, mapping, mappingFile }) => ({
      connection: id,
      file: mappingFile.file,
      content: mappingFile.content,
      mapping,
    }));
    const draft = file === undefined ? null : readDraftMapping(file, config);
    const named: Named[] = draft === null ? users : users.filter((user) => resolve(user.file) === resolve(draft.file));
    if (draft !== null && named.length === 0) named.push({ connection: null, ...draft });
    // Looking for codes is worth no new store: where there is none yet, there are no orders.
    const stored = config.store.uri !== null || existsSync(config.store.file);
    const { unmapped, away } = stored ? await codesOf(call, named, last) : { unmapped: null, away: null };
    const checked = named.map(({ connection, file: path, content, mapping }): Checked => ({
      connection,
      file: path,
      version: mapping.version,
      holds: countsOf(content),
      unmapped: connection === null ? null : (unmapped?.get(connection) ?? null),
    }));
    call.answer(checked, () => linesOf(checked, last));
    if (away !== null) call.screen.note(`The orders could not be looked at: ${away}`);
    return EXIT.ok;
  },
};

async function codesOf(
  call: Call,
  named: readonly Named[],
  last: number,
): Promise<{ unmapped: ReadonlyMap<string, readonly UnmappedCode[]> | null; away: string | null }> {
  try {
    return await withStore(call, async ({ store }) => {
      const unmapped = new Map<string, readonly UnmappedCode[]>();
      for (const { connection, mapping } of named)
        if (connection !== null) unmapped.set(connection, await unmappedCodes(store, connection, mapping, last));
      return { unmapped, away: null };
    });
  } catch (thrown) {
    const { exit, message } = failureOf(thrown);
    if (exit !== EXIT.away) throw thrown;
    return { unmapped: null, away: message };
  }
}

function countsOf(content: MappingContent): Record<string, number> {
  return Object.fromEntries(
    Object.entries(content)
      .map(([name, part]): [string, number] => [name, Object.keys(part ?? {}).length])
      .filter(([, count]) => count > 0),
  );
}

function linesOf(checked: readonly Checked[], last: number): string[] {
  const rows = checked.map(({ connection, file, version, holds }) => [
    connection ?? '–',
    file,
    version.slice(0, 8),
    Object.entries(holds)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  ]);
  const codes = checked.flatMap(({ connection, unmapped }) =>
    (unmapped ?? []).map((each) => [connection ?? '', each.table, each.code, String(each.orders), each.example]),
  );
  const titles = [{ title: 'connection' }, { title: 'table' }, { title: 'code' }, { title: 'orders', right: true }];
  const looked = checked.some(({ unmapped }) => unmapped !== null);
  return [
    ...table([{ title: 'connection' }, { title: 'file' }, { title: 'version' }, { title: 'holds' }], rows),
    ...under(`Seen in the last ${last} orders and in no table`, table([...titles, { title: 'e.g.' }], codes)),
    '',
    `No mistakes.${looked && codes.length === 0 ? ` Every code of the last ${last} orders is named.` : ''}`,
  ];
}
