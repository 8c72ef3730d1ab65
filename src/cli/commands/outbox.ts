import { Command } from 'commander';
import { OperatorError } from '../../lib/errors.js';
import { visible } from '../../lib/input/display-text.js';
import type { SinkStatus } from '../../outbox/sink-status.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp } from '../command-options.js';
import { instant } from '../output/format.js';
import { print, printNote } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

/** `bellwether outbox`: the backlog of the sinks. */
export function outboxCommand(): Command {
  return new Command('outbox')
    .summary('list and drop undelivered events')
    .description('List and drop undelivered events.')
    .addCommand(
      new Command('list')
        .summary('list the backlog of each sink')
        .description(
          'List the sinks with the number, size and age of their undelivered events. Numbers above 10,000 are estimates.',
        )
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('outbox list'))
        .action(list),
    )
    .addCommand(
      new Command('drop')
        .summary('delete the backlog of a removed sink')
        .description(
          'Delete the undelivered events of a sink that is no longer in the config, 10,000 per transaction. They are never delivered.',
        )
        .argument('<sink>', 'name of the sink, as in "bellwether outbox list"')
        .option('--yes', 'delete the events; without it, the command only prints their number')
        .option('--force', 'delete them even if the sink is in the config')
        .addHelpText('after', examplesHelp('outbox drop archive', 'outbox drop archive --yes'))
        .action(drop),
    );
}

async function list({ json }: { json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ services }) => {
    const sinks = await services.sinks.list();
    if (json) {
      for (const sink of sinks) print(JSON.stringify(sink));
      return;
    }
    if (sinks.length === 0) {
      print('The config has no sinks, and the outbox is empty.');
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
        sink.oldestAt === null ? '' : instant(sink.oldestAt),
      ]);
    }
    print(table.toString());
  });
}

interface DropFlags {
  readonly yes?: boolean;
  readonly force?: boolean;
}

async function drop(name: string, { yes = false, force = false }: DropFlags): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async ({ services }, signal) => {
    const sink = await services.sinks.of(name);
    const sinkName = visible(name);
    if (sink.events === 0) {
      throw new OperatorError(
        `There are no undelivered events for a sink named "${sinkName}". "bellwether outbox list" shows the names.`,
      );
    }
    if (!yes) {
      const forceFlag = sink.configured ? ' --force' : '';
      print(
        `"${sinkName}" has ${countOf(sink)} undelivered events (${sizeOf(sink)}). ` +
          `To delete them, run: bellwether outbox drop ${sinkName} --yes${forceFlag}`,
      );
      return;
    }
    const onProgress = (deleted: number): void => {
      printNote(`${deleted.toLocaleString('en')} events deleted so far`);
    };
    const deleted = await services.sinks.drop(name, { force, signal, onProgress });
    print(`Deleted ${deleted.toLocaleString('en')} events of "${sinkName}".`);
  });
}

const countOf = ({ events, isEstimate }: SinkStatus): string =>
  `${isEstimate ? 'about ' : ''}${events.toLocaleString('en')}`;

const sizeOf = ({ bytes }: SinkStatus): string => `${(bytes / 1e6).toFixed(1)} MB`;
