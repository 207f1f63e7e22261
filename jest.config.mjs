/** `unit` is `npm test`; the other projects need material or programs that a user's machine may not have. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  setupFiles: ['<rootDir>/test/property-seed.ts'],
};
export default {
  coverageProvider: 'v8',
  // A busy machine is slow, and no rule but those of the measurements is about speed.
  testTimeout: 60_000,
  maxWorkers: 2,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/src', '<rootDir>/connectors', '<rootDir>/config', '<rootDir>/test'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '\\.specs\\.test\\.ts$',
        '/test/store/',
        '/test/counterparts/',
        '/test/flows/(killed|restored)-path',
      ],
    },
    {
      ...shared,
      displayName: 'specs',
      roots: ['<rootDir>/connectors', '<rootDir>/test'],
      testMatch: ['**/*.specs.test.ts'],
    },
    {
      ...shared,
      displayName: 'counterparts',
      roots: ['<rootDir>/test/counterparts'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.specs\\.test\\.ts$'],
    },
    // Each takes minutes: many processes, one after the other.
    {
      ...shared,
      displayName: 'kills',
      roots: ['<rootDir>/test/flows'],
      testMatch: ['**/{killed,restored}-path.test.ts'],
    },
    { ...shared, displayName: 'store', roots: ['<rootDir>/test/store'], testMatch: ['**/*.test.ts'] },
  ],
};
