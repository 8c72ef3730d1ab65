import { Command, InvalidArgumentError, Option } from 'commander';
import {
  runImport,
  type ImportOptions,
  type ImportSink,
  type ImportSummary,
} from '../../catalog/importers/run-import.js';
import { importFormats, type ImportFormat } from '../../catalog/importers/formats/read-records.js';
import { openImportSource, type ImportSource } from '../../catalog/importers/import-source.js';
import { readPrices, type PriceList } from '../../catalog/importers/prices.js';
import type { Clock } from '../../lib/clock.js';
import { OperatorError } from '../../lib/errors.js';
import { encodingOf } from '../../lib/input/encoding.js';
import { examplesHelp, parsedInstant } from '../command-options.js';
import { importSummary } from '../output/import-summary.js';
import { print } from '../output/print.js';
import { ProgressBar } from '../output/progress-bar.js';
import { interruptible } from '../signals.js';

/** Opens the sink that receives the imported records. In a dry run it only validates them. */
export type OpenImportSink = (options: { dryRun: boolean }) => Promise<OpenedSink>;

export interface OpenedSink {
  sink: ImportSink;
  /** Waits until everything received is stored, and closes the sink. */
  close(): Promise<void>;
}

interface ImportFlags {
  format: ImportFormat;
  asOf?: number;
  encoding?: string;
  prices?: string;
  dryRun?: boolean;
  rejects?: string;
}

const FORMATS_HELP = `
Formats:
  gamma     responses of Polymarket's Gamma API for /markets and /events
  manifold  responses of Manifold's /v0/markets
  jsonl     one object per line, in any order: {"type":"market","id":…,"title":…} with the
            fields of Market, {"type":"interaction","userKey":…,"marketId":…,"eventType":…,
            "occurredAt":…} with those of trackInteraction; times in ISO 8601
  csv       the same names as a header, with a column type; tags separated by |
            For --as-of, markets in jsonl and csv may also have closedAt, resolvedAt, pricedAt.
  Each may be compressed with gzip.`;

const EXIT_CODE_HELP = `
The exit code is 0 even if some records are rejected. It is 1 if all are rejected or there is none.`;

/**
 * `bellwether import`: imports markets and interactions from a file, standard input or a URL.
 *
 * @throws {OperatorError} (from the action) if the source cannot be read or is invalid as a whole.
 */
export function importCommand(open: OpenImportSink, clock: Clock): Command {
  return new Command('import')
    .summary('import markets and interactions')
    .description('Import markets and interactions from a file, standard input or a URL.')
    .argument('<source>', 'file, - for standard input, or http(s) URL')
    .addOption(
      new Option('--format <format>', 'format of the source').choices(importFormats).makeOptionMandatory(),
    )
    .option(
      '--as-of <instant>',
      'import an archive as of this instant (ISO 8601), with all times shifted so that the instant becomes now',
      parsedInstant,
    )
    .option(
      '--prices <file>',
      'with --as-of: CSV with question or id, timestamp and price; the probability of a market without a price is unknown',
    )
    .option(
      '--encoding <name>',
      'encoding of the text, such as windows-1252; a byte-order mark takes precedence (default: as the server declares, else UTF-8)',
      parsedEncoding,
    )
    .option('--dry-run', 'validate everything, write nothing')
    .option(
      '--rejects <file>',
      'file for rejected records, with line and reason (default: <name>.rejects.jsonl in the working directory)',
    )
    .addHelpText('after', FORMATS_HELP)
    .addHelpText(
      'after',
      examplesHelp(
        'import markets.json.gz --format gamma',
        'import https://example.org/export.jsonl.gz --format jsonl --dry-run',
        'import archive.json.gz --format gamma --as-of 2025-06-20T00:00:00Z --prices prices.csv',
      ),
    )
    .addHelpText(
      'after',
      '  curl -s https://api.manifold.markets/v0/markets | bellwether import - --format manifold',
    )
    .addHelpText('after', EXIT_CODE_HELP)
    .action(async (location: string, flags: ImportFlags) => {
      const summary = await importFrom(location, flags, open, clock());
      print(importSummary(summary));
      if (summary.read === 0) {
        throw new OperatorError('The source holds no records. Check the file and --format.');
      }
      if (isAllRejected(summary)) process.exitCode = 1;
    });
}

async function importFrom(
  location: string,
  flags: ImportFlags,
  open: OpenImportSink,
  nowMs: number,
): Promise<ImportSummary> {
  const { dryRun = false } = flags;
  const prices = await readPriceList(flags, nowMs);
  const source = await openImportSource(location, { stdin: process.stdin });
  try {
    return await interruptible(
      () => open({ dryRun }),
      ({ sink }) =>
        runWithProgress({
          source,
          format: flags.format,
          ...(flags.asOf !== undefined && { asOf: flags.asOf }),
          encoding: flags.encoding,
          ...(prices && { prices }),
          dryRun,
          now: nowMs,
          sink,
          rejectsPath: flags.rejects ?? defaultRejectsPath(source),
        }),
    );
  } finally {
    await source.close();
  }
}

async function runWithProgress(options: ImportOptions): Promise<ImportSummary> {
  const progress = new ProgressBar(process.stderr);
  try {
    return await runImport({
      ...options,
      onProgress: ({ phase, bytesRead, totalBytes }) =>
        progress.show(
          `Reading ${phase}`,
          bytesRead / Math.max(1, totalBytes),
          `${(totalBytes / 1e6).toFixed(1)} MB`,
        ),
    });
  } finally {
    progress.end();
  }
}

async function readPriceList(flags: ImportFlags, nowMs: number): Promise<PriceList | undefined> {
  if (flags.asOf !== undefined && flags.asOf > nowMs) {
    throw new OperatorError('The instant of --as-of lies in the future. Give one in the past.');
  }
  if (flags.prices === undefined) return undefined;
  if (flags.asOf === undefined) {
    throw new OperatorError('--prices can be used only together with --as-of.');
  }
  const source = await openImportSource(flags.prices, { stdin: process.stdin });
  try {
    return await readPrices(source.read(), flags.asOf, source.encoding);
  } finally {
    await source.close();
  }
}

function parsedEncoding(label: string): string {
  const encoding = encodingOf(label);
  if (encoding !== undefined) return encoding;
  throw new InvalidArgumentError('It must be an encoding such as utf-8, windows-1252, latin1 or utf-16le.');
}

function defaultRejectsPath(source: ImportSource): string {
  return `${source.name}.rejects.jsonl`;
}

function isAllRejected(summary: ImportSummary): boolean {
  const accepted =
    summary.created + summary.updated + summary.unchanged + summary.recorded + summary.duplicates;
  const skipped =
    summary.skippedNotYetCreated +
    summary.skippedLaterInteractions +
    summary.skippedRecords +
    summary.ignored;
  return summary.rejected > 0 && accepted + skipped === 0;
}
