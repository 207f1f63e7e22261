#!/usr/bin/env node
// Plain JavaScript for any Node: starts main.ts with a Node that strips types by itself.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST = 24;
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');

function major(version) {
  return Number(version.split('.')[0]);
}

/** The Node that this package brings along, or null on a machine that it has none for. */
function ownNode() {
  try {
    const file = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

const current = major(process.versions.node) >= LEAST;
const node = current ? process.execPath : ownNode();

if (node === null) {
  process.stderr.write(
    `crossdock needs Node ${LEAST} or newer; this is Node ${process.versions.node}, and none came along for ${process.platform} ${process.arch}.\n` +
      `Install Node ${LEAST}, or run "npm ci" with optional dependencies.\n`,
  );
  process.exit(2);
} else if (current && process.argv[2] !== 'start') {
  await import(main);
} else {
  // A worker runs for ever: as `npm start` does, it takes less memory for a little more work of the collector.
  const child = spawn(node, ['--max-semi-space-size=4', '--heap-growing-percent=120', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  });
  // A terminal signals the whole group; whoever signals this process alone means the one behind it.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}
