/**
 * `npm run bench:rank`: time of a whole feed of 20 from inputs in memory, by algorithms v2 and v1, over 2,700 and 20,000
 * markets with titles like the sample's: for a warm user (see `WARM`), a user with a profile at its bounds, and an
 * anonymous user. Also the time of scoring all markets by v2. The variants take turns, and each round advances the time by 1 ms. Then
 * the time to patch the columns after a change of a price and of a title. Prints the median and the 99th percentile.
 */
import { emptySnapshot, patchSnapshot } from '../dist/catalog/catalog-snapshot.js';
import type { Market } from '../dist/domain/market.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { RankingWorkspace } from '../dist/feed/workspace.js';
import { LiveSignals, signalMarket } from '../dist/learning/live-signals.js';
import { DEFAULT_MODEL, LEARNED_COMPONENTS, type RankingModel } from '../dist/scoring/v2/ranking-model.js';
import { userFeatures, type RankingInputs } from '../dist/feed/ranking-inputs.js';
import { composeFeed } from '../dist/feed/pipeline.js';
import { pastLookup } from '../dist/feed/hydrators/past-markets.js';
import type { ProfileState } from '../dist/domain/profile.js';
import { HOUR_MS } from '../dist/lib/time.js';
import { syntheticTrends, FULL, marketsLikeTheSample, NOW_MS, profileOf, WARM } from './ranking-world.ts';

const LIMIT = 20;

const config = loadRankingConfig(undefined);

const weightOfFeatures = (weight: number) => ({
  v2: 1,
  features: Object.fromEntries(LEARNED_COMPONENTS.map(({ name }) => [name, weight])) as Record<
    (typeof LEARNED_COMPONENTS)[number]['name'],
    number
  >,
});

const withoutFeatures: RankingModel = { ...DEFAULT_MODEL, learned: weightOfFeatures(0) };

/** A model in which every feature counts, after choices of markets that follow each other. */
function learnedModel(markets: readonly Market[]): RankingModel {
  const signals = new LiveSignals();
  for (let choice = 0; choice < 20_000; choice += 1) {
    const market = markets[(choice * 37) % markets.length];
    if (market === undefined) break;
    const atMs = NOW_MS - (20_000 - choice) * 60_000;
    signals.add({
      atMs,
      userKey: `user ${Math.floor(choice / 20)}`,
      country: null,
      market: signalMarket(market),
    });
  }
  return { ...DEFAULT_MODEL, version: 'bench', learned: weightOfFeatures(0.05), signals: signals.view() };
}

for (const count of [2_700, 20_000]) {
  const markets = marketsLikeTheSample(count);
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  const { columns } = snapshot;
  const warm = profileOf(WARM, snapshot);
  const full = profileOf(FULL, snapshot);
  const trends = syntheticTrends(columns.ids);
  let nowMs = NOW_MS + HOUR_MS / 2;
  const learned = learnedModel(markets);
  const inputsOf = (profile: ProfileState | null, model = DEFAULT_MODEL): RankingInputs => ({
    ...{ nowMs, userKey: profile?.userKey ?? null, country: 'IL', profile, personal: true, algorithm: 'v2' },
    ...{ limit: LIMIT, snapshot, past: new Map(), trends, config, model, configVersion: 'bench' },
  });
  const workspace = new RankingWorkspace();
  const scorer = workspace.scorerFor({ config, model: DEFAULT_MODEL });
  const scoreAll = (inputs: RankingInputs) =>
    scorer.score(
      ...([columns, trends.columns(columns, inputs.country), userFeatures(inputs)] as const),
      ...([pastLookup(inputs), inputs.nowMs] as const),
    );
  console.log(`${count} markets, ${columns.text.count} words, ${columns.text.terms.length} in all`);
  console.log(`  warm: ${sizeOf(warm)}; full: ${sizeOf(full)}`);
  const rounds = Math.ceil(4_000_000 / count);
  const timesMs = measureInTurn(rounds, {
    'v2 feed, warm': () => composeFeed(inputsOf(warm), workspace),
    'v1 feed, warm': () => composeFeed({ ...inputsOf(warm), algorithm: 'v1' }, workspace),
    'v2 feed, full': () => composeFeed(inputsOf(full), workspace),
    'v2 feed, anonymous': () => composeFeed(inputsOf(null), workspace),
    'v2 scores of all, warm': () => scoreAll(inputsOf(warm)),
    'v2 scores of all, full': () => {
      nowMs += 1;
      return scoreAll(inputsOf(full));
    },
  });
  const [v2Ms = NaN, v1Ms = NaN] = [...timesMs.values()].map((times) => at(times, 0.5));
  for (const [what, times] of timesMs) print(what, times);
  // Afterwards, because a process that ranks under several models is slower, and a gateway has one.
  const byModel = measureInTurn(rounds, {
    'under three models in turn: v2 feed, warm': () => composeFeed(inputsOf(warm), workspace),
    '  without features': () => composeFeed(inputsOf(warm, withoutFeatures), workspace),
    '  all features': () => composeFeed(inputsOf(warm, learned), workspace),
  });
  for (const [what, times] of byModel) print(what, times);
  console.log(`  v2 to v1: ${(v2Ms / v1Ms).toFixed(2)}`);
  const middle = markets[count >> 1] as Market;
  const changes = measureInTurn(40, {
    'columns after a price': () => patchSnapshot(snapshot, [{ ...middle, probability: 0.123 }], 2n),
    'columns after a title': () => patchSnapshot(snapshot, [{ ...middle, title: 'Something else?' }], 2n),
  });
  for (const [what, times] of changes) print(what, times);
}

/** Times of each work, sorted, after a warm-up; one round of each in turn, so that all meet the same disturbance. */
function measureInTurn(rounds: number, works: Record<string, () => unknown>): Map<string, number[]> {
  const timesMs = new Map(Object.keys(works).map((what) => [what, [] as number[]]));
  for (let round = -rounds / 4; round < rounds; round += 1) {
    for (const [what, work] of Object.entries(works)) {
      const startedMs = performance.now();
      work();
      if (round >= 0) timesMs.get(what)?.push(performance.now() - startedMs);
    }
  }
  for (const times of timesMs.values()) times.sort((a, b) => a - b);
  return timesMs;
}

function at(times: readonly number[], share: number): number {
  return times[Math.floor(share * times.length)] ?? NaN;
}

function print(what: string, times: readonly number[]): void {
  console.log(`  ${what}: p50 ${at(times, 0.5).toFixed(3)} ms, p99 ${at(times, 0.99).toFixed(3)} ms`);
}

function sizeOf({ engagements, impressions, topics }: ProfileState): string {
  return `${engagements.size} engagements, ${impressions.size} shown, ${topics.size} topics`;
}
