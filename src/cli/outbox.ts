import { Command } from 'commander';
import { OperatorError } from '../lib/errors.js';
import { visible } from '../lib/input/control-characters.js';
import type { SinkStatus } from '../outbox/sink-status.js';
import { withCommandBackend } from './command-backend.js';
import { print, printNote } from './print.js';
import { TextTable } from './text-table.js';

/** `bellwether outbox`: events that wait for sinks. */
export function outboxCommand(): Command {
  return new Command('outbox')
    .description('List and drop events that wait for sinks.')
    .addCommand(
      new Command('list')
        .description(
          'List the sinks with the number, size and age of the events that wait for them. Numbers above 10,000 are estimates.',
        )
        .option('--json', 'one JSON object a line', false)
        .addHelpText('after', '\nExample:\n  bellwether outbox list')
        .action(list),
    )
    .addCommand(
      new Command('drop')
        .description(
          'Remove the events that wait for a sink which is no longer in the config, 10,000 at a time. They are not delivered.',
        )
        .argument('<sink>', 'name of the sink, as in "bellwether outbox list"')
        .option('--yes', 'remove them; without it, the command only says how many there are', false)
        .option('--force', 'also if the config names the sink', false)
        .addHelpText(
          'after',
          '\nExamples:\n  bellwether outbox drop archive\n  bellwether outbox drop archive --yes',
        )
        .action(drop),
    );
}

async function list({ json }: { json: boolean }): Promise<void> {
  await withCommandBackend({ holdCatalog: false }, async ({ services }) => {
    const sinks = await services.sinks.list();
    if (json) {
      for (const sink of sinks) print(JSON.stringify(sink));
      return;
    }
    if (sinks.length === 0) {
      print('The config names no sink, and no events wait.');
      return;
    }
    const table = new TextTable({
      head: ['sink', 'in the config', 'events', 'size', 'oldest'],
      colAligns: ['left', 'left', 'right', 'right', 'left'],
      optional: ['size'],
    });
    for (const sink of sinks) {
      table.add([
        sink.name,
        sink.configured ? 'yes' : 'no',
        countOf(sink),
        sizeOf(sink),
        sink.oldestAt === null ? '' : sink.oldestAt.toISOString().slice(0, 19).replace('T', ' '),
      ]);
    }
    print(table.toString());
  });
}

async function drop(name: string, { yes, force }: { yes: boolean; force: boolean }): Promise<void> {
  await withCommandBackend({ holdCatalog: false }, async ({ services }, signal) => {
    const sink = await services.sinks.of(name);
    const shown = visible(name);
    if (sink.events === 0) throw new OperatorError(`No events wait for a sink named "${shown}".`);
    if (!yes) {
      const forced = sink.configured ? ' --force' : '';
      print(
        `${countOf(sink)} events (${sizeOf(sink)}) wait for "${shown}". ` +
          `To remove them, run: bellwether outbox drop ${shown} --yes${forced}`,
      );
      return;
    }
    const onProgress = (removed: number): void => printNote(`${removed.toLocaleString('en')} removed so far`);
    const removed = await services.sinks.drop(name, { force, signal, onProgress });
    print(`Removed ${removed.toLocaleString('en')} events of "${shown}".`);
  });
}

const countOf = ({ events, isEstimate }: SinkStatus): string =>
  `${isEstimate ? 'about ' : ''}${events.toLocaleString('en')}`;

const sizeOf = ({ bytes }: SinkStatus): string => `${(bytes / 1e6).toFixed(1)} MB`;
