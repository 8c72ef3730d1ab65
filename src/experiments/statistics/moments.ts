/**
 * The four quantities of a metric per user: its value and its denominator during the experiment, and both in the period
 * before. The metric of an arm is Σ value / Σ denominator.
 */
export type UserRow = readonly [
  value: number,
  denominator: number,
  valueBefore: number,
  denominatorBefore: number,
];

/** The row of a metric per user, such as clicks per user, without a period before. */
export function perUser(value: number): UserRow {
  return [value, 1, 0, 1];
}

/** Means and covariances of the rows of one arm. Users are independent; the events of one user need not be. */
export interface Moments {
  readonly users: number;
  readonly mean: UserRow;
  /** Symmetric, 4 × 4, unbiased (divided by users − 1). */
  readonly covariance: readonly UserRow[];
}

/** Sums over the rows of one arm, such as a database aggregates them. */
export interface RowSums {
  readonly users: number;
  readonly sum: UserRow;
  /** Sums of products: `products[i][j]` is Σ row[i] · row[j]. */
  readonly products: readonly UserRow[];
}

const INDICES = [0, 1, 2, 3] as const;

export function momentsOfSums({ users, sum, products }: RowSums): Moments {
  const mean = map4((i) => (users === 0 ? 0 : sum[i] / users));
  const covariance = INDICES.map((i) =>
    map4((j) => (users < 2 ? 0 : ((products[i]?.[j] ?? 0) - (sum[i] * sum[j]) / users) / (users - 1))),
  );
  return { users, mean, covariance };
}

/** The moments of a yes-or-no metric, such as participation. Its variance is p (1 − p), as usual for proportions. */
export function momentsOfProportion(users: number, successes: number): Moments {
  const p = users === 0 ? 0 : successes / users;
  const none: UserRow = [0, 0, 0, 0];
  return { users, mean: perUser(p), covariance: [[p * (1 - p), 0, 0, 0], none, none, none] };
}

/** Accumulates rows in one pass, by Welford's update, which keeps its precision where sums of squares cancel. */
export class MomentsAccumulator {
  #users = 0;
  readonly #mean = new Float64Array(4);
  readonly #comoment = new Float64Array(16);

  add(row: UserRow): void {
    this.#users += 1;
    const before = map4((i) => row[i] - (this.#mean[i] ?? 0));
    for (const i of INDICES) this.#mean[i] = (this.#mean[i] ?? 0) + before[i] / this.#users;
    for (const i of INDICES) {
      for (const j of INDICES) {
        const cell = 4 * i + j;
        this.#comoment[cell] = (this.#comoment[cell] ?? 0) + before[i] * (row[j] - (this.#mean[j] ?? 0));
      }
    }
  }

  moments(): Moments {
    const degrees = Math.max(1, this.#users - 1);
    return {
      users: this.#users,
      mean: map4((i) => this.#mean[i] ?? 0),
      covariance: INDICES.map((i) => map4((j) => (this.#comoment[4 * i + j] ?? 0) / degrees)),
    };
  }
}

/** `aᵀ · covariance · b`: the covariance of two linear functions of a row. */
export function bilinear(covariance: readonly UserRow[], a: UserRow, b: UserRow): number {
  let total = 0;
  for (const i of INDICES) {
    for (const j of INDICES) total += a[i] * (covariance[i]?.[j] ?? 0) * b[j];
  }
  return total;
}

function map4(of: (index: 0 | 1 | 2 | 3) => number): UserRow {
  return [of(0), of(1), of(2), of(3)];
}
