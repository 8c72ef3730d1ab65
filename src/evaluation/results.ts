import { topicKey } from '../domain/market.js';
import type { Archive } from './archive.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { hitAt, intraListDiversity, ndcgAt, reciprocalRank } from './metrics.js';
import type { EvaluatedChoice } from './replay.js';

/** A mean over all evaluated interactions with its 95% confidence interval; null when there is only one user. */
export interface Mean {
  readonly value: number;
  readonly interval: Interval | null;
}

const MEANS = ['ndcg', 'hitRate', 'mrr', 'diversity', 'novelty'] as const;

/** The metrics of one algorithm. */
export interface AlgorithmResult extends Readonly<Record<(typeof MEANS)[number], Mean>> {
  /** Mean over the users of their mean nDCG@k, which gives each user the same weight. */
  readonly ndcgPerUser: Mean;
  /** Share of the candidate markets that were among the first k at least once. */
  readonly coverage: number;
}

/** Counts that do not depend on the algorithm. The command prints them as JSON under these names. */
export interface EvaluationCounts {
  /** Evaluated interactions. */
  readonly interactions: number;
  /** Distinct users with an evaluated interaction. */
  readonly users: number;
  /** Evaluated interactions of users without earlier interactions. */
  readonly ofNewUsers: number;
  readonly meanCandidates: number;
  /** Distinct markets that were a candidate at least once. */
  readonly distinctCandidates: number;
}

/** Adds up evaluated interactions, user by user. */
export class ResultAggregator {
  readonly #k: number;
  readonly #topics: readonly ReadonlySet<number>[];
  readonly #byUser = new Map<string, { count: number; readonly sums: readonly number[][] }>();
  /** 1 for markets that were a candidate. */
  readonly #offered: Uint8Array;
  /** By algorithm, 1 for markets that were among the first k. */
  readonly #inTop: readonly Uint8Array[];
  #lastCandidates: readonly number[] = [];
  #candidates = 0;
  #evaluated = 0;
  #ofNewUsers = 0;

  constructor(archive: Archive, algorithms: number, k: number) {
    this.#k = k;
    this.#topics = topicsOf(archive);
    this.#offered = new Uint8Array(archive.markets.length);
    this.#inTop = Array.from({ length: algorithms }, () => new Uint8Array(archive.markets.length));
  }

  add({ event, isNewUser, candidates, ranks }: EvaluatedChoice): void {
    this.#evaluated += 1;
    this.#candidates += candidates.length;
    if (isNewUser) this.#ofNewUsers += 1;
    if (candidates !== this.#lastCandidates) {
      for (const market of candidates) this.#offered[market] = 1;
      this.#lastCandidates = candidates;
    }
    let user = this.#byUser.get(event.userKey);
    if (user === undefined) {
      user = { count: 0, sums: ranks.map(() => MEANS.map(() => 0)) };
      this.#byUser.set(event.userKey, user);
    }
    user.count += 1;
    for (const [algorithm, { rank, top, novelty }] of ranks.entries()) {
      const metrics = {
        ndcg: ndcgAt(this.#k, rank),
        hitRate: hitAt(this.#k, rank),
        mrr: reciprocalRank(rank),
        diversity: intraListDiversity(top.map((market) => this.#topics[market] ?? new Set())),
        novelty,
      };
      const sums = user.sums[algorithm];
      for (const [index, name] of MEANS.entries()) if (sums) sums[index] = (sums[index] ?? 0) + metrics[name];
      const inTop = this.#inTop[algorithm];
      for (const market of top) if (inTop) inTop[market] = 1;
    }
  }

  counts(): EvaluationCounts {
    return {
      interactions: this.#evaluated,
      users: this.#byUser.size,
      ofNewUsers: this.#ofNewUsers,
      meanCandidates: this.#evaluated === 0 ? 0 : this.#candidates / this.#evaluated,
      distinctCandidates: countOnes(this.#offered),
    };
  }

  /** By algorithm. */
  results(bootstrap: { seed: number; resamples: number }): AlgorithmResult[] {
    const users = [...this.#byUser.values()];
    const counts = Float64Array.from(users, ({ count }) => count);
    const columns = this.#inTop.flatMap((_, algorithm) =>
      MEANS.map((_, metric) => Float64Array.from(users, ({ sums }) => sums[algorithm]?.[metric] ?? 0)),
    );
    const intervals = bootstrapIntervals(counts, columns, bootstrap);
    const perUser = this.#inTop.map((_, algorithm) =>
      Float64Array.from(users, ({ count, sums }) => (sums[algorithm]?.[0] ?? 0) / count),
    );
    const perUserIntervals = bootstrapIntervals(
      counts.map(() => 1),
      perUser,
      bootstrap,
    );
    const offered = countOnes(this.#offered);
    return this.#inTop.map((inTop, algorithm) => {
      const mean = (name: (typeof MEANS)[number]): Mean => {
        const column = algorithm * MEANS.length + MEANS.indexOf(name);
        const sum = columns[column]?.reduce((total, ofUser) => total + ofUser, 0) ?? NaN;
        return { value: sum / this.#evaluated, interval: intervals[column] ?? null };
      };
      return {
        ndcg: mean('ndcg'),
        ndcgPerUser: {
          value: (perUser[algorithm]?.reduce((total, ofUser) => total + ofUser, 0) ?? NaN) / users.length,
          interval: perUserIntervals[algorithm] ?? null,
        },
        hitRate: mean('hitRate'),
        mrr: mean('mrr'),
        coverage: countOnes(inTop) / offered,
        diversity: mean('diversity'),
        novelty: mean('novelty'),
      };
    });
  }
}

function countOnes(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0);
}

/** Category and tags as numbers, by market. A category and a tag of the same name are two topics. */
function topicsOf({ markets }: Archive): ReadonlySet<number>[] {
  const numbers = new Map<string, number>();
  const numberOf = (topic: string): number => {
    const key = topicKey(topic);
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    return number;
  };
  return markets.map(
    ({ market: { category, tags } }) =>
      new Set([numberOf(`category ${category}`), ...tags.map((tag) => numberOf(`tag ${tag}`))]),
  );
}
