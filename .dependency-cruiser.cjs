/**
 * The import rules of docs/architecture.md: each folder names the folders that it may import. Imports go downward only;
 * lib, domain, scoring and config are open to every folder above them.
 */
const open = ['lib/', 'domain/', 'scoring/', 'config/'];
const services = ['feed/', 'catalog/', 'learning/', 'live/', 'privacy/', 'profiles/', 'tracking/', 'trends/'];

const folders = {
  server: ['graphql/', 'auth/', ...services],
  graphql: ['auth/', 'jobs/', 'outbox/', ...services],
  auth: ['storage/'],
  jobs: [...services, 'storage/'],
  live: ['catalog/', 'privacy/', 'profiles/'],
  export: ['feed/', 'storage/'],
  evaluation: [
    'export/',
    'feed/',
    'catalog/',
    'learning/',
    'profiles/',
    'trends/',
    'tracking/',
    'sample/',
    'storage/',
  ],
  feed: ['catalog/', 'privacy/', 'profiles/', 'trends/', 'experiments/', 'storage/'],
  tracking: ['privacy/', 'profiles/', 'storage/'],
  profiles: ['privacy/', 'storage/'],
  learning: ['catalog/', 'profiles/', 'trends/', 'storage/'],
  privacy: ['storage/'],
  trends: ['storage/'],
  sample: ['catalog/importers/'],
  experiments: ['storage/'],
  catalog: ['storage/'],
  outbox: ['storage/'],
  bus: ['storage/'],
  'embedded-postgres': ['storage/database/'],
  storage: ['generated/prisma/'],
};

const importTable = Object.entries(folders).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  comment: `src/${folder} may import ${[...allowed, ...open].join(', ')}.`,
  from: { path: `^src/${folder}/` },
  to: {
    path: '^src/',
    pathNot: [`^src/${folder}/`, ...[...open, ...allowed].map((path) => `^src/${path}`)],
  },
}));

module.exports = {
  forbidden: [
    ...importTable,
    {
      name: 'lib-imports-nothing-above',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: '^src/', pathNot: '^src/lib/' },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'Plain types and pure functions: no package, no Node module, no folder above.',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'scoring-is-pure',
      severity: 'error',
      comment: 'Formulas import formulas and the domain: no package, no Node module, no folder above.',
      from: { path: '^src/scoring/' },
      to: { pathNot: '^src/(scoring|domain)/' },
    },
    {
      name: 'experiments-core-is-pure',
      severity: 'error',
      comment:
        'Assignment, statistics and off-policy estimates: no Node module, no folder but lib and the domain.',
      from: { path: '^src/experiments/(assignment|statistics|off-policy)/' },
      to: {
        path: '^src/|^node:',
        pathNot: '^src/(experiments/(assignment|statistics|off-policy)|domain|lib)/',
      },
    },
    {
      name: 'config-imports-downward',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/(config|scoring|domain|lib)/' },
    },
    {
      name: 'prisma-client-only-in-storage',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(storage|generated)/'] },
      to: { path: ['^src/generated/prisma/', '@prisma/'] },
    },
    {
      name: 'only-app-wires',
      severity: 'error',
      comment: 'Only src/app and the commands know every part; no part imports them.',
      from: { path: '^src/', pathNot: ['^src/main\\.ts$', '^src/(app|cli)/'] },
      to: { path: ['^src/main\\.ts$', '^src/(app|cli)/'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: '^src/generated/' },
      to: { circular: true, viaOnly: { pathNot: '^src/generated/' } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A file without an importer is dead code.',
      from: { orphan: true, path: '^src/', pathNot: ['^src/main\\.ts$', '^src/generated/'] },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      comment: 'Optional peers are development dependencies too, for the tests.',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'undetermined'],
        pathNot: ['^src/', '^node_modules/@energetic-ai/'],
      },
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
