import type { Happening, Sample } from './record.ts';

/** What is drawn of a run. */
export interface Drawn {
  readonly happenings: readonly Happening[];
  readonly samples: readonly Sample[];
  readonly calmAt: number;
  readonly endedAt: number;
  readonly settings: { readonly seed: string; readonly workers: number };
  readonly verdict: { readonly faults: readonly unknown[] };
}

const LEFT = 110;
const RIGHT = 1_380;
const LANE = 26;
const TOP = 64;
const CURVE = 210;
const COLOR = {
  kill: '#c62828',
  stall: '#f9a825',
  cut: '#6a1b9a',
  away: '#90a4ae',
  run: '#cfe8d5',
  placed: '#546e7a',
  left: '#ef6c00',
  confirmed: '#2e7d32',
  'ended by itself': '#000000',
} as const;

/** A run as one SVG picture: a lane per process with what went wrong as marks, and the orders over the same time. */
export function drawTimeline(run: Drawn): string {
  const { happenings, samples, endedAt, calmAt, settings } = run;
  const lanes = lanesOf(run);
  const x = (at: number): number => round(LEFT + ((RIGHT - LEFT) * Math.min(at, endedAt)) / Math.max(1, endedAt));
  const y = (lane: string): number => TOP + lanes.indexOf(lane) * LANE;
  const curveTop = TOP + lanes.length * LANE + 34;
  const height = curveTop + CURVE + 56;
  const parts: string[] = [];
  for (const lane of lanes) {
    parts.push(text(LEFT - 8, y(lane) + 14, lane, 'end'));
    parts.push(rect(LEFT, y(lane) + 2, RIGHT - LEFT, LANE - 6, lane.startsWith('worker') || lane === 'store' ? '#fafafa' : '#f5f7f8')); // prettier-ignore
    for (const [from, to] of upTimes(lane, happenings, calmAt, endedAt))
      parts.push(rect(x(from), y(lane) + 2, Math.max(0.5, x(to) - x(from)), LANE - 6, COLOR.run));
  }
  // What lasts lies under what is a moment.
  for (const one of happenings)
    if (one.kind === 'stall' || one.kind === 'away') parts.push(markOf(one, x, y(one.lane)));
  for (const one of happenings)
    if (one.kind !== 'stall' && one.kind !== 'away') parts.push(markOf(one, x, y(one.lane)));
  parts.push(line(x(calmAt), TOP - 6, x(calmAt), curveTop + CURVE, '#37474f', 'stroke-dasharray="4 3"'));
  parts.push(text(x(calmAt) - 4, TOP - 10, 'nothing goes wrong from here on', 'end'));
  parts.push(...curves(samples, { x, top: curveTop, endedAt }));
  parts.push(...legend(height - 16));
  const faults = run.verdict.faults.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1400" height="${height}" viewBox="0 0 1400 ${height}" font-family="sans-serif" font-size="12">
<rect width="1400" height="${height}" fill="white"/>
<text x="${LEFT}" y="24" font-size="16" font-weight="bold">Chaos “${escaped(settings.seed)}”: ${faults === 0 ? 'nothing lost, nothing doubled' : `${faults} fault${faults === 1 ? '' : 's'}`}</text>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`;
}

/** Workers, the store, then the remotes that anything happened to. */
function lanesOf({ happenings, settings }: Drawn): string[] {
  const workers = Array.from({ length: settings.workers }, (_, index) => `worker ${index + 1}`);
  const others = new Set(
    happenings.map(({ lane }) => lane).filter((lane) => lane !== 'store' && !workers.includes(lane)),
  );
  return [...workers, 'store', ...[...others].sort()];
}

/** From when to when a worker or the store ran. */
function upTimes(lane: string, happenings: readonly Happening[], calmAt: number, endedAt: number): [number, number][] {
  if (!lane.startsWith('worker') && lane !== 'store') return [];
  const times: [number, number][] = [];
  // The store is there before anything is written down.
  let since: number | null = lane === 'store' ? 0 : null;
  for (const one of happenings) {
    if (one.lane !== lane) continue;
    if (one.kind === 'start') since ??= one.at;
    if (one.kind !== 'kill' && one.kind !== 'ended by itself') continue;
    if (since !== null) times.push([since, one.at]);
    since = null;
  }
  if (since !== null) times.push([since, lane === 'store' ? endedAt : Math.max(since, calmAt)]);
  return times;
}

function markOf({ at, lane, kind, forMs = 0, text: title }: Happening, x: (at: number) => number, top: number): string {
  const said = `<title>${escaped(`${Math.round(at / 1_000)} s, ${lane}: ${title}`)}</title>`;
  switch (kind) {
    case 'start':
      return '';
    case 'stall':
    case 'away':
      return rect(x(at), top + 2, Math.max(1, x(at + forMs) - x(at)), LANE - 6, COLOR[kind], said);
    case 'cut':
      return line(x(at), top + 2, x(at), top + LANE - 4, COLOR.cut, 'stroke-width="1.6"', said);
    case 'kill':
    case 'ended by itself': {
      const [a, b] = [x(at), top + LANE / 2 - 1];
      return `<path d="M${round(a - 4)} ${b - 4}l8 8m0 -8l-8 8" stroke="${COLOR[kind]}" stroke-width="1.8">${said}</path>`;
    }
  }
}

function curves(
  samples: readonly Sample[],
  { x, top, endedAt }: { readonly x: (at: number) => number; readonly top: number; readonly endedAt: number },
): string[] {
  const most = Math.max(1, ...samples.flatMap(({ placed, left, confirmed }) => [placed, left, confirmed]));
  const step = niceStep(most / 6);
  const y = (value: number): number => round(top + CURVE - (CURVE * value) / most);
  const parts: string[] = [];
  for (let value = 0; value <= most; value += step) {
    parts.push(line(LEFT, y(value), RIGHT, y(value), '#e0e0e0'), text(LEFT - 8, y(value) + 4, String(value), 'end'));
  }
  const tick = niceStep(endedAt / 60_000 / 10) * 60_000;
  for (let at = 0; at <= endedAt; at += tick) {
    parts.push(line(x(at), top, x(at), top + CURVE, '#eeeeee'));
    parts.push(text(x(at), top + CURVE + 16, `${round(at / 60_000)} min`, 'middle'));
  }
  for (const what of ['placed', 'left', 'confirmed'] as const) {
    const points = samples.map((sample) => `${x(sample.at)},${y(sample[what])}`).join(' ');
    parts.push(`<polyline points="${points}" fill="none" stroke="${COLOR[what]}" stroke-width="2"/>`);
  }
  return parts;
}

function legend(y: number): string[] {
  const entries = [
    ['kill', 'killed'],
    ['ended by itself', 'ended by itself'],
    ['stall', 'stopped'],
    ['cut', 'cut after a write'],
    ['away', 'away'],
    ['run', 'runs'],
    ['placed', 'orders placed'],
    ['left', 'parcels left'],
    ['confirmed', 'parcels confirmed to the shop'],
  ] as const;
  let at = LEFT;
  return entries.flatMap(([color, label]) => {
    const from = at;
    at += 48 + label.length * 6;
    return [rect(from, y - 9, 14, 10, COLOR[color]), text(from + 20, y, label, 'start')];
  });
}

/** 1, 2 or 5 times a power of ten, not below what is asked for; at least half. */
function niceStep(least: number): number {
  if (least <= 0.5) return 0.5;
  const power = 10 ** Math.floor(Math.log10(least));
  return Math.max(0.5, ([1, 2, 5, 10].find((times) => times * power >= least) ?? 10) * power);
}

function rect(x: number, y: number, width: number, height: number, fill: string, inner = ''): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}">${inner}</rect>`;
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string, more = '', inner = ''): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" ${more}>${inner}</line>`;
}

function text(x: number, y: number, said: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="#37474f">${escaped(said)}</text>`;
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
