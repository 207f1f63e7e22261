import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const PROJECT = join(import.meta.dirname, '..');

interface Outcome {
  readonly code: number;
  readonly out: string;
  /** One line per violation, sorted. */
  readonly violations: readonly string[];
}

/** Runs the command that `npm run deps` runs, on the project or on another tree. */
function importRules(...root: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(PROJECT, 'test', 'import-rules.mjs'), ...root], (failure, stdout, stderr) => {
      const code = failure === null ? 0 : typeof failure.code === 'number' ? failure.code : -1;
      resolve({
        code,
        out: stdout + stderr,
        violations: stderr
          .split('\n')
          .filter((line) => line.includes(' → '))
          .sort(),
      });
    });
  });
}

/** Each planted file breaks exactly the rule that it is named with. */
const PLANTED: readonly (readonly [file: string, text: string, violation: string])[] = [
  ['src/domain/a.ts', "import '../system/clean.ts';", 'domain-is-alone: src/domain/a.ts → src/system/clean.ts'],
  ['src/domain/b.ts', "import 'node:fs';", 'domain-is-pure: src/domain/b.ts → fs'],
  ['src/system/a.ts', "import '../jobs/clean.ts';", 'system-implements-ports: src/system/a.ts → src/jobs/clean.ts'],
  [
    'src/connector/a.ts',
    "import '../store/clean.ts';",
    'connector-sees-domain: src/connector/a.ts → src/store/clean.ts',
  ],
  ['src/store/a.ts', "import '../jobs/clean.ts';", 'store-sees-domain: src/store/a.ts → src/jobs/clean.ts'],
  [
    'src/store/b.ts',
    "import './embedded/inner.ts';",
    'embedded-by-its-door: src/store/b.ts → src/store/embedded/inner.ts',
  ],
  ['src/store/b.ts', '', 'store-sees-domain: src/store/b.ts → src/store/embedded/inner.ts'],
  [
    'src/store/embedded/a.ts',
    "import type { Clean } from '../../domain/clean.ts';",
    'embedded-stands-alone: src/store/embedded/a.ts → src/domain/clean.ts',
  ],
  ['src/store/embedded/b.ts', "import 'zod';", 'embedded-needs-bson-only: src/store/embedded/b.ts → zod'],
  ['src/jobs/a.ts', "import '../flows/clean.ts';", 'jobs-see-store: src/jobs/a.ts → src/flows/clean.ts'],
  [
    'src/flows/a.ts',
    "import '../queries/clean.ts';",
    'flows-see-what-they-join: src/flows/a.ts → src/queries/clean.ts',
  ],
  [
    'src/flows/b.ts',
    "import '../../connectors/shopify/clean.ts';",
    'flows-see-what-they-join: src/flows/b.ts → connectors/shopify/clean.ts',
  ],
  ['src/flows/b.ts', '', 'only-the-wiring-sees-connectors: src/flows/b.ts → connectors/shopify/clean.ts'],
  ['src/queries/a.ts', "import '../jobs/clean.ts';", 'queries-read: src/queries/a.ts → src/jobs/clean.ts'],
  ['src/web/a.ts', "import '../flows/clean.ts';", 'web-enqueues: src/web/a.ts → src/flows/clean.ts'],
  ['src/cli/a.ts', "import '../../config/clean.ts';", 'only-the-wiring-sees-config: src/cli/a.ts → config/clean.ts'],
  ['src/cli/b.ts', "import 'mongoose';", 'mongoose-in-store: src/cli/b.ts → mongoose'],
  ['src/cli/c.ts', "import 'node-cron';", 'timers-and-queues-in-jobs: src/cli/c.ts → node-cron'],
  ['src/cli/d.ts', "import 'soap';", 'http-and-soap-in-connector: src/cli/d.ts → soap'],
  ['src/cli/e.ts', "import '@shopify/shopify-api';", 'shopify-in-its-folder: src/cli/e.ts → @shopify/shopify-api'],
  ['src/cli/f.ts', "import 'fastify';", 'fastify-in-web: src/cli/f.ts → fastify'],
  ['src/cli/g.ts', "import 'fast-check';", 'no-development-packages: src/cli/g.ts → fast-check'],
  ['src/cli/h.ts', "import './h.test.ts';", 'nothing-imports-tests: src/cli/h.ts → src/cli/h.test.ts'],
  ['src/cli/h.test.ts', 'export {};', ''],
  ['src/cli/i.ts', "import './not-there.ts';", 'resolvable: src/cli/i.ts → ./not-there.ts'],
  ['src/web/b.ts', "import 'cli-progress';", 'bars-in-cli: src/web/b.ts → cli-progress'],
  [
    'connectors/acme/a.ts',
    "import '../shopify/clean.ts';",
    'connectors-see-the-contract: connectors/acme/a.ts → connectors/shopify/clean.ts',
  ],
  ['config/a.ts', "import '../src/store/clean.ts';", 'config-sees-the-contract: config/a.ts → src/store/clean.ts'],
  ['src/domain/x.ts', "import './y.ts';", 'no-cycles: src/domain/x.ts → src/domain/y.ts → src/domain/x.ts'],
  ['src/domain/y.ts', "import './x.ts';", ''],
];

/** What every layer may do, so that a rule that forbids too much is found as well. */
const CLEAN: readonly (readonly [file: string, text: string])[] = [
  ['src/domain/clean.ts', "import 'node:crypto'; import 'luxon'; export interface Clean { readonly clean: true }"],
  ['src/system/clean.ts', "import '../domain/clean.ts'; import 'winston';"],
  ['src/connector/clean.ts', "import '../domain/clean.ts'; import 'axios'; import 'node:http';"],
  ['src/store/embedded/inner.ts', "import 'bson'; import 'node:sqlite'; import 'node:fs/promises';"],
  ['src/store/embedded/index.ts', "import './inner.ts';"],
  ['src/store/clean.ts', "import '../domain/clean.ts'; import 'mongoose';"],
  ['src/jobs/clean.ts', "import '../store/clean.ts'; import 'p-queue'; import 'node-cron';"],
  ['src/flows/clean.ts', "import '../jobs/clean.ts'; import '../connector/clean.ts';"],
  ['src/queries/clean.ts', "import '../store/clean.ts'; import '../connector/clean.ts';"],
  ['src/web/clean.ts', "import '../queries/clean.ts'; import '../jobs/clean.ts'; import 'fastify';"],
  [
    'connectors/shopify/clean.ts',
    "import '../../src/connector/clean.ts'; import '@shopify/shopify-api'; import 'graphql';",
  ],
  ['connectors/index.ts', "import './shopify/clean.ts';"],
  ['config/clean.ts', "import '../src/connector/clean.ts'; import 'zod';"],
  ['src/app.ts', "import '../connectors/index.ts'; import '../config/clean.ts'; import './store/embedded/index.ts';"],
  ['src/cli/clean.ts', "import '../app.ts'; import 'cli-progress';"],
  [
    'test/clean.ts',
    "import '../src/store/embedded/inner.ts'; import '../connectors/shopify/clean.ts'; import 'fast-check';",
  ],
];

describe('import rules', () => {
  let tree = '';
  function plant(files: readonly (readonly [file: string, text: string, ...rest: string[]])[]): void {
    for (const [file, text] of files) {
      if (text === '') continue;
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), `${text}\n`);
    }
  }
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'crossdock-rules-'));
    copyFileSync(join(PROJECT, 'package.json'), join(tree, 'package.json'));
    symlinkSync(join(PROJECT, 'node_modules'), join(tree, 'node_modules'));
    for (const folder of ['src', 'connectors', 'config', 'test']) mkdirSync(join(tree, folder));
  });
  afterEach(() => rmSync(tree, { recursive: true, force: true }));

  it('are kept by the project', async () => {
    const { code, violations } = await importRules();
    expect(violations).toEqual([]);
    expect(code).toBe(0);
  }, 60_000);

  it('allow each layer what the architecture gives it', async () => {
    plant(CLEAN);
    const { code, violations, out } = await importRules(tree);
    expect(violations).toEqual([]);
    expect(out).toContain('import rules: 16 modules');
    expect(code).toBe(0);
  }, 60_000);

  it('find every planted violation, each under its own name', async () => {
    plant(CLEAN);
    plant(PLANTED);
    const { code, violations } = await importRules(tree);
    expect(violations.map((line) => line.replace(/→ .*node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/, '→ $1'))).toEqual(
      PLANTED.map(([, , violation]) => violation)
        .filter((violation) => violation !== '')
        .sort(),
    );
    expect(code).toBe(1);
  }, 60_000);

  it('fail where they saw nothing to check', async () => {
    const { code, out } = await importRules(tree);
    expect(out).toContain('saw 0 modules and 0 imports, so they checked nothing');
    expect(code).toBe(1);
  }, 60_000);
});
