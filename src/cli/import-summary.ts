import Table from 'cli-table3';
import type { ImportSummary } from '../catalogue/import-run.js';

/** The summary as a table for people; lines that say nothing are left out. */
export function summaryTable(summary: ImportSummary): string {
  const table = new Table({
    head: [summary.dryRun ? 'Dry run: nothing was written' : 'Imported', ''],
    colAligns: ['left', 'right'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  table.push(...rows(summary).map(([label, count]) => [label, count.toLocaleString('en')]));
  const rejects = summary.rejectsPath === null ? '' : `\nRejected records: ${summary.rejectsPath}`;
  return `${table.toString()}${rejects}`;
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
    ['markets named again later in the source', summary.repeated],
    ['markets not yet created then', summary.skippedNotYetCreated],
    ['interactions after that instant', summary.skippedLaterInteractions],
    ['markets with an assumed price of 0.5', summary.pricesAssumed],
    ['unreadable rows in the list of prices', summary.unreadablePrices],
  ];
  return [...always, ...ifAny.filter(([, count]) => count > 0), ['rejected', summary.rejected]];
}
