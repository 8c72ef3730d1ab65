import { Command } from 'commander';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, wholeNumberUpTo } from '../command-options.js';
import { print } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

/** `bellwether events`: rejected events. */
export function eventsCommand(): Command {
  return new Command('events')
    .summary('list rejected events')
    .description('List rejected events.')
    .addCommand(
      new Command('rejected')
        .summary('list rejected events')
        .description('List the newest events that the gateway or a sink rejected, with the reason.')
        .option('--limit <number>', 'number of events, 1–1,000', wholeNumberUpTo(1_000), 20)
        .option('--json', 'print one JSON object per line')
        .addHelpText('after', examplesHelp('events rejected', 'events rejected --limit 100 --json'))
        .action(printRejected),
    );
}

async function printRejected({ limit, json }: { limit: number; json?: true }): Promise<void> {
  await withCommandBackend({ loadCatalog: false }, async (backend) => {
    const events = await backend.store.rejectedEvents.newest(limit);
    if (json) {
      for (const event of events) print(JSON.stringify(event));
      return;
    }
    const table = new TextTable({
      head: ['rejected at', 'origin', 'reason', 'event'],
      colWidths: [26, 12, 50, 60],
      wordWrap: true,
    });
    for (const { rejectedAt, origin, reason, event } of events) {
      table.add([rejectedAt.toISOString(), origin, reason, JSON.stringify(event)]);
    }
    print(events.length === 0 ? 'There are no rejected events.' : table.toString());
  });
}
