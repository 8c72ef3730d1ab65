import { Command, CommanderError } from 'commander';
import { packageVersion } from '../config/package-version.js';
import { BellwetherError, OperatorError } from '../lib/errors.js';
import { reasonOf } from '../jobs/reason-of.js';
import { isUnavailable } from '../storage/database-errors.js';
import { configCommand } from './config.js';
import { evaluateCommand } from './evaluate.js';
import { eventsCommand } from './events.js';
import { feedCommand } from './feed.js';
import { importCommand } from './import.js';
import { openImportSink } from './import-sink.js';
import { jobCommand } from './job.js';
import { migrateCommand } from './migrate.js';
import { outboxCommand } from './outbox.js';
import { profileCommand } from './profile.js';
import { sampleCommand } from './sample.js';
import { Interruption } from './interruptible.js';
import { handleOutputErrors } from './output-errors.js';
import { schemaCommand } from './schema.js';
import { serveCommand } from './serve.js';
import { workerCommand } from './worker.js';
import { printNote } from './print.js';

/**
 * Runs one command.
 *
 * @returns the exit code of the process: 1 when it failed, and then why stands on standard error.
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
    // Commander has already printed its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof Interruption) {
      printNote(`bellwether: ${error.message}`);
      // The abandoned work may still wait for input.
      process.exit(error.exitCode);
    }
    if (error instanceof OperatorError || error instanceof BellwetherError) {
      printNote(`bellwether: ${reasonOf(error)}`);
    } else if (isUnavailable(error)) {
      printNote(`bellwether: The database rejected a statement or did not answer: ${reasonOf(error)}`);
    } else throw error;
    return 1;
  }
}

/** Every command with its options. */
export function createProgram(): Command {
  return new Command('bellwether')
    .description('A GraphQL personalization gateway for prediction-market sites.')
    .version(packageVersion())
    .showHelpAfterError('(--help tells how)')
    .addCommand(serveCommand())
    .addCommand(workerCommand())
    .addCommand(importCommand(openImportSink, Date.now))
    .addCommand(feedCommand())
    .addCommand(sampleCommand())
    .addCommand(profileCommand())
    .addCommand(eventsCommand())
    .addCommand(evaluateCommand())
    .addCommand(jobCommand())
    .addCommand(outboxCommand())
    .addCommand(configCommand())
    .addCommand(migrateCommand())
    .addCommand(schemaCommand());
}
