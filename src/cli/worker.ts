import { once } from 'node:events';
import { Command } from 'commander';
import { openBackend } from '../app/open-backend.js';
import { settingsFromEnvironment } from '../config/settings.js';
import { createLogger } from '../lib/logger.js';
import { settingsHelp } from './settings-help.js';
import { toldToStop } from './told-to-stop.js';

/** `bellwether worker`: the work in the background, apart from serving, until it is told to stop. */
export function workerCommand(): Command {
  return new Command('worker')
    .description(
      'Run the work in the background, and answer no requests. As many as wanted: each job has one runner at a time.',
    )
    .addHelpText('after', settingsHelp)
    .action(work);
}

async function work(): Promise<void> {
  const settings = settingsFromEnvironment();
  const logger = createLogger(settings.logLevel, { pretty: process.stdout.isTTY, fd: 1 });
  const told = toldToStop(logger);
  const surroundings = { settings, logger, clock: Date.now, runsJobs: true, holdCatalog: false };
  const backend = await openBackend(surroundings);
  try {
    backend.liveConfig.start();
    backend.jobWorker.start();
    const jobs = (await backend.services.jobs.list()).map(({ name }) => name);
    logger.info({ jobs }, 'ready: running jobs');
    if (!told.aborted) await once(told, 'abort');
  } finally {
    await backend.close();
  }
  logger.info('stopped');
}
