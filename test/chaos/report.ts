import { figuresOf, type Figures, type Happening } from './record.ts';
import type { Outcome } from './run.ts';

const MOST_FAULTS = 40;
const TARGET_MS = 5_000;

/** What came of a run on one page, as Markdown; the picture stands beside it. */
export function reportOf(outcome: Outcome): string {
  const { settings, happenings, kills, verdict, samples, planted } = outcome;
  const last = samples.at(-1);
  const count = (kind: Happening['kind'], of: (lane: string) => boolean = () => true): number =>
    happenings.filter((one) => one.kind === kind && of(one.lane)).length;
  const isWorker = (lane: string): boolean => lane.startsWith('worker');
  const stalls = happenings.flatMap(({ kind, forMs }) => (kind === 'stall' && forMs !== undefined ? [forMs] : []));
  const next = kills.flatMap(({ nextJobMs }) => nextJobMs ?? []);
  const late = next.filter((ms) => ms >= TARGET_MS).length;
  const freed = kills.flatMap(({ freedMs }) => freedMs ?? []);
  const { faults, seen } = verdict;
  return `# Chaos "${settings.seed}": ${faults.length === 0 ? 'nothing lost, nothing doubled' : `${faults.length} fault${faults.length === 1 ? '' : 's'}`}

${minutes(outcome.calmAt)} of trouble with ${settings.workers} workers, then ${outcome.rounds} rounds until nothing left any more; ${minutes(outcome.endedAt)} in all.${planted === null ? '' : `\n\n**Planted:** ${planted}`}

![what happened](timeline.svg)

| what went wrong | times |
| --- | ---: |
| workers killed (SIGKILL) | ${count('kill', isWorker)} |
| store killed and started again on its files | ${count('kill', (lane) => lane === 'store')} |
| workers stopped (SIGSTOP), ${seconds(stalls.length === 0 ? 0 : Math.min(...stalls))} to ${seconds(Math.max(0, ...stalls))}; longer than a lease | ${stalls.length}; ${stalls.filter((ms) => ms > 2_500).length} |
| connections to the store cut after a write was applied | ${count('cut', isWorker)} |
| connections to a remote cut after a write was applied | ${count('cut', (lane) => !isWorker(lane))} |
| remotes away for a while | ${count('away')} |

| after a kill | p50 | p95 | longest | of |
| --- | ---: | ---: | ---: | ---: |
${row('until anybody ended the next job', figuresOf(next))}
${row('until no job was held by the dead one', figuresOf(freed))}

${late === 0 ? `After every kill the next job was done within ${TARGET_MS / 1_000} s.` : `After ${late} of ${next.length} kills the next job took ${TARGET_MS / 1_000} s or longer.`} ${kills.filter(({ held }) => held > 0).length} kills hit a worker that held jobs.

| what was judged, by the remotes' own books | |
| --- | ---: |
| orders of the shops | ${seen['orders'] ?? 0} |
| of those placed meanwhile | ${(last?.placed ?? 0) - settings.orders} |
| requests to warehouses | ${seen['requests'] ?? 0} |
| parcels that left | ${seen['shipped'] ?? 0} |
| confirmations to the shops | ${seen['confirmations'] ?? 0} |
| documents in the ERPs, entries in them | ${seen['documents'] ?? 0}, ${seen['entries'] ?? 0} |
| shelves, reservations, movements | ${seen['shelves'] ?? 0}, ${seen['reservations'] ?? 0}, ${seen['movements'] ?? 0} |
| waiting for a person | ${[...verdict.parked].map(([code, times]) => `${times} × ${code}`).join(', ') || 'nothing'} |
| **lost, doubled or otherwise wrong** | **${faults.length}** |
${
  faults.length === 0
    ? ''
    : `
## Faults

${faults.slice(0, MOST_FAULTS).map((fault) => `- ${fault}`).join('\n')}${faults.length > MOST_FAULTS ? `\n- … and ${faults.length - MOST_FAULTS} more` : ''}

The stories of the orders are in \`stories.txt\`.
`
}`; // prettier-ignore
}

function row(what: string, figures: Figures | null): string {
  if (figures === null) return `| ${what} | | | | 0 |`;
  return `| ${what} | ${seconds(figures.p50)} | ${seconds(figures.p95)} | ${seconds(figures.max)} | ${figures.count} |`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
