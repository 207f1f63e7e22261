import { figure, moment, span } from '../../domain/telling.ts';
import { sunsetNotices } from '../../domain/sunset.ts';
import type { Instant } from '../../domain/time.ts';
import { html, type Html, type Part } from './html.ts';
import type { Overview } from './overview.ts';

/** A titled part of the page; `empty` says what it means that there is nothing. */
function section(id: string, title: string, aside: Part, body: Html | null, empty: string, full = false): Html {
  return html`<section aria-labelledby="${id}" class="${full ? 'full' : ''}">
    <h2 id="${id}">${title}<span>${aside}</span></h2>
    ${body ?? html`<p class="empty">${empty}</p>`}
  </section>`;
}

/** The share of a whole as a bar; what it shows stands beside it as a number. */
function bar(part: number, whole: number, low = false): Html {
  const percent = whole <= 0 ? 0 : Math.round((100 * Math.max(0, Math.min(part, whole))) / whole);
  return html`<svg class="bar ${low ? 'low' : ''}" aria-hidden="true"><rect width="${percent}%" height="100%" /></svg>`;
}

function tag(tone: string, text: string): Html {
  return html`<span class="tag ${tone}">${text}</span>`;
}

/** A connection's name. One of ordinary length stays on one line: it is read as a word. */
function named(id: string): Html {
  return html`<span class="${id.length > 20 ? '' : 'id'}">${id}</span>`;
}

function ago(at: Instant, now: Instant): Html {
  return html`<time datetime="${new Date(at).toISOString()}" title="${moment(at)}">${about(now - at)} ago</time>`;
}

/** A span for the eye: no fractions, which would only flicker. */
function about(ms: number): string {
  return ms < 1_000 ? '0 s' : span(ms < 60_000 ? Math.round(ms / 1_000) * 1_000 : ms);
}

/** In one sentence, whether somebody has to do something. */
export function standing({ connections, cases, doubtful, totals, completeness, workers, at }: Overview): Html {
  const off = connections.filter(({ state }) => state !== 'ok').length;
  const parked = cases.reduce((sum, { count }) => sum + count, 0);
  const unsure = doubtful.counts.find(({ state }) => state === 'unsure')?.count ?? 0;
  const missing = completeness.reduce((sum, day) => sum + day.missing.length, 0);
  const wrong = [
    ...(workers === 0 ? ['No worker runs'] : []),
    ...(off === 0 ? [] : [`${figure(off)} ${off === 1 ? 'connection needs' : 'connections need'} a look`]),
    ...(missing === 0 ? [] : [`${figure(missing)} ${missing === 1 ? 'order is' : 'orders are'} missing`]),
    ...(parked === 0 ? [] : [`${figure(parked)} parked for a person`]),
    ...(unsure === 0 ? [] : [`${figure(unsure)} ${unsure === 1 ? 'request is' : 'requests are'} unsure`]),
  ];
  return html`<p class="state">
    ${wrong.length === 0 ? 'All is well: nothing waits for a person.' : `${wrong.join(', ')}.`}
    <small
      >${figure(totals.orders)} orders, ${workers === 1 ? 'one worker' : `${figure(workers)} workers`}, as of
      ${moment(at)}</small
    >
  </p>`;
}

const STATES = { ok: ['ok', 'in order'], paused: ['bad', 'paused'], away: ['warn', 'not reached'] } as const;

export function connectionsPart({ connections, at }: Overview): Html {
  const rows = connections.map(({ id, connector, state, cause, remedy, lagMs, budgets, lastError, api }) => {
    const [tone, word] = STATES[state];
    const [sunset] = api === null ? [] : sunsetNotices([{ connection: id, connector, ...api }], at);
    const trouble =
      cause !== null
        ? html`<p>${cause}</p>
            ${remedy === null ? null : html`<p class="remedy">${remedy}</p>`}`
        : lastError === null
          ? null
          : html`<p class="dim">Last error, ${lastError.verb}, ${ago(lastError.at, at)}: ${lastError.message}</p>`;
    return html`<tr>
        <th scope="row">${named(id)} <span class="dim">${connector}</span></th>
        <td>${tag(tone, word)}</td>
        <td class="n">${lagMs === null ? html`<span class="dim">no pulls</span>` : about(lagMs)}</td>
        <td class="barcell">
          ${budgets.map(
            ({ name, left, capacity, closedUntil }) =>
              html`<span class="dim"
                  >${name} ${figure(left)}<span class="wide"> of ${figure(capacity)}</span
                  >${closedUntil === null ? '' : ', refused for now'}</span
                >
                ${bar(left, capacity, left * 4 < capacity)}`,
          )}
        </td>
      </tr>
      ${
        trouble === null
          ? null
          : html`<tr class="note">
              <td colspan="4">${trouble}</td>
            </tr>`
      }
      ${
        sunset === undefined
          ? null
          : html`<tr class="note">
              <td colspan="4">
                <p>${sunset.message}</p>
                <p class="remedy">${sunset.remedy}</p>
              </td>
            </tr>`
      }`;
  });
  return section(
    'connections',
    'Connections',
    null,
    rows.length === 0
      ? null
      : html`<table>
          <thead>
            <tr>
              <th scope="col">connection</th>
              <th scope="col">state</th>
              <th scope="col" class="n">behind by</th>
              <th scope="col">budget left</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>`,
    'No connection has been used yet. The first pull of each shows it here.',
  );
}

export function stagesPart({ totals }: Overview): Html {
  const most = Math.max(1, ...totals.stages.map(({ orders }) => orders));
  return section(
    'stages',
    'Orders by stage',
    figure(totals.orders),
    totals.stages.length === 0
      ? null
      : html`<table>
          <thead>
            <tr>
              <th scope="col">stage</th>
              <th scope="col" class="n">orders</th>
              <th scope="col">share</th>
            </tr>
          </thead>
          <tbody>
            ${totals.stages.map(
              ({ stage, orders }) =>
                html`<tr>
                  <th scope="row">${stage}</th>
                  <td class="n">${figure(orders)}</td>
                  <td class="barcell">${bar(orders, most)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
    'No order has come in yet. They appear with the first pull of a channel.',
  );
}

/** The largest of them: a page that is renewed every few seconds is no place for thousands. */
const CASES_SHOWN = 25;

export function parkedPart({ cases, at }: Overview): Html {
  const shown = cases.slice(0, CASES_SHOWN);
  const parked = cases.reduce((sum, { count }) => sum + count, 0);
  return section(
    'parked',
    'Parked for a person',
    parked === 0 ? null : figure(parked),
    cases.length === 0
      ? null
      : html`<ul class="cases">
            ${shown.map(
              ({ count, code, who, message, remedy, oldest, connections }) =>
                html`<li>
                  <h3>${figure(count)} × ${code} ${tag('', `for ${who}`)}</h3>
                  <p>${message}</p>
                  <p class="remedy">${remedy}</p>
                  <p class="dim">
                    oldest
                    ${ago(oldest, at)}${connections.some((id) => id !== '') ? `, ${connections.filter((id) => id !== '').join(', ')}` : ''}
                  </p>
                </li>`,
            )}
          </ul>
          ${cases.length > shown.length ? html`<p class="dim">The ${shown.length} largest of ${figure(cases.length)} cases. All: crossdock parked list</p>` : null}`,
    'Nothing is parked: every record that came in could be read, booked and shipped, or is on its way.',
  );
}

export function completenessPart({ completeness, at }: Overview): Html {
  return section(
    'complete',
    'Complete',
    null,
    completeness.length === 0
      ? null
      : html`<table>
          <thead>
            <tr>
              <th scope="col">channel</th>
              <th scope="col" class="n">theirs</th>
              <th scope="col" class="n">ours</th>
              <th scope="col">difference</th>
            </tr>
          </thead>
          <tbody>
            ${completeness.map(({ connection, date, theirs, ours, missing, stale, extra, parked, at: compared }) => {
              const said = [
                ...(missing.length === 0 ? [] : [`${figure(missing.length)} missing`]),
                ...(stale.length === 0 ? [] : [`${figure(stale.length)} stale`]),
                ...(extra.length === 0 ? [] : [`${figure(extra.length)} extra`]),
                ...(parked.length === 0 ? [] : [`${figure(parked.length)} parked`]),
              ];
              const off = missing.length + stale.length > 0;
              return html`<tr>
                <th scope="row">${named(connection)} <span class="dim">${date}</span></th>
                <td class="n">${figure(theirs)}</td>
                <td class="n">${figure(ours)}</td>
                <td>
                  ${tag(off ? 'warn' : 'ok', said.length === 0 ? 'none' : said.join(', '))}
                  <span class="dim">${ago(compared, at)}</span>
                </td>
              </tr>`;
            })}
          </tbody>
        </table>`,
    'Not compared yet. Every quarter of an hour each channel is asked what orders it has.',
  );
}

export function doubtfulPart({ doubtful: { counts, newest }, at }: Overview): Html {
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  return section(
    'effects',
    'Requests unsure or refused',
    newest.length === 0 ? null : figure(Math.max(all, newest.length)),
    newest.length === 0
      ? null
      : html`<ul class="cases">
            ${newest.map(
              ({ verb, connection, order, state, cause, remedy, at: frozen }) =>
                html`<li>
                  <h3>
                    ${verb} ${order ?? ''}
                    ${tag(state === 'unsure' ? 'warn' : 'bad', state === 'rejected' ? 'refused' : state)}
                  </h3>
                  ${cause === null ? null : html`<p>${cause}</p>`}
                  ${remedy === null ? null : html`<p class="remedy">${remedy}</p>`}
                  <p class="dim">${connection}, ${ago(Date.parse(frozen), at)}</p>
                </li>`,
            )}
          </ul>
          ${all > newest.length ? html`<p class="dim">The newest ${newest.length}. All: crossdock effects list --state unsure, or rejected</p>` : null}`,
    'None: of every request to a remote the outcome is known, and none was refused.',
  );
}

export function runsPart({ runs, at }: Overview): Html {
  return section(
    'runs',
    'Last runs',
    null,
    runs.length === 0
      ? null
      : html`<table>
          <thead>
            <tr>
              <th scope="col">connection</th>
              <th scope="col">did</th>
              <th scope="col" class="n">new</th>
              <th scope="col" class="n wide">seen</th>
              <th scope="col" class="n wide">took</th>
              <th scope="col" class="n">when</th>
            </tr>
          </thead>
          <tbody>
            ${runs.map(
              ({ connection, verb, stored, seen, startedAt, endedAt, error }) =>
                html`<tr>
                    <th scope="row">${connection}</th>
                    <td>${verb}${error === null ? '' : ' '}${error === null ? null : tag('bad', 'failed')}</td>
                    <td class="n">${figure(stored)}</td>
                    <td class="n wide">${figure(seen)}</td>
                    <td class="n wide">${endedAt === null ? 'runs' : span(endedAt.getTime() - startedAt.getTime())}</td>
                    <td class="n dim">${ago(startedAt.getTime(), at)}</td>
                  </tr>
                  ${
                    error === null
                      ? null
                      : html`<tr class="note">
                          <td colspan="6" class="dim">${error}</td>
                        </tr>`
                  }`,
            )}
          </tbody>
        </table>`,
    'Nothing was pulled yet. Pulls run on the schedule of each connection, and at every start.',
  );
}
