import { Command, InvalidArgumentError, Option } from 'commander';
import {
  runImport,
  type ImportOptions,
  type ImportSink,
  type ImportSummary,
} from '../catalog/importers/run-import.js';
import { importFormats, type ImportFormat } from '../catalog/importers/formats/read-records.js';
import { parseInstant } from '../catalog/importers/formats/record-fields.js';
import { openImportSource, type ImportSource } from '../catalog/importers/import-source.js';
import { readPrices, type PriceList } from '../catalog/importers/prices.js';
import type { Clock } from '../lib/clock.js';
import { OperatorError } from '../lib/errors.js';
import { encodingOf } from '../lib/input/encoding.js';
import { print } from './print.js';
import { interruptible } from './interruptible.js';
import { summaryTable } from './import-summary.js';
import { ProgressView } from './progress-view.js';

/** What the command needs of the running parts: a sink to write to, or for a dry run one that only checks. */
export type OpenImportSink = (options: { dryRun: boolean }) => Promise<OpenedSink>;

export interface OpenedSink {
  sink: ImportSink;
  /** Waits until everything handed over is on disk, and lets the parts go. */
  close(): Promise<void>;
}

interface ImportFlags {
  format: ImportFormat;
  asOf?: number;
  encoding?: string;
  prices?: string;
  dryRun: boolean;
  rejects?: string;
}

const examples = `
Formats:
  gamma     what Polymarket's Gamma API returns for /markets and /events
  manifold  what Manifold's /v0/markets returns
  jsonl     one object a line, in any order: {"type":"market","id":…,"title":…} with the
            fields of Market, {"type":"interaction","userKey":…,"marketId":…,"eventType":…,
            "occurredAt":…} with those of trackInteraction; times in ISO 8601
  csv       the same names as a header, with a column type; tags separated by |
            For --as-of, markets in jsonl and csv may also say closedAt, resolvedAt, pricedAt.
  Each may be compressed with gzip.

Examples:
  bellwether import markets.json.gz --format gamma
  curl -s https://api.manifold.markets/v0/markets | bellwether import - --format manifold
  bellwether import https://example.org/export.jsonl.gz --format jsonl --dry-run
  bellwether import archive.json.gz --format gamma --as-of 2025-06-20T00:00:00Z --prices prices.csv

The exit code is 0 also when some records were rejected, and 1 when all were or there was none.`;

/**
 * `bellwether import`: fills the catalog, and the profiles, from a file, standard input or an
 * address.
 *
 * @throws OperatorError (from the action) when the source cannot be read, or is broken as a whole.
 */
export function importCommand(open: OpenImportSink, clock: Clock): Command {
  return new Command('import')
    .description('import markets and interactions')
    .argument('<source>', 'a file, - for standard input, or an http(s) address')
    .addOption(
      new Option('--format <format>', 'form of the source').choices(importFormats).makeOptionMandatory(),
    )
    .option(
      '--as-of <instant>',
      'take an archive as it stood at this instant (ISO 8601), and shift every time so that the instant is now',
      parsedInstant,
    )
    .option(
      '--prices <file>',
      'with --as-of: CSV with question or id, timestamp and price; the probability of a market without one there is unknown',
    )
    .option(
      '--encoding <name>',
      'of the text, such as windows-1252 (default: as the server declares it, else UTF-8; a byte-order mark outranks it)',
      parsedEncoding,
    )
    .option('--dry-run', 'read and check everything, write nothing', false)
    .option('--rejects <file>', 'where rejected records go (default: <name>.rejects.jsonl in this folder)')
    .addHelpText('after', examples)
    .action(async (location: string, flags: ImportFlags) => {
      const summary = await importFrom(location, flags, open, clock());
      print(summaryTable(summary));
      if (summary.read === 0) throw new OperatorError('The source holds no record.');
      if (isAllRejected(summary)) process.exitCode = 1;
    });
}

async function importFrom(
  location: string,
  flags: ImportFlags,
  open: OpenImportSink,
  nowMs: number,
): Promise<ImportSummary> {
  const prices = await pricesThen(flags, nowMs);
  const source = await openImportSource(location, { stdin: process.stdin });
  try {
    return await interruptible(
      () => open({ dryRun: flags.dryRun }),
      ({ sink }) =>
        runShown({
          source,
          format: flags.format,
          ...(flags.asOf !== undefined && { asOf: flags.asOf }),
          encoding: flags.encoding,
          ...(prices && { prices }),
          dryRun: flags.dryRun,
          now: nowMs,
          sink,
          rejectsPath: flags.rejects ?? rejectsName(source),
        }),
    );
  } finally {
    await source.close();
  }
}

async function runShown(options: ImportOptions): Promise<ImportSummary> {
  const view = new ProgressView(process.stderr);
  try {
    return await runImport({
      ...options,
      onProgress: ({ phase, bytesRead, totalBytes }) =>
        view.show(
          `Reading ${phase}`,
          bytesRead / Math.max(1, totalBytes),
          `${(totalBytes / 1e6).toFixed(1)} MB`,
        ),
    });
  } finally {
    view.end();
  }
}

async function pricesThen(flags: ImportFlags, nowMs: number): Promise<PriceList | undefined> {
  if (flags.asOf !== undefined && flags.asOf > nowMs) {
    throw new OperatorError('The instant of --as-of lies in the future.');
  }
  if (flags.prices === undefined) return undefined;
  if (flags.asOf === undefined) throw new OperatorError('--prices is read only together with --as-of.');
  const source = await openImportSource(flags.prices, { stdin: process.stdin });
  try {
    return await readPrices(source.read(), flags.asOf, source.encoding);
  } finally {
    await source.close();
  }
}

function parsedInstant(text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined) {
    throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2025-06-20T00:00:00Z.');
  }
  return ms;
}

function parsedEncoding(label: string): string {
  const encoding = encodingOf(label);
  if (encoding !== undefined) return encoding;
  throw new InvalidArgumentError('It must be an encoding such as utf-8, windows-1252, latin1 or utf-16le.');
}

function rejectsName(source: ImportSource): string {
  return `${source.name}.rejects.jsonl`;
}

function isAllRejected(summary: ImportSummary): boolean {
  const accepted =
    summary.created + summary.updated + summary.unchanged + summary.recorded + summary.duplicates;
  const skipped = summary.skippedNotYetCreated + summary.skippedLaterInteractions + summary.placeholders;
  return summary.rejected > 0 && accepted + skipped === 0;
}
