import Table from 'cli-table3';
import { visible } from '../../lib/input/display-text.js';

/** A cell that spans all columns. */
interface WideCell {
  readonly content: string;
}

type Cell = string | number | WideCell;

interface TextTableOptions extends Omit<Table.TableConstructorOptions, 'head' | 'colWidths' | 'colAligns'> {
  readonly head: string[];
  readonly colWidths?: (number | null)[];
  readonly colAligns?: Table.HorizontalAlignment[];
  /** Heads of columns that a narrow terminal omits, the least important first. */
  readonly optional?: readonly string[];
}

/** Columns are not narrowed below this width, in characters. */
const MIN_NARROWED_WIDTH = 20;

/**
 * A table for a terminal. Control characters and line breaks in cells are made visible. If the terminal is too narrow,
 * the table omits the optional columns that do not fit and wraps the widest of the others.
 */
export class TextTable {
  readonly #options: TextTableOptions;
  readonly #terminalWidth: number;
  readonly #rows: (readonly Cell[])[] = [];

  /** @param terminalWidth in characters. */
  constructor(options: TextTableOptions, terminalWidth: number = outputWidth()) {
    this.#options = options;
    this.#terminalWidth = terminalWidth;
  }

  add(cells: readonly Cell[]): void {
    this.#rows.push(cells);
  }

  toString(): string {
    const { head, colWidths = [], optional = [] } = this.#options;
    const all = [...head.keys()];
    const full = this.#render(all, colWidths, this.#options.wordWrap);
    const widths = columnWidths(full);
    if (lineWidth(widths) <= this.#terminalWidth) return full;
    let shown = all;
    for (const name of optional) {
      const narrowest = shown.map((column) => Math.min(widths[column] ?? 0, MIN_NARROWED_WIDTH));
      if (lineWidth(narrowest) <= this.#terminalWidth) break;
      shown = shown.filter((column) => head[column] !== name);
    }
    const narrowed = shown.map((column) => widths[column] ?? 0);
    for (let excess = lineWidth(narrowed) - this.#terminalWidth; excess > 0; excess--) {
      const widest = Math.max(...narrowed);
      if (widest <= MIN_NARROWED_WIDTH) break;
      narrowed[narrowed.indexOf(widest)] = widest - 1;
    }
    return this.#render(shown, narrowed, true);
  }

  #render(columns: readonly number[], colWidths: (number | null)[], wordWrap = false): string {
    const { head, colAligns, style, chars } = this.#options;
    const table = new Table({
      head: columns.map((column) => head[column] ?? ''),
      colWidths,
      ...(colAligns === undefined ? {} : { colAligns: columns.map((column) => colAligns[column] ?? 'left') }),
      ...(chars === undefined ? {} : { chars }),
      style: { ...style, head: [], border: [] },
      wordWrap,
    });
    for (const cells of this.#rows) {
      const [first] = cells;
      if (typeof first === 'object') {
        table.push([{ content: visible(first.content), colSpan: columns.length, hAlign: 'left' }]);
      } else table.push(columns.map((column) => cellText(cells[column])));
    }
    return table.toString();
  }
}

/** Returns the width of standard output, or Infinity if it is not a terminal or reports none. */
function outputWidth(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : Infinity;
}

function cellText(cell: Cell | undefined): string | number {
  return typeof cell === 'number' ? cell : visible(typeof cell === 'string' ? cell : '');
}

/** Returns the width of each column with padding, read from the upper border, such as ┌───┬─────┐. */
function columnWidths(table: string): number[] {
  const [border = ''] = table.split('\n', 1);
  return border
    .slice(1, -1)
    .split('┬')
    .map((segment) => segment.length);
}

const lineWidth = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + 1, 1);
