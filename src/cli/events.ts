import { Command } from 'commander';
import { withCommandBackend } from './command-backend.js';
import { countUpTo } from './count-argument.js';
import { print } from './print.js';
import { TextTable } from './text-table.js';

/** `bellwether events`: what became of events. */
export function eventsCommand(): Command {
  return new Command('events')
    .description('Look at events.')
    .addCommand(
      new Command('rejected')
        .description('The newest events that could not be taken, or passed on to a sink, and why.')
        .option('--limit <number>', 'how many, 1–1,000', countUpTo(1_000), 20)
        .option('--json', 'one JSON object a line', false)
        .action(printRejected),
    );
}

async function printRejected({ limit, json }: { limit: number; json: boolean }): Promise<void> {
  await withCommandBackend({ holdCatalog: false }, async (backend) => {
    const events = await backend.store.rejectedEvents.newest(limit);
    if (json) {
      for (const event of events) print(JSON.stringify(event));
      return;
    }
    const table = new TextTable({
      head: ['when', 'where', 'why', 'event'],
      colWidths: [26, 12, 50, 60],
      wordWrap: true,
    });
    for (const { rejectedAt, origin, reason, event } of events) {
      table.add([rejectedAt.toISOString(), origin, reason, JSON.stringify(event)]);
    }
    print(events.length === 0 ? 'No event was rejected.' : table.toString());
  });
}
