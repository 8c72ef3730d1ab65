import type { ImportSummary } from '../catalog/importers/run-import.js';
import { visible } from '../lib/input/control-characters.js';
import { TextTable } from './text-table.js';

/** The summary as a table for people; lines that say nothing are left out. */
export function summaryTable(summary: ImportSummary): string {
  const table = new TextTable({
    head: [summary.dryRun ? 'Dry run: nothing was written' : 'Imported', ''],
    colAligns: ['left', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const [label, count] of rows(summary)) table.add([label, count.toLocaleString('en')]);
  return [table.toString(), ...rejectLines(summary), ...priceLines(summary)].join('\n');
}

/** The first reasons, and where the others are. */
function rejectLines({ rejectsPath, rejected, firstRejected }: ImportSummary): string[] {
  if (rejectsPath === null) return [];
  const more = rejected - firstRejected.length;
  return [
    `Rejected records: ${visible(rejectsPath)}`,
    ...firstRejected.map(({ line, reason }) => `  line ${line}: ${visible(reason)}`),
    ...(more > 0 ? [`  and ${more.toLocaleString('en')} more`] : []),
  ];
}

/** A list of which no price is used is most likely the wrong one, or has other ids. */
function priceLines({ prices }: ImportSummary): string[] {
  if (prices === null || prices.found > 0 || prices.sought === 0) return [];
  if (prices.markets === 0) return ['The list of prices holds no price dated at the instant or before.'];
  const [listed, sought] = [prices.markets, prices.sought].map((count) => count.toLocaleString('en'));
  return [
    `None of the ${listed} markets with a price in the list matches, by id or question, one of the ${sought} markets ` +
      'that need one: their probability is unknown.',
  ];
}

function rows(summary: ImportSummary): [label: string, count: number][] {
  const always: [string, number][] = [
    ['markets created', summary.created],
    ['markets updated', summary.updated],
    ['markets unchanged', summary.unchanged],
    ['of these open', summary.open],
  ];
  const ifAny: [string, number][] = [
    ['interactions recorded', summary.recorded],
    ['interactions known already', summary.duplicates],
    ['markets with a repaired or dropped field', summary.repaired],
    ['placeholders skipped', summary.placeholders],
    ['markets named again later in the source', summary.repeated],
    ['markets not yet created then', summary.skippedNotYetCreated],
    ['interactions after that instant', summary.skippedLaterInteractions],
    ['markets of which the price then is unknown', summary.pricesUnknown],
    ['unreadable rows in the list of prices', summary.unreadablePrices],
  ];
  return [...always, ...ifAny.filter(([, count]) => count > 0), ['rejected', summary.rejected]];
}
