import { moment } from '../../domain/telling.ts';
import type { LogRow } from '../../queries/sync-log.ts';
import { html, type Html } from './html.ts';

/** Which lines of the log are shown. */
export interface LogChoice {
  readonly level: 'info' | 'warn' | 'error';
  /** Null = of all. */
  readonly connection: string | null;
}

const LEVELS = [
  ['info', 'everything'],
  ['warn', 'warnings'],
  ['error', 'errors'],
] as const;

/** The end of the log, the newest line first, with links that choose which lines. */
export function logPart(rows: readonly LogRow[], connections: readonly string[], choice: LogChoice): Html {
  return html`<section aria-labelledby="log" class="full">
    <h2 id="log">Log</h2>
    <nav class="filters" aria-label="Lines of the log">
      ${LEVELS.map(([level, word]) => link({ ...choice, level }, word, choice.level === level))}
    </nav>
    <nav class="filters" aria-label="Connections of the log">
      ${link({ ...choice, connection: null }, 'all connections', choice.connection === null)}
      ${connections.map((id) => link({ ...choice, connection: id }, id, choice.connection === id))}
    </nav>
    ${
      rows.length === 0
        ? html`<p class="empty">
            No such lines are kept. Workers log what they pull, send and park; what is older than the log's days is
            gone.
          </p>`
        : html`<ol class="log">
            ${rows.map(lineOf)}
          </ol>`
    }
  </section>`;
}

function link({ level, connection }: LogChoice, word: string, chosen: boolean): Html {
  const query = new URLSearchParams({ ...(connection === null ? {} : { connection }), level });
  const current = chosen ? html` aria-current="true"` : null;
  return html`<a href="/?${query.toString()}#log" ${current}>${word}</a>`;
}

function lineOf({ at, level, message, connection, order, job, run, fields }: LogRow): Html {
  // What went as it should is told shortly: its run and its job follow from the connection and the time.
  const ids = level === 'info' ? { connection, order } : { connection, order, job, run };
  const told = Object.entries({ ...ids, ...fields })
    .filter(([name, value]) => value !== null && name !== 'kind')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const when = moment(at);
  return html`<li class="${level}">
    <time datetime="${new Date(at).toISOString()}" title="${when}">${when.slice(11, 19)}</time>
    <b>${level}</b>
    <span>${message} <span class="more">${told.join(' ')}</span></span>
  </li>`;
}
