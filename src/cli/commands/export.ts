import { Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_KINDS, type ExportKind } from '../../export/export-records.js';
import { EXPORT_FORMATS, type ExportFormat } from '../../export/record-writers.js';
import { runExport } from '../../export/run-export.js';
import { withCommandBackend } from '../command-backend.js';
import { examplesHelp, parsedInstant } from '../command-options.js';
import { print, printNote } from '../output/print.js';
import { TextTable } from '../output/text-table.js';

interface ExportFlags {
  readonly what: readonly ExportKind[];
  readonly format: ExportFormat;
  readonly from: number;
  readonly to: number;
  readonly users: 'pseudonyms' | 'keys';
}

const NOTE_EVERY_MS = 5_000;

const KINDS_HELP = `
What can be exported:
  markets       all markets, as they are now
  interactions  events other than impressions, with the served feed, rank, slot and propensity they are attributed to
  impressions   impressions, with the same columns
  slates        the items of the served feeds that are still stored, with score, slot and propensity
  snapshots     past probabilities, volumes and participants of the markets

\`bellwether import\` and \`bellwether evaluate\` read markets and interactions in the formats jsonl and csv.`;

/** `bellwether export`: writes what is stored to files. */
export function exportCommand(): Command {
  return new Command('export')
    .summary('write markets, events and served feeds to files')
    .description('Write markets, events and served feeds to files, one for each of them.')
    .argument(
      '<folder>',
      'folder of the files; created if it is missing; files of the same name are replaced',
    )
    .addOption(
      new Option('--what <kinds>', `separated by commas: ${EXPORT_KINDS.join(', ')}`)
        .argParser(exportKinds)
        .default(['markets', 'interactions'], 'markets,interactions'),
    )
    .addOption(
      new Option('--format <format>', 'format of the files').choices(EXPORT_FORMATS).default('jsonl'),
    )
    .addOption(
      new Option('--from <instant>', 'first instant of events, feeds and snapshots (ISO 8601)')
        .argParser(parsedInstant)
        .default(0, 'the first one'),
    )
    .addOption(
      new Option('--to <instant>', 'instant before which they were (ISO 8601)')
        .argParser(parsedInstant)
        .default(8.64e15, 'the last one'),
    )
    .addOption(
      new Option(
        '--users <kind>',
        'pseudonyms, the same as in sinks, or the user keys; other fields are as the client sent them',
      )
        .choices(['pseudonyms', 'keys'])
        .default('pseudonyms'),
    )
    .addHelpText('after', KINDS_HELP)
    .addHelpText(
      'after',
      examplesHelp(
        'export archive',
        'export archive --what interactions,slates --format parquet --from 2026-06-01T00:00:00Z',
        'export archive --what impressions --format csv --users keys',
      ),
    )
    .action((folder: string, { what, format, from, to, users }: ExportFlags) =>
      withCommandBackend({ loadCatalog: false }, async (backend, signal) => {
        let notedMs = performance.now();
        const files = await runExport(backend.exportSource(users), {
          ...{ folder, kinds: what, format, period: { from: new Date(from), to: new Date(to) }, signal },
          onProgress: (kind, records) => {
            if (performance.now() - notedMs < NOTE_EVERY_MS) return;
            notedMs = performance.now();
            printNote(`${kind}: ${records} records so far`);
          },
        });
        const table = new TextTable({ head: ['file', 'records'], colAligns: ['left', 'right'] });
        for (const { file, records } of files) table.add([file, records]);
        print(table.toString());
      }),
    );
}

function exportKinds(text: string): ExportKind[] {
  const kinds = new Set(text.split(',').map((name) => name.trim()));
  for (const kind of kinds)
    if (!EXPORT_KINDS.some((known) => known === kind))
      throw new InvalidArgumentError(`"${kind}" is none of ${EXPORT_KINDS.join(', ')}.`);
  return EXPORT_KINDS.filter((kind) => kinds.has(kind));
}
