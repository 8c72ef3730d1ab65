import type { ImportSummary } from '../../catalog/importers/run-import.js';
import { visible } from '../../lib/input/display-text.js';
import { TextTable } from './text-table.js';

/** Formats the summary of an import. Optional counts that are 0 are left out. */
export function importSummary(summary: ImportSummary): string {
  const table = new TextTable({
    head: [summary.dryRun ? 'Dry run: nothing was written' : 'Imported', ''],
    colAligns: ['left', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const [label, count] of rows(summary)) table.add([label, count.toLocaleString('en')]);
  return [table.toString(), ...rejectLines(summary), ...priceLines(summary)].join('\n');
}

function rows(summary: ImportSummary): [label: string, count: number][] {
  const always: [string, number][] = [
    ['markets created', summary.created],
    ['markets updated', summary.updated],
    ['markets unchanged', summary.unchanged],
    ['of these open', summary.open],
  ];
  const optional: [string, number][] = [
    ['interactions recorded', summary.recorded],
    ['duplicate interactions', summary.duplicates],
    ['interactions of users without personalization', summary.ignored],
    ['markets with a repaired or dropped field', summary.repaired],
    ['skipped: placeholders, and records that are no market and no interaction', summary.skippedRecords],
    ['markets repeated in the source', summary.repeated],
    ['markets created after --as-of', summary.skippedNotYetCreated],
    ['interactions after --as-of', summary.skippedLaterInteractions],
    ['markets without a price at --as-of', summary.pricesUnknown],
    ['invalid rows in the price list', summary.unreadablePrices],
  ];
  return [...always, ...optional.filter(([, count]) => count > 0), ['rejected', summary.rejected]];
}

/** The rejects file and the first reasons. */
function rejectLines({ rejectsPath, rejected, firstRejected }: ImportSummary): string[] {
  if (rejectsPath === null) return [];
  const more = rejected - firstRejected.length;
  return [
    `Rejected records: ${visible(rejectsPath)}`,
    ...firstRejected.map(({ line, reason }) => `  line ${line}: ${visible(reason)}`),
    ...(more > 0 ? [`  and ${more.toLocaleString('en')} more`] : []),
  ];
}

/** A hint if no price was used: most likely the price list is the wrong one, or it has other ids. */
function priceLines({ prices }: ImportSummary): string[] {
  if (prices === null || prices.found > 0 || prices.sought === 0) return [];
  if (prices.markets === 0) return ['The price list has no price at or before --as-of. Check the file.'];
  const [listed, sought] = [prices.markets, prices.sought].map((count) => count.toLocaleString('en'));
  return [
    `None of the ${listed} markets in the price list matches, by id or question, one of the ${sought} markets that ` +
      'need a price: their probability is unknown. Check the file.',
  ];
}
