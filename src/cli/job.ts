import { Command } from 'commander';
import type { Backend } from '../app/open-backend.js';
import { OperatorError } from '../lib/errors.js';
import { visible } from '../lib/input/control-characters.js';
import type { JobStatus } from '../jobs/job-service.js';
import { print, printNote } from './print.js';
import { TextTable } from './text-table.js';
import { withCommandBackend } from './command-backend.js';

/** `bellwether job`: the work in the background. */
export function jobCommand(): Command {
  return new Command('job')
    .description('Look at the work in the background, and have it done.')
    .addCommand(
      new Command('list')
        .description('Every job, how its last run went, and when it is due.')
        .option('--json', 'one JSON object a line', false)
        .action(list),
    )
    .addCommand(
      new Command('run')
        .description('Run a job now and wait for its end; by a worker, or by this command if there is none.')
        .argument('<name>', 'as in "bellwether job list"')
        .action(run),
    );
}

async function list({ json }: { json: boolean }): Promise<void> {
  await withCommandBackend({ holdCatalog: false }, async (backend) => {
    const jobs = await backend.services.jobs.list();
    if (json) {
      for (const job of jobs) print(JSON.stringify(job));
      return;
    }
    const table = new TextTable({
      head: ['job', 'every', 'last run', 'took', 'outcome', 'next', 'what it did'],
      colWidths: [null, null, null, null, null, null, 50],
      wordWrap: true,
      optional: ['took', 'every', 'next'],
    });
    for (const job of jobs) table.add(row(job));
    print(table.toString());
  });
}

function row({ name, everySeconds, lastRun, nextRunAt }: JobStatus): string[] {
  return [
    name,
    period(everySeconds),
    lastRun === null ? 'never' : instant(lastRun.startedAt),
    lastRun?.durationMs == null ? '' : `${(lastRun.durationMs / 1_000).toFixed(1)} s`,
    lastRun === null ? '' : lastRun.outcome + (lastRun.attempt > 1 ? ` (attempt ${lastRun.attempt})` : ''),
    instant(nextRunAt),
    lastRun?.detail ?? '',
  ];
}

function period(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

const instant = (at: Date): string => at.toISOString().slice(0, 19).replace('T', ' ');

async function run(name: string): Promise<void> {
  await withCommandBackend({ holdCatalog: false, runsJobs: true }, (backend, stop) =>
    runToEnd(backend, name, stop),
  );
}

async function runToEnd({ services, jobWorker }: Backend, name: string, stop: AbortSignal): Promise<void> {
  const job = services.jobs.find(name);
  const serve = async (): Promise<void> => {
    printNote('No worker begins it, so it is run here.');
    await jobWorker.serve(job);
  };
  const ended = await services.jobs.runToEnd(job, { serve, signal: stop }).catch((error: unknown) => {
    if (stop.aborted) printNote(`${name} is left to a worker.`);
    throw error;
  });
  if (ended?.state !== 'succeeded')
    throw new OperatorError(`${name} failed: ${ended?.detail ?? 'no reason is known'}`);
  print(`${name}: ${visible(ended.detail ?? 'done')}`);
}
