/** What may import what. The rules are those of the architecture (docs/architecture.md); a rule's comment is its reason. */

/** Tests and what exists for tests only: they may see everything, and nothing of the product may see them. */
const TESTS = '^test/|\\.test\\.ts$|/test-[^/]+\\.ts$|/arbitrary\\.ts$|/sample-[^/]+\\.ts$';
const OURS = '^(src|connectors|config|test)/';

/** A folder of ours may import itself and the folders named, nothing else that is ours. */
function layer(name, from, may, comment) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: from, pathNot: TESTS },
    to: { path: OURS, pathNot: [from, ...may] },
  };
}

/** An npm package lives behind one folder, so that what it promises is wrapped once. */
function onlyIn(name, npm, folder) {
  return {
    name,
    severity: 'error',
    comment: `${npm.join(', ')}: only in ${folder}, so that its errors, time-outs and types are wrapped once.`,
    from: { path: '^(src|connectors|config)/', pathNot: [folder, TESTS] },
    to: { path: npm.map((one) => `(^|node_modules/)${one}(/|$)`) },
  };
}

const DOMAIN = '^src/domain/';
const CONNECTOR = '^src/connector/';
const STORE = '^src/store/(?!embedded/)';
const STORE_ENTRY = '^src/store/';
const JOBS = '^src/jobs/';
const QUERIES = '^src/queries/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that cannot be found is not checked by any rule below.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(src|connectors|config)/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      comment: 'The container is installed without them.',
      from: { path: '^(src|connectors|config)/', pathNot: TESTS },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '(^|node_modules/)@types/',
      },
    },

    layer('domain-is-alone', DOMAIN, [], 'Rules are pure: they know no other part.'),
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'No input or output, no clock, no package but luxon (the time zones); hashing is a pure function.',
      from: { path: DOMAIN, pathNot: TESTS },
      to: { dependencyTypes: ['core', 'npm'], pathNot: ['^(node:)?crypto$', 'node_modules/(@types/)?luxon/'] },
    },
    layer(
      'system-implements-ports',
      '^src/system/',
      [DOMAIN],
      'Clock, chance and log: the ports of the domain, and nothing more.',
    ),
    layer(
      'connector-sees-domain',
      CONNECTOR,
      [DOMAIN],
      'The contract and the transport know no remote, no store and no job.',
    ),
    layer(
      'store-sees-domain',
      '^src/store/(?!embedded/)',
      [DOMAIN],
      'Only the store knows MongoDB, and it knows nothing else.',
    ),
    layer('jobs-see-store', JOBS, [DOMAIN, STORE], 'The queue runs any job; what a job does is a flow.'),
    layer(
      'flows-see-what-they-join',
      '^src/flows/',
      [DOMAIN, CONNECTOR, STORE, JOBS],
      'Flows know connectors by their contract only.',
    ),
    layer('queries-read', QUERIES, [DOMAIN, CONNECTOR, STORE], 'Read models start nothing.'),
    layer('web-enqueues', '^src/web/', [DOMAIN, QUERIES, JOBS], 'The web asks and enqueues; it never runs a flow.'),
    layer(
      'embedded-stands-alone',
      '^src/store/embedded/',
      [],
      'The embedded store is a MongoDB server of one purpose: it knows nothing of ours.',
    ),
    {
      name: 'embedded-needs-bson-only',
      severity: 'error',
      comment: 'Beside node’s own modules it imports bson and nothing else.',
      from: { path: '^src/store/embedded/', pathNot: TESTS },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/bson/',
      },
    },
    {
      name: 'embedded-by-its-door',
      severity: 'error',
      comment: 'The store speaks the wire protocol to it and asks nothing else; only the wiring opens it.',
      from: { path: '^(src|connectors|config)/', pathNot: ['^src/store/embedded/', TESTS] },
      to: { path: '^src/store/embedded/', pathNot: '^src/store/embedded/index\\.ts$' },
    },
    {
      name: 'connectors-see-the-contract',
      severity: 'error',
      comment: 'A connector knows the domain, the contract and itself: no other connector, no store, no job.',
      from: { path: '^connectors/([^/]+)/', pathNot: TESTS },
      to: { path: OURS, pathNot: ['^connectors/$1/', DOMAIN, CONNECTOR] },
    },
    {
      name: 'only-the-wiring-sees-connectors',
      severity: 'error',
      comment: 'Adding a connector changes nothing else; so nothing else may name one.',
      from: { path: '^(src|config)/', pathNot: ['^src/(app|sandbox-host)\\.ts$', TESTS] },
      to: { path: '^connectors/' },
    },
    {
      name: 'only-the-wiring-sees-config',
      severity: 'error',
      comment: 'The configuration is read once, in one place; everything else is given what it needs.',
      from: { path: '^(src|connectors)/', pathNot: ['^src/(app|sandbox-host)\\.ts$', TESTS] },
      to: { path: '^config/' },
    },
    layer(
      'config-sees-the-contract',
      '^config/',
      [DOMAIN, CONNECTOR],
      'Configuration is checked against the connectors’ own schemas, handed in.',
    ),

    onlyIn('mongoose-in-store', ['mongoose', 'mongodb'], STORE_ENTRY),
    onlyIn('timers-and-queues-in-jobs', ['node-cron', 'p-queue'], JOBS),
    onlyIn('http-and-soap-in-connector', ['axios', 'soap'], CONNECTOR),
    onlyIn('shopify-in-its-folder', ['@shopify/[^/]+'], '^connectors/shopify/'),
    onlyIn('fastify-in-web', ['fastify', '@fastify/[^/]+', 'fastify-type-provider-zod', 'prom-client'], '^src/web/'),
    onlyIn('jsonata-in-connector', ['jsonata'], CONNECTOR),
    onlyIn('bars-in-cli', ['cli-progress'], '^src/cli/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
