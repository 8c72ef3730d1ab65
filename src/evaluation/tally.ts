import { topicKey } from '../domain/market.js';
import type { Archive } from './archive.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { hitAt, intraListDiversity, ndcgAt, reciprocalRank } from './metrics.js';
import type { Judgement } from './replay.js';

/** A mean over all that was judged, with its 95 % interval; null when there was one person only. */
export interface Mean {
  readonly value: number;
  readonly interval: Interval | null;
}

export const MEANS = ['ndcg', 'hitRate', 'mrr', 'diversity', 'novelty'] as const;

/** How an algorithm did. */
export interface AlgorithmResult extends Readonly<Record<(typeof MEANS)[number], Mean>> {
  /** Share of the markets ever offered that were among the first k at least once. */
  readonly coverage: number;
}

/** What was judged, whatever the algorithm. */
export interface JudgedCounts {
  readonly judged: number;
  readonly people: number;
  /** Of those judged, how many were of people of whom nothing was known. */
  readonly ofNewPeople: number;
  readonly meanCandidates: number;
  /** Distinct markets that were a candidate. */
  readonly marketsOffered: number;
}

type Sums = number[];

/** Adds judgements up, person by person. */
export class Tally {
  readonly #k: number;
  readonly #topics: readonly ReadonlySet<number>[];
  readonly #ofPerson = new Map<string, { count: number; readonly sums: readonly Sums[] }>();
  readonly #offered: Uint8Array;
  readonly #shown: readonly Uint8Array[];
  #lastCandidates: readonly number[] = [];
  #candidates = 0;
  #judged = 0;
  #ofNewPeople = 0;

  constructor(archive: Archive, algorithms: number, k: number) {
    this.#k = k;
    this.#topics = topicsOf(archive);
    this.#offered = new Uint8Array(archive.markets.length);
    this.#shown = Array.from({ length: algorithms }, () => new Uint8Array(archive.markets.length));
  }

  add({ event, isNewPerson, candidates, placings }: Judgement): void {
    this.#judged += 1;
    this.#candidates += candidates.length;
    if (isNewPerson) this.#ofNewPeople += 1;
    if (candidates !== this.#lastCandidates) {
      for (const market of candidates) this.#offered[market] = 1;
      this.#lastCandidates = candidates;
    }
    let person = this.#ofPerson.get(event.userKey);
    if (person === undefined) {
      person = { count: 0, sums: placings.map(() => MEANS.map(() => 0)) };
      this.#ofPerson.set(event.userKey, person);
    }
    person.count += 1;
    for (const [algorithm, { rank, top, novelty }] of placings.entries()) {
      const measures = {
        ndcg: ndcgAt(this.#k, rank),
        hitRate: hitAt(this.#k, rank),
        mrr: reciprocalRank(rank),
        diversity: intraListDiversity(top.map((market) => this.#topics[market] ?? new Set())),
        novelty,
      };
      const sums = person.sums[algorithm];
      for (const [place, name] of MEANS.entries())
        if (sums) sums[place] = (sums[place] ?? 0) + measures[name];
      const shown = this.#shown[algorithm];
      for (const market of top) if (shown) shown[market] = 1;
    }
  }

  counts(): JudgedCounts {
    return {
      judged: this.#judged,
      people: this.#ofPerson.size,
      ofNewPeople: this.#ofNewPeople,
      meanCandidates: this.#judged === 0 ? 0 : this.#candidates / this.#judged,
      marketsOffered: ones(this.#offered),
    };
  }

  /** By algorithm. */
  results(bootstrap: { seed: number; resamples: number }): AlgorithmResult[] {
    const people = [...this.#ofPerson.values()];
    const counts = Float64Array.from(people, ({ count }) => count);
    const columns = this.#shown.flatMap((_, algorithm) =>
      MEANS.map((_, measure) => Float64Array.from(people, ({ sums }) => sums[algorithm]?.[measure] ?? 0)),
    );
    const intervals = bootstrapIntervals(counts, columns, bootstrap);
    const offered = ones(this.#offered);
    return this.#shown.map((shown, algorithm) => {
      const mean = (name: (typeof MEANS)[number]): Mean => {
        const column = algorithm * MEANS.length + MEANS.indexOf(name);
        const sum = columns[column]?.reduce((total, ofPerson) => total + ofPerson, 0) ?? NaN;
        return { value: sum / this.#judged, interval: intervals[column] ?? null };
      };
      return {
        ndcg: mean('ndcg'),
        hitRate: mean('hitRate'),
        mrr: mean('mrr'),
        coverage: ones(shown) / offered,
        diversity: mean('diversity'),
        novelty: mean('novelty'),
      };
    });
  }
}

function ones(marks: Uint8Array): number {
  return marks.reduce((sum, mark) => sum + mark, 0);
}

/** By market, its category and tags as numbers; a category and a tag of the same name are two. */
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
