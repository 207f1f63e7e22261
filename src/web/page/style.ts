/** The page's own style: two palettes, no picture, no font of its own, nothing from elsewhere. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f5f2;--card:#fff;--ink:#1d2329;--soft:#59636d;--line:#e3e0da;--fill:#eceae5;
--accent:#2b6777;--ok:#2c7a4b;--warn:#8a5a00;--bad:#b3352b;--okbg:#e4f2e9;--warnbg:#fbf0d9;--badbg:#fbe7e4}
@media (prefers-color-scheme:dark){:root{--ground:#14181b;--card:#1c2226;--ink:#e5e8ea;--soft:#9ba6ae;--line:#2c343a;
--fill:#283036;--accent:#7fbccb;--ok:#7cc796;--warn:#e3b45f;--bad:#f0948a;--okbg:#1d3326;--warnbg:#382d17;--badbg:#3d2320}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
-webkit-text-size-adjust:100%}
.wrap{max-width:1180px;margin:0 auto;padding:0 16px 48px}
header.top{display:flex;align-items:center;gap:12px;padding:18px 0 6px}
.brand{font-weight:650;font-size:17px;letter-spacing:-.01em;margin:0;display:flex;align-items:center;gap:9px}
.brand svg{width:20px;height:20px;fill:var(--accent)}
.top form{margin-left:auto;display:flex;align-items:center;gap:12px;color:var(--soft);font-size:13px}
button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:5px 12px;cursor:pointer}
button:hover{border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.state{margin:10px 0 18px;font-size:21px;line-height:1.35;font-weight:600;letter-spacing:-.015em;text-wrap:balance}
.state small{display:block;font-size:13px;font-weight:400;color:var(--soft);letter-spacing:0;margin-top:3px}
.grid{display:grid;gap:16px;grid-template-columns:minmax(0,1fr);align-items:start}
.stack{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
@media (min-width:920px){.grid{grid-template-columns:minmax(0,7fr) minmax(0,5fr)}.full{grid-column:1/-1}}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;min-width:0}
h2{font-size:12.5px;font-weight:600;color:var(--soft);margin:0 0 8px;display:flex;gap:8px;align-items:baseline;justify-content:space-between}
h2 span{font-weight:400;font-variant-numeric:tabular-nums}
.empty{margin:2px 0;color:var(--soft)}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{padding:6px 10px 6px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th:last-child,td:last-child{padding-right:0}
thead th{font-weight:500;font-size:12px;color:var(--soft);padding-top:0;white-space:nowrap;overflow-wrap:normal}
tbody th{font-weight:500}
tbody th>span.id{white-space:nowrap}
tbody tr+tr>*{border-top:1px solid var(--line)}
tbody tr.note>*{border-top:0;padding-top:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.dim{color:var(--soft);font-size:13px}
.bar{display:block;width:100%;min-width:48px;height:6px;border-radius:3px;background:var(--fill);overflow:hidden;margin-top:8px}
.bar rect{fill:var(--accent)}.bar.low rect{fill:var(--warn)}
.barcell{width:38%}
.tag{display:inline-block;font-size:12px;line-height:1.5;padding:1px 8px;border-radius:99px;background:var(--fill);color:var(--soft);white-space:nowrap}
.ok{background:var(--okbg);color:var(--ok)}.warn{background:var(--warnbg);color:var(--warn)}.bad{background:var(--badbg);color:var(--bad)}
.cases{list-style:none;margin:0;padding:0}
.cases li{padding:10px 0}.cases li+li{border-top:1px solid var(--line)}.cases li:first-child{padding-top:2px}.cases li:last-child{padding-bottom:2px}
.cases h3{margin:0;font-size:15px;font-weight:600;display:flex;flex-wrap:wrap;gap:4px 8px;align-items:baseline}
.cases p,.note p{margin:3px 0 0;overflow-wrap:anywhere}
.remedy{color:var(--soft)}.remedy::before{content:"→ ";color:var(--accent)}
.filters{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 8px}
.filters a{font-size:12.5px;padding:3px 10px;border-radius:99px;border:1px solid var(--line);color:var(--soft);text-decoration:none}
.filters a:hover{border-color:var(--accent);color:var(--ink)}
.filters a[aria-current]{background:var(--ink);border-color:var(--ink);color:var(--card)}
.log{list-style:none;margin:0;padding:0;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.log li{display:grid;grid-template-columns:max-content 46px minmax(0,1fr);gap:0 8px;padding:3px 0 3px 8px;border-left:3px solid transparent;overflow-wrap:anywhere}
.log time{color:var(--soft);white-space:nowrap}.log b{font-weight:500;color:var(--soft)}
.log .warn,.log .error{background:none}.log .warn{border-color:var(--warn)}.log .warn b{color:var(--warn)}
.log .error{border-color:var(--bad)}.log .error b{color:var(--bad)}
.log .more{color:var(--soft)}
.login{max-width:360px;margin:14vh auto 0;padding:0 16px}
.login section{padding:22px}
.login h1{margin:0 0 14px;font-size:17px}
label{display:block;font-size:13px;color:var(--soft);margin-bottom:5px}
input{font:inherit;width:100%;color:var(--ink);background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:9px 11px}
.login button{width:100%;margin-top:12px;padding:9px;background:var(--accent);border-color:var(--accent);color:var(--card);font-weight:600}
.login p{font-size:13px;color:var(--soft);margin:14px 0 0}.login .wrong{color:var(--bad);margin:0 0 12px}
@media (max-width:560px){.wide{display:none}tbody th>.dim{display:block}section{padding:12px}.state{font-size:19px}
.log li{grid-template-columns:max-content minmax(0,1fr)}.log li>span{grid-column:1/-1}}
`;

/** Fetches the page again and swaps its main part; without it the page is loaded anew. */
export const SCRIPT = `
(() => {
  const look = async () => {
    if (document.hidden || String(getSelection())) return;
    const answer = await fetch(location.href, { headers: { 'x-part': 'main' } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) return;
    const part = document.createElement('template');
    part.innerHTML = await answer.text();
    const fresh = part.content.querySelector('main');
    const main = document.querySelector('main');
    if (fresh && main && !main.contains(document.activeElement)) main.replaceWith(fresh);
  };
  setInterval(() => look().catch(() => undefined), 5000);
  document.addEventListener('visibilitychange', () => look().catch(() => undefined));
})();
`;
