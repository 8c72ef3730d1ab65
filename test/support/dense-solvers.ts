/** Exact solvers on dense matrices, to compare with those on sparse ones. */
import type { AlsOptions } from '../../src/learning/collaborative/als.js';
import { GRAPH_FILTERS, type GraphOptions } from '../../src/learning/collaborative/graph-filter.js';

type Matrix = number[][];

function zeros(rows: number, columns: number): Matrix {
  return Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
}

function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as number));
}

export function product(a: Matrix, b: Matrix): Matrix {
  const columns = transposed(b);
  return a.map((row) =>
    columns.map((column) => row.reduce((sum, value, index) => sum + value * (column[index] as number), 0)),
  );
}

/** The binary matrix of users and items. */
export function binaryMatrix(itemsOfUser: readonly (readonly number[])[], items: number): Matrix {
  return itemsOfUser.map((own) => {
    const row = new Array<number>(items).fill(0);
    for (const item of own) row[item] = 1;
    return row;
  });
}

/** Solves a linear system by Gaussian elimination with pivots. */
function solve(matrix: Matrix, target: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, target[index] as number]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(rows[row]?.[column] as number) > Math.abs(rows[pivot]?.[column] as number)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const top = rows[column] as number[];
    for (const row of rows) {
      if (row === top) continue;
      const factor = (row[column] as number) / (top[column] as number);
      for (let index = column; index <= size; index += 1)
        row[index] = (row[index] as number) - factor * (top[index] as number);
    }
  }
  return rows.map((row, index) => (row[size] as number) / (row[index] as number));
}

/** The vector of each row that minimizes the loss, with those of the other side fixed. */
export function solveRows(
  preferences: Matrix,
  fixed: Matrix,
  { alpha, regularization }: Pick<AlsOptions, 'alpha' | 'regularization'>,
): Matrix {
  const size = fixed[0]?.length ?? 0;
  return preferences.map((row) => {
    const system = zeros(size, size);
    const target = new Array<number>(size).fill(0);
    for (const [index, vector] of fixed.entries()) {
      const confidence = 1 + alpha * (row[index] as number);
      for (let i = 0; i < size; i += 1) {
        target[i] = (target[i] as number) + confidence * (row[index] as number) * (vector[i] as number);
        const line = system[i] as number[];
        for (let j = 0; j < size; j += 1)
          line[j] = (line[j] as number) + confidence * (vector[i] as number) * (vector[j] as number);
      }
    }
    for (let i = 0; i < size; i += 1)
      (system[i] as number[])[i] = (system[i]?.[i] as number) + regularization;
    return solve(system, target);
  });
}

/** Implicit ALS with exact solves. Returns the predicted preference of each user for each item. */
export function denseAls(
  preferences: Matrix,
  options: Pick<AlsOptions, 'alpha' | 'regularization' | 'iterations'>,
  firstItems: Matrix,
): Matrix {
  let items = firstItems;
  let users: Matrix = [];
  for (let iteration = 0; iteration < options.iterations; iteration += 1) {
    users = solveRows(preferences, items, options);
    items = solveRows(transposed(preferences), users, options);
  }
  return product(users, transposed(items));
}

/** The polynomial of the whole item–item matrix. */
export function denseFilter(
  preferences: Matrix,
  { filter, normalization, power }: Omit<GraphOptions, 'neighbors'>,
): Matrix {
  const userCounts = preferences.map((row) => row.reduce((sum, value) => sum + value, 0));
  const itemCounts = transposed(preferences).map((row) => row.reduce((sum, value) => sum + value, 0));
  const normalized = preferences.map((row, user) =>
    row.map((value, item) =>
      value === 0
        ? 0
        : (userCounts[user] as number) ** -normalization *
          (itemCounts[item] as number) ** (normalization - 1),
    ),
  );
  const matrix = product(transposed(normalized), normalized).map((row) =>
    row.map((value) => (value === 0 ? 0 : value ** power)),
  );
  let term = matrix;
  let sum = zeros(matrix.length, matrix.length);
  for (const coefficient of GRAPH_FILTERS[filter]) {
    const current = term;
    sum = sum.map((row, i) => row.map((value, j) => value + coefficient * (current[i]?.[j] as number)));
    term = product(term, matrix);
  }
  return sum;
}
