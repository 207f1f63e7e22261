import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTypeScript from 'dependency-cruiser/config-utl/extract-ts-config';

/**
 * The import rules of .dependency-cruiser.cjs, on the folders named.
 *
 * @param {string} root the folder that holds src, connectors, config and test
 * @param {string[]} folders of it
 * @returns {Promise<{modules: number, imports: number, violations: string[]}>} one line per violation: rule, from → to
 * @throws Error when no module, or no import between modules, was seen: then nothing was checked (with TypeScript 7 in
 *   the place of the parser dependency-cruiser 18 sees 0 modules and calls that a success)
 */
export async function importRules(root, folders) {
  const rules = await extractConfig(join(import.meta.dirname, '..', '.dependency-cruiser.cjs'));
  const { forbidden, options } = rules;
  const { output } = await cruise(
    folders,
    { ...options, ruleSet: { forbidden }, validate: true, baseDir: root },
    options.enhancedResolveOptions,
    { tsConfig: extractTypeScript(join(import.meta.dirname, '..', 'tsconfig.json')) },
  );
  if (typeof output === 'string')
    throw new Error('dependency-cruiser answered with text where its result was asked for.');
  const modules = output.modules.filter(({ source }) => folders.some((folder) => source.startsWith(`${folder}/`)));
  const imports = modules.reduce((sum, { dependencies }) => sum + dependencies.length, 0);
  if (modules.length === 0 || imports === 0) {
    throw new Error(
      `The import rules saw ${String(modules.length)} modules and ${String(imports)} imports, so they checked nothing. ` +
        'Keep "typescript" at the 6.0 that dependency-cruiser can parse with.',
    );
  }
  return {
    modules: modules.length,
    imports,
    violations: output.summary.violations.map(({ rule, from, to, cycle }) =>
      cycle === undefined
        ? `${rule.name}: ${from} → ${to}`
        : `${rule.name}: ${from} → ${cycle.map(({ name }) => name).join(' → ')}`,
    ),
  };
}

if (import.meta.main) {
  const root = process.argv[2] ?? join(import.meta.dirname, '..');
  const { modules, imports, violations } = await importRules(root, ['src', 'connectors', 'config', 'test']);
  for (const line of violations) process.stderr.write(`${line}\n`);
  process.stdout.write(
    `import rules: ${String(modules)} modules, ${String(imports)} imports, ${String(violations.length)} violations\n`,
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
}
