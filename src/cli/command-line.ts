import { Command, CommanderError } from 'commander';
import { packageVersion } from '../config/package-version.js';
import { BellwetherError, errorMessage, OperatorError } from '../lib/errors.js';
import { isUnavailable } from '../storage/database-errors.js';
import { examplesHelp } from './command-options.js';
import { configCommand } from './commands/config.js';
import { documentsCommand } from './commands/documents.js';
import { evaluateCommand } from './commands/evaluate.js';
import { eventsCommand } from './commands/events.js';
import { exportCommand } from './commands/export.js';
import { feedCommand } from './commands/feed.js';
import { importCommand } from './commands/import.js';
import { openImportSink } from './commands/import-sink.js';
import { jobCommand } from './commands/job.js';
import { keysCommand } from './commands/keys.js';
import { migrateCommand } from './commands/migrate.js';
import { experimentCommand } from './commands/experiment.js';
import { modelCommand } from './commands/model.js';
import { outboxCommand } from './commands/outbox.js';
import { profileCommand } from './commands/profile.js';
import { sampleCommand } from './commands/sample.js';
import { schemaCommand } from './commands/schema.js';
import { serveCommand } from './commands/serve.js';
import { workerCommand } from './commands/worker.js';
import { handleOutputErrors, printNote } from './output/print.js';
import { Interruption } from './signals.js';

/**
 * Runs one command.
 *
 * @returns the exit code: 0, or 1 with the reason on standard error, or 128 + the number of a stop signal.
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  handleOutputErrors();
  const program = createProgram();
  for (const command of [program, ...program.commands.flatMap((child) => [child, ...child.commands])]) {
    command.exitOverride();
  }
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    // Commander has already printed the message or the help text.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof Interruption) {
      printNote(`bellwether: ${error.message}`);
      // The abandoned work may keep the process alive, for example by waiting for input.
      process.exit(error.exitCode);
    }
    if (error instanceof OperatorError || error instanceof BellwetherError) {
      printNote(`bellwether: ${errorMessage(error)}`);
    } else if (isUnavailable(error)) {
      printNote(`bellwether: The database rejected a statement or did not respond: ${errorMessage(error)}`);
    } else throw error;
    return 1;
  }
}

/** Creates all commands with their options. */
export function createProgram(): Command {
  return new Command('bellwether')
    .description('A GraphQL personalization gateway for prediction-market sites.')
    .version(packageVersion())
    .showHelpAfterError('Run with --help for usage.')
    .addHelpText('after', examplesHelp('serve', 'feed sample-politics-001 --country IL', 'import --help'))
    .addCommand(serveCommand())
    .addCommand(workerCommand())
    .addCommand(importCommand(openImportSink, Date.now))
    .addCommand(exportCommand())
    .addCommand(feedCommand())
    .addCommand(sampleCommand())
    .addCommand(profileCommand())
    .addCommand(eventsCommand())
    .addCommand(evaluateCommand())
    .addCommand(experimentCommand())
    .addCommand(modelCommand())
    .addCommand(jobCommand())
    .addCommand(outboxCommand())
    .addCommand(keysCommand())
    .addCommand(configCommand())
    .addCommand(documentsCommand())
    .addCommand(migrateCommand())
    .addCommand(schemaCommand());
}
