import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import ts from 'typescript-eslint';

/** Where real time and real chance are at home; elsewhere they are ports, so that a run can be repeated exactly. */
const REAL_TIME = [
  'src/system/**',
  'src/store/embedded/**',
  'src/connector/sandbox/**',
  'connectors/*/sandbox*.ts',
  'src/sandbox-host.ts',
  'test/**',
  '**/*.test.ts',
  '**/test-*.ts',
  '**/loopback.ts',
  '**/*.mjs',
];
const TESTS = ['**/*.test.ts', '**/test-*.ts', '**/loopback.ts', 'test/**'];

const syntax = {
  cast: {
    selector: 'TSAsExpression:not([typeAnnotation.typeName.name="const"])',
    message: 'A cast silences the checker: narrow the type, or parse the value with zod.',
  },
  nonNull: { selector: 'TSNonNullExpression', message: 'Say what happens when it is absent.' },
  defaultExport: { selector: 'ExportDefaultDeclaration', message: 'Only connectors/*/index.ts has a default export.' },
  float: {
    selector: 'CallExpression[callee.name="parseFloat"]',
    message: 'Money is integers: see src/domain/money.ts.',
  },
  numberFloat: {
    selector: 'MemberExpression[object.name="Number"][property.name="parseFloat"]',
    message: 'Money is integers: see src/domain/money.ts.',
  },
  fixed: {
    selector: 'MemberExpression[property.name="toFixed"]',
    message: 'It rounds a float: see formatAmount in src/domain/money.ts.',
  },
  enum: { selector: 'TSEnumDeclaration', message: 'Node cannot strip it: use a union of strings.' },
};
const realTime = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'Ask the injected Clock for the time.',
  },
  {
    selector: 'MemberExpression[object.name="Date"][property.name="now"]',
    message: 'Ask the injected Clock for the time.',
  },
  {
    selector: 'MemberExpression[object.name="performance"][property.name="now"]',
    message: 'Ask the injected Clock for the time.',
  },
  { selector: 'MemberExpression[object.name="Math"][property.name="random"]', message: 'Ask the injected Random.' },
  {
    selector: 'ImportDeclaration[source.value=/^(node:)?timers/]',
    message: 'Wait with the injected Clock (sleep), so that a test and the simulator decide when it ends.',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]',
    message: 'Wait with the injected Clock (sleep).',
  },
];
const timers = realTime.slice(-1);
const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'Only config/ reads the environment; what you need is handed to you.',
};
const general = Object.values(syntax);
const without = (...names) => Object.entries(syntax).flatMap(([name, rule]) => (names.includes(name) ? [] : [rule]));

export default defineConfig(
  globalIgnores(['dist/', 'data/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        module: 'writable',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A method that answers a promise by contract need not wait for anything itself.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      // graphql states its enums as objects and its nodes as strings.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // "ExternalId | 'absent'" tells a reader more than "string" would.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
    },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'max-lines': ['warn', { max: 400 }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'hack'], location: 'anywhere' }],
      'no-restricted-syntax': ['error', ...general, ...realTime, environment],
    },
  },
  // The rules below repeat the whole list, because eslint replaces a rule's options and never adds to them.
  { files: ['config/**'], rules: { 'no-restricted-syntax': ['error', ...general, ...realTime] } },
  { files: REAL_TIME, rules: { 'no-restricted-syntax': ['error', ...general, environment] } },
  {
    // The shell around the product waits for people and for other programs; a test never runs it on a clock of its own.
    files: ['src/app.ts', 'src/sandbox-process.ts', 'src/main.ts', 'src/cli/**'],
    rules: {
      'no-restricted-syntax': ['error', ...general, ...realTime.filter((rule) => !timers.includes(rule)), environment],
    },
  },
  {
    files: ['connectors/*/index.ts'],
    rules: { 'no-restricted-syntax': ['error', ...without('defaultExport'), ...realTime, environment] },
  },
  {
    // What a stand-in's resolver is given has been checked against the vendor's schema already.
    files: ['connectors/*/sandbox*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...without('cast'), environment],
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
  {
    files: ['*.mjs', '*.cjs', 'test/closing-line.mjs', 'src/cli/*.mjs'],
    rules: { 'no-restricted-syntax': ['error', ...without('defaultExport')], 'no-console': 'off' },
  },
  {
    files: TESTS,
    rules: {
      'max-lines': 'off',
      'no-console': 'off',
      'no-restricted-syntax': [
        'error',
        ...without('cast', 'nonNull', 'float', 'numberFloat', 'fixed', 'defaultExport'),
      ],
      'require-yield': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
    },
  },
);
