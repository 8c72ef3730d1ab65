import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { TestProject } from 'vitest/node';
import { startEmbeddedServer } from '../../src/embedded-postgres/embedded-server.js';
import { applyMigrations } from '../../src/storage/database/migrations.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Migrated template database. PostgreSQL cannot copy it while a client is connected to it. */
    postgresTemplateUrl: string;
  }
}

/** Starts one embedded PostgreSQL for the whole run, with a migrated template database. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-test-'));
  const logger = pino({ level: 'silent' });
  const server = await startEmbeddedServer({ dataDir, logger });
  const tearDown = async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await applyMigrations(server.url, { logger });
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide('postgresTemplateUrl', server.url);
  return tearDown;
}
