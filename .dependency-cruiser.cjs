/**
 * The house's import table (docs/architecture.md) as rules: each part names the parts it may import.
 * src/errors.ts, config, scoring, input, lib and observability are open to everybody.
 */
const open = ['errors\\.ts$', 'config/', 'scoring/', 'input/', 'lib/', 'observability/'];
const domain = ['feed/', 'catalogue/', 'live/', 'profiles/', 'tracking/', 'trends/'];

const parts = {
  jobs: ['auth/', ...domain, 'repositories/'],
  graphql: ['auth/', 'jobs/', 'sinks/', ...domain],
  http: ['graphql/', 'auth/', ...domain],
  auth: ['repositories/'],
  feed: ['catalogue/', 'profiles/', 'trends/', 'repositories/(codec-|served-feed-)'],
  catalogue: ['repositories/'],
  live: ['catalogue/', 'profiles/'],
  profiles: ['repositories/'],
  tracking: ['repositories/', 'profiles/'],
  trends: ['repositories/'],
  sample: ['catalogue/importers/'],
  evaluation: ['catalogue/', 'profiles/', 'feed/', 'trends/', 'tracking/', 'sample/', 'repositories/'],
  bus: ['database/'],
  sinks: ['repositories/'],
  repositories: ['database/', 'generated/prisma/'],
  database: ['generated/prisma/'],
};

const importTable = Object.entries(parts).map(([part, allowed]) => ({
  name: `${part}-imports`,
  severity: 'error',
  comment: `src/${part} may import ${allowed.join(', ')} and what is open to everybody.`,
  from: { path: `^src/${part}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${part}/`, ...[...open, ...allowed].map((path) => `^src/${path}`)],
  },
}));

module.exports = {
  forbidden: [
    ...importTable,
    {
      name: 'scoring-is-pure',
      severity: 'error',
      comment: 'The formulas import nothing but their own types: no part, no package, no Node module.',
      from: { path: '^src/scoring/' },
      to: { pathNot: '^src/scoring/' },
    },
    {
      name: 'observability-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/observability/' },
      to: { path: '^src/', pathNot: '^src/observability/' },
    },
    {
      name: 'config-imports-scoring-only',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: ['^src/config/', '^src/scoring/', '^src/errors\\.ts$'] },
    },
    {
      name: 'input-imports-errors-only',
      severity: 'error',
      from: { path: '^src/input/' },
      to: { path: '^src/', pathNot: ['^src/input/', '^src/errors\\.ts$'] },
    },
    {
      name: 'errors-import-nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: {},
    },
    {
      name: 'prisma-client-only-in-repositories',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(repositories|database|generated)/'] },
      to: { path: ['^src/generated/prisma/', '@prisma/'] },
    },
    {
      name: 'only-the-root-wires',
      severity: 'error',
      comment: 'app.ts and the command line know every part; no part knows them.',
      from: { path: '^src/', pathNot: ['^src/(main|app|backend-jobs|gateway)\\.ts$', '^src/cli/'] },
      to: { path: ['^src/(main|app|backend-jobs|gateway)\\.ts$', '^src/cli/'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { pathNot: '^src/generated/' },
      to: { circular: true, viaOnly: { pathNot: '^src/generated/' } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A file that nobody imports is dead.',
      from: { orphan: true, path: '^src/', pathNot: ['^src/main\\.ts$', '^src/generated/'] },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'], pathNot: '^src/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
