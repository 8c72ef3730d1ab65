import Table from 'cli-table3';
import { visible } from '../input/control-characters.js';

/** A cell across several columns. */
export interface WideCell {
  readonly content: string;
  readonly colSpan: number;
}

/** A table for a terminal. Cells may hold foreign text: their control characters and line breaks become visible. */
export class TextTable {
  readonly #table: Table.Table;

  constructor(options: Table.TableConstructorOptions) {
    this.#table = new Table({ ...options, style: { ...options.style, head: [], border: [] } });
  }

  add(cells: readonly (string | number | WideCell)[]): void {
    this.#table.push(
      cells.map((cell) => {
        if (typeof cell === 'object')
          return { ...cell, content: visible(cell.content), hAlign: 'left' as const };
        return typeof cell === 'string' ? visible(cell) : cell;
      }),
    );
  }

  toString(): string {
    return this.#table.toString();
  }
}
