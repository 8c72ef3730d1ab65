import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // All modules must import one copy of graphql: otherwise "Cannot use GraphQLObjectType from another realm".
    alias: [
      {
        find: /^graphql$/,
        replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/reflect-metadata.ts'],
    server: { deps: { inline: ['type-graphql', 'graphql-scalars', 'graphql-http'] } },
    maxWorkers: 2,
    // A busy machine is slow; a condition that is never met fails anyway.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
