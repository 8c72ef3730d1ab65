import { Command } from 'commander';
import { findDatabase } from '../app/open-backend.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { applyMigrations, migrationStatus } from '../storage/database/migrations.js';
import { createLogger, type Logger } from '../lib/logger.js';
import { databaseName } from './database-name.js';
import { print, printNote } from './print.js';
import { TextTable } from './text-table.js';
import { interruptible } from './interruptible.js';

/** `bellwether migrate`: the schema of the database. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description(
      'Look at the database schema, or bring it up to date. The gateway does the latter at every start.',
    )
    .addCommand(
      new Command('status')
        .description('List every migration and whether it was applied.')
        .action(() => withUrl(status)),
    )
    .addCommand(
      new Command('up').description('Apply the migrations that are missing.').action(() => withUrl(up)),
    );
}

async function withUrl(work: (url: string, logger: Logger) => Promise<void>): Promise<void> {
  const logger = createLogger('warn', { pretty: process.stderr.isTTY, fd: 2 });
  const settings = settingsFromEnvironment();
  await interruptible(
    () => findDatabase(settings, logger),
    async ({ url }) => {
      printNote(`Using ${databaseName(settings)}.`);
      await work(url, logger);
    },
  );
}

async function status(url: string): Promise<void> {
  const table = new TextTable({ head: ['migration', 'state', 'applied at'] });
  for (const { name, state, appliedAt } of await migrationStatus(url)) {
    table.add([name, state, appliedAt?.toISOString() ?? '']);
  }
  print(table.toString());
}

async function up(url: string, logger: Logger): Promise<void> {
  const applied = await applyMigrations(url, { logger });
  print(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
}
