import Table from 'cli-table3';
import { visible } from '../lib/input/control-characters.js';

/** A cell across all columns. */
export interface WideCell {
  readonly content: string;
}

type Cell = string | number | WideCell;

interface TextTableOptions extends Omit<Table.TableConstructorOptions, 'head' | 'colWidths' | 'colAligns'> {
  readonly head: string[];
  readonly colWidths?: (number | null)[];
  readonly colAligns?: Table.HorizontalAlignment[];
  /** Heads of the columns that a narrow terminal leaves out, the least important first. */
  readonly optional?: readonly string[];
}

/** Columns up to this width, in characters, keep their width; wider ones are narrowed to it where needed. */
const LEAST_NARROWED = 20;

/**
 * A table for a terminal. Cells may hold foreign text: their control characters and line breaks become visible. On a
 * terminal that is too narrow for it, it leaves out the optional columns that do not fit, and wraps the widest others.
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
    const whole = this.#render(all, colWidths, this.#options.wordWrap);
    const widths = columnWidths(whole);
    if (lineWidth(widths) <= this.#terminalWidth) return whole;
    let kept = all;
    for (const name of optional) {
      const least = kept.map((column) => Math.min(widths[column] ?? 0, LEAST_NARROWED));
      if (lineWidth(least) <= this.#terminalWidth) break;
      kept = kept.filter((column) => head[column] !== name);
    }
    const narrowed = kept.map((column) => widths[column] ?? 0);
    for (let excess = lineWidth(narrowed) - this.#terminalWidth; excess > 0; excess--) {
      const widest = Math.max(...narrowed);
      if (widest <= LEAST_NARROWED) break;
      narrowed[narrowed.indexOf(widest)] = widest - 1;
    }
    return this.#render(kept, narrowed, true);
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
      } else table.push(columns.map((column) => shown(cells[column])));
    }
    return table.toString();
  }
}

/** The width of standard output; no limit where it is not a terminal, or one that does not tell. */
function outputWidth(): number {
  const { isTTY, columns } = process.stdout;
  return isTTY && columns > 0 ? columns : Infinity;
}

function shown(cell: Cell | undefined): string | number {
  return typeof cell === 'number' ? cell : visible(typeof cell === 'string' ? cell : '');
}

/** The width of each column with its padding, read from the upper border, such as ┌───┬─────┐. */
function columnWidths(table: string): number[] {
  const [border = ''] = table.split('\n', 1);
  return border
    .slice(1, -1)
    .split('┬')
    .map((segment) => segment.length);
}

const lineWidth = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + 1, 1);
