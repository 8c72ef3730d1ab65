import { Command } from 'commander';
import { findDatabase } from '../../app/databases.js';
import { settingsFromEnvironment } from '../../config/settings.js';
import { createLogger, type Logger } from '../../lib/logger.js';
import { applyMigrations, migrationStatus } from '../../storage/database/migrations.js';
import { databaseName } from '../command-backend.js';
import { examplesHelp } from '../command-options.js';
import { print, printNote } from '../output/print.js';
import { TextTable } from '../output/text-table.js';
import { interruptible } from '../signals.js';

/** `bellwether migrate`: the migrations of the database schema. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('list and apply database migrations')
    .description('List or apply database migrations. The gateway applies missing ones at every start.')
    .addCommand(
      new Command('status')
        .summary('list the migrations')
        .description('List the migrations and whether each is applied.')
        .addHelpText('after', examplesHelp('migrate status'))
        .action(() => withDatabase(status)),
    )
    .addCommand(
      new Command('up')
        .summary('apply missing migrations')
        .description('Apply the missing migrations. The gateway does the same at every start.')
        .addHelpText('after', examplesHelp('migrate up'))
        .action(() => withDatabase(up)),
    );
}

async function withDatabase(work: (url: string, logger: Logger) => Promise<void>): Promise<void> {
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
