import type { LogRow } from '../../queries/sync-log.ts';
import { Html, html } from './html.ts';
import { logPart, type LogChoice } from './log-part.ts';
import type { Overview } from './overview.ts';
import {
  completenessPart,
  connectionsPart,
  doubtfulPart,
  parkedPart,
  runsPart,
  stagesPart,
  standing,
} from './sections.ts';
import { SCRIPT, STYLE } from './style.ts';

/** A whole document. @param live whether it renews itself: by a script, and without one by loading itself anew */
export function frame(title: string, body: Html, nonce: string, live: boolean): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${live ? html`<noscript><meta http-equiv="refresh" content="15" /></noscript>` : null}
        <style nonce="${nonce}">
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        ${body}
        ${
          live
            ? html`<script nonce="${nonce}">
                ${new Html(SCRIPT)};
              </script>`
            : null
        }
      </body>
    </html>`;
}

const MARK = html`<svg viewBox="0 0 20 20" aria-hidden="true">
  <path d="M1 4h12v4H1zM7 12h12v4H7z" />
</svg>`;

export function overviewPage(known: Overview, lines: readonly LogRow[], choice: LogChoice, caller: string): Html {
  return html`<div class="wrap">
    <header class="top">
      <h1 class="brand">${MARK}Crossdock</h1>
      <form method="post" action="/logout">
        <span>${caller}</span>
        <button>Log out</button>
      </form>
    </header>
    ${overviewMain(known, lines, choice)}
  </div>`;
}

/** What of the page is renewed. */
export function overviewMain(known: Overview, lines: readonly LogRow[], choice: LogChoice): Html {
  return html`<main>
    ${standing(known)}
    <div class="grid">
      <div class="stack">${connectionsPart(known)} ${parkedPart(known)}</div>
      <div class="stack">${stagesPart(known)} ${completenessPart(known)} ${doubtfulPart(known)}</div>
      <div class="stack full">
        ${runsPart(known)}
        ${logPart(
          lines,
          known.connections.map(({ id }) => id),
          choice,
        )}
      </div>
    </div>
  </main>`;
}

/** The way in. @param hint where every token is a sandbox's: what it is */
export function loginForm(any: boolean, wrong: string | null, hint: string | null): Html {
  return html`<main class="login">
    <section>
      <h1 class="brand">${MARK}Crossdock</h1>
      ${wrong === null ? null : html`<p class="wrong" role="alert">${wrong}</p>`}
      ${
        any
          ? html`<form method="post" action="/login">
              <label for="token">Token</label>
              <input id="token" name="token" type="password" autocomplete="current-password" required autofocus />
              <button>Log in</button>
            </form>`
          : html`<p>
              No token is configured, so nobody can log in. Add one under <code>web.tokens</code> in the configuration
              and restart.
            </p>`
      }
      ${hint === null ? null : html`<p>This is the sandbox: the token is <code>${hint}</code></p>`}
    </section>
  </main>`;
}

/** That nothing can be shown for now. */
export function troublePage(remedy: string): Html {
  return html`<div class="wrap">
    <header class="top"><h1 class="brand">${MARK}Crossdock</h1></header>
    <main>
      <p class="state">The store does not answer.<small>${remedy} This page tries again by itself.</small></p>
    </main>
  </div>`;
}
