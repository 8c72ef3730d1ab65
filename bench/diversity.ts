/**
 * `npm run bench:diversity -- [--text-vectors] [--every N] [files]`: compares methods of diversity on past interactions, by
 * default those of the sample. With text vectors, it first computes those of all titles, about 24 ms each. It evaluates the
 * interactions of every N-th user, by a hash.
 * Right before each evaluated interaction, a slate of 20 is selected from the ranking with the weights of the config, by
 * PERSONAL alone and without limits per category and event. Prints nDCG@10, hit rate, diversity, and coverage of the first
 * 10, and the time of a selection.
 */
import { hash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { openImportSource } from '../dist/catalog/importers/import-source.js';
import { toPastMarket } from '../dist/catalog/columns/market-terms.js';
import { VectorStore } from '../dist/catalog/columns/vector-columns.js';
import { openTextEncoder } from '../dist/catalog/vectors/text-encoder.js';
import { sampleArchive } from '../dist/cli/sample-data.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import type { Archive } from '../dist/evaluation/archive.js';
import { readArchive } from '../dist/evaluation/archive-builder.js';
import type { Algorithm, Moment } from '../dist/evaluation/algorithms.js';
import { CandidateColumns } from '../dist/evaluation/candidate-columns.js';
import { replay } from '../dist/evaluation/replay.js';
import { ResultAggregator } from '../dist/evaluation/results.js';
import { rowVectors } from '../dist/feed/selectors/diversity/row-vectors.js';
import { scannedRanking } from '../dist/feed/selectors/ranking.js';
import { selectSlate } from '../dist/feed/selectors/select-slate.js';
import type { SlateInput } from '../dist/feed/selectors/slate.js';
import { decayConfig } from '../dist/profiles/profile-decay.js';
import { userFeaturesV2 } from '../dist/profiles/user-features.js';
import type { MarketColumns } from '../dist/scoring/v2/features.js';
import { ScorerV2 } from '../dist/scoring/v2/scorer.js';
import { rowNumbers } from '../dist/scoring/v2/row-numbers.js';

const SLATE = 20;
const K = 10;
const SPLIT = 0.8;

type Diversity = SlateInput['config']['diversity'];

const config = loadRankingConfig(undefined);
const unlimited: Diversity = {
  ...config.feed.diversity,
  ...{ perCategory: config.feed.diversity.categoryPositions, perEventFirst: 10, perEventPage: SLATE },
};
const dpp = (changes: Partial<Diversity['dpp']> = {}): Diversity => ({
  ...unlimited,
  method: 'dpp',
  dpp: { ...unlimited.dpp, ...changes },
});

const METHODS: readonly (readonly [string, Diversity])[] = [
  ['score alone', { ...unlimited, mmrLambda: 1 }],
  ['mmr, λ 0.8', unlimited],
  ['mmr, λ 0.65', { ...unlimited, mmrLambda: 0.65 }],
  ['dpp', dpp()],
  ['dpp, serendipity 0', dpp({ serendipity: 0 })],
  ['dpp, threshold 0', dpp({ topicThreshold: 0 })],
  ['dpp, θ 0.9', dpp({ theta: 0.9 })],
];

const quotas = { PERSONAL: 1, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 0 };

/** Scores of which the slate of a method is the top. */
class Reranking implements Algorithm {
  readonly timesUs: number[] = [];
  readonly #ranked: Ranked;
  readonly #diversity: Diversity;

  constructor(ranked: Ranked, diversity: Diversity) {
    this.#ranked = ranked;
    this.#diversity = diversity;
  }

  readonly score = (moment: Moment, scores: Float64Array): void => {
    const { columns, final, similarityOf } = this.#ranked.of(moment);
    const rows = rowNumbers(columns.size);
    const ranking = scannedRanking(rows, { key: final, volumeTotal: columns.volumeTotal }, -Infinity);
    const startedMs = performance.now();
    const { items } = selectSlate({
      ...{ columns, limit: SLATE, personalized: true, seed: 1, familiarity: similarityOf },
      eligible: { rows, removed: [], removedBy: new Uint8Array(columns.size) },
      rankings: { PERSONAL: ranking, TRENDING: ranking, LOCAL: null, RISING: ranking },
      exploration: { weight: new Float64Array(columns.size), rows: new Int32Array(0) },
      config: { quotas, diversity: this.#diversity },
      // No market may be explored.
      sample: () => [],
      hasImage: () => false,
      similarities: () => rowVectors(columns),
    });
    this.timesUs.push(1_000 * (performance.now() - startedMs));
    scores.set(final.subarray(0, columns.size));
    for (const [position, { row }] of items.entries()) scores[row] = 1e6 - position;
  };
}

interface RankedMoment {
  readonly columns: MarketColumns;
  readonly final: Float64Array;
  readonly similarityOf: (rows: Int32Array) => Float64Array;
}

/** The scores of a moment, shared by the methods. */
class Ranked {
  readonly #catalog = new CandidateColumns();
  readonly #scorer = new ScorerV2(config.v2, config.impressions);
  readonly #decay = decayConfig(config);
  readonly #markets: ReadonlyMap<string, Archive['markets'][number]>;
  #last: { readonly moment: Moment; readonly ranked: RankedMoment } | undefined;

  readonly #vectors: Vectors | null;
  readonly #withVectors = new WeakMap<MarketColumns, MarketColumns>();

  constructor(archive: Archive, vectors: Vectors | null) {
    this.#vectors = vectors;
    this.#markets = new Map(archive.markets.map((market) => [market.market.id, market]));
  }

  of(moment: Moment): RankedMoment {
    if (this.#last?.moment !== moment) this.#last = { moment, ranked: this.#rank(moment) };
    return this.#last.ranked;
  }

  #columnsOf(moment: Moment): MarketColumns {
    const columns = this.#catalog.of(moment);
    const vectors = this.#vectors;
    if (vectors === null) return columns;
    let extended = this.#withVectors.get(columns);
    if (extended === undefined) {
      const index = Int32Array.from(columns.ids, (id) => vectors.indexOf.get(id) ?? -1);
      extended = { ...columns, vectors: { ...vectors.store.columns, index } };
      this.#withVectors.set(columns, extended);
    }
    return extended;
  }

  #rank(moment: Moment): RankedMoment {
    const { nowMs, profile, country, trends, signals } = moment;
    const columns = this.#columnsOf(moment);
    const trend = trends.columns(columns, country);
    const scores = this.#scorer.scoreOnDemand({
      ...{ columns, trends: trend, signals, nowMs, user: userFeaturesV2(profile, nowMs, this.#decay) },
      country,
      impersonal: this.#scorer.impersonalSum(columns, trend, nowMs, signals, country),
      past: (id) => {
        const found = this.#markets.get(id);
        return found === undefined ? undefined : toPastMarket(found.market);
      },
    });
    scores.score(rowNumbers(columns.size));
    const similarityOf = (rows: Int32Array): Float64Array => scores.valuesOf('similarity', rows);
    return { columns, final: scores.final, similarityOf };
  }
}

interface Vectors {
  readonly store: VectorStore;
  /** By market id. */
  readonly indexOf: ReadonlyMap<string, number>;
}

const TITLES_PER_CALL = 10;

async function vectorsOf({ markets }: Archive): Promise<Vectors> {
  const encoder = openTextEncoder();
  if (encoder === null) throw new Error('The packages of text vectors are not installed.');
  const store = new VectorStore(markets.length);
  const indexOf = new Map<string, number>();
  for (let from = 0; from < markets.length; from += TITLES_PER_CALL) {
    const some = markets.slice(from, from + TITLES_PER_CALL).map(({ market }) => market);
    const values = await encoder.encode(some.map(({ title }) => title));
    for (const [index, vector] of values.entries())
      indexOf.set(some[index]?.id ?? '', store.add({ model: encoder.model, values: vector }));
  }
  await encoder.close();
  return { store, indexOf };
}

/** A number from 0 of a user, the same on every run. */
function hashOf(userKey: string): number {
  return hash('sha256', userKey, 'buffer').readUInt32BE(0);
}

async function openArchive(files: readonly string[]): Promise<Archive> {
  if (files.length === 0) return sampleArchive().archive;
  const sources = [];
  for (const file of files) sources.push(await openImportSource(file, { stdin: process.stdin }));
  const { archive } = await readArchive(sources, () => undefined);
  for (const source of sources) await source.close();
  return archive;
}

const { values: flags, positionals: files } = parseArgs({
  options: { 'text-vectors': { type: 'boolean' }, every: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const archive = await openArchive(files);
const ranked = new Ranked(archive, flags['text-vectors'] === true ? await vectorsOf(archive) : null);
const rerankings = METHODS.map(([, diversity]) => new Reranking(ranked, diversity));
const splitAtMs = archive.events[Math.floor(SPLIT * archive.events.length)]?.atMs ?? 0;
const results = new ResultAggregator(archive, METHODS.length, K);
const options = { config, algorithms: rerankings, splitAtMs, k: K, leaveKnownOut: false };
for (const choice of replay(archive, {
  ...options,
  isSampled: (user) => hashOf(user) % Number(flags.every) === 0,
}))
  results.add(choice);
const quantile = (values: readonly number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? NaN).toFixed(0);
const { interactions, users, meanCandidates } = results.counts();
console.log(`${interactions} choices of ${users} users, ${meanCandidates.toFixed(0)} candidates`);
console.table(
  Object.fromEntries(
    results.results({ seed: 1, resamples: 200 }).map(({ ndcg, hitRate, diversity, coverage }, index) => {
      const timesUs = rerankings[index]?.timesUs ?? [];
      return [
        METHODS[index]?.[0] ?? '',
        {
          'nDCG@10': ndcg.value.toFixed(4),
          'hit rate': hitRate.value.toFixed(4),
          diversity: diversity.value.toFixed(3),
          coverage: coverage.toFixed(3),
          'median µs': quantile(timesUs, 0.5),
          'p99 µs': quantile(timesUs, 0.99),
        },
      ];
    }),
  ),
);
