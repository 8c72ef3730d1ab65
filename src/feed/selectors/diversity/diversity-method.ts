/** The rows of a pool, compared with those that the slot has selected. */
export interface ComparedPool {
  /** Value of the row at an index of the pool; the slot takes the row with the highest. */
  valueOf(index: number, relevance: number): number;
  /** Whether the selected rows and this one are diverse enough. A slot takes another row only if no row is. */
  isDiverse(index: number): boolean;
  /** Records that the slot selected this row, which need not be in the pool. */
  select(row: number): void;
}

/** How a slot weighs the relevance of a row against its difference from the rows that the slot has selected. */
export interface DiversityMethod {
  /** How many of the best rows are compared with each other. */
  readonly poolSize: number;
  /** An upper bound of the value of rows with this relevance, which grows with it. */
  boundOf(relevance: number): number;
  /** @param rows best first. */
  compare(rows: Int32Array): ComparedPool;
}

/** Ranks by relevance alone. */
export function byRelevance(poolSize: number): DiversityMethod {
  return {
    poolSize,
    boundOf: (relevance) => relevance,
    compare: () => ({ valueOf: (_, relevance) => relevance, isDiverse: () => true, select: () => undefined }),
  };
}
