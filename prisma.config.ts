import { defineConfig } from 'prisma/config';

// `prisma generate` needs no schema engine, yet looks for one and would download it. Any existing
// program satisfies the check; migrations are made without that engine (prisma/create-migration.ts).
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
