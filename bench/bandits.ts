/**
 * `npm run bench:bandits [-- seeds]`: simulated regret of the policies of exploration, against a uniform draw and the policy
 * `weighted`. A catalog of about 150 markets changes all the time: 50 new ones a day, each open for 72 h. Their click rates
 * are log-normal, depend on the topic, on the user, and on the country, fall with age, and jump. Each page explores two
 * markets. Statistics are published every 10 minutes, 30 minutes late, as the job does it.
 *
 * All policies see the same users, markets, and click rates of a seed. Regret is the number of clicks by which the explored
 * markets miss the two with the highest click rates for the user. Prints the mean and standard deviation over seeds, the
 * paired difference from `weighted` with its standard error, and the curve by day.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { randomNormal } from 'd3-random';
import { emptySnapshot, patchSnapshot, type CatalogSnapshot } from '../dist/catalog/catalog-snapshot.js';
import { applyMarketInput } from '../dist/catalog/market-input.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import type { ExplorationConfig } from '../dist/config/schema/feed-schema.js';
import type { Market } from '../dist/domain/market.js';
import { seededGenerator } from '../dist/feed/selectors/exploration.js';
import { ExplorationPolicies } from '../dist/feed/selectors/policies/exploration-policies.js';
import { RankingTick } from '../dist/feed/selectors/ranking-tick.js';
import { ExplorationStatistics } from '../dist/learning/exploration-statistics.js';
import { DAY_MS, MINUTE_MS } from '../dist/lib/time.js';
import { NO_EXPLORATION, rewardRate, type ExplorationEvidence } from '../dist/scoring/exploration/arms.js';
import {
  linearContext,
  linearFeatures,
  marketTopics,
  marketVector,
} from '../dist/scoring/exploration/linear-features.js';
import { DEFAULT_MODEL } from '../dist/scoring/v2/ranking-model.js';
import { NO_TRENDS } from '../dist/trends/trend-columns.js';
import { TrendState } from '../dist/trends/trend-state.js';

const DAYS = 7;
const PAGES_PER_DAY = 1_440;
const PICKS = 2;
const OPEN_MS = 3 * DAY_MS;
const NEW_PER_DAY = 50;
const PUBLISH_MS = 10 * MINUTE_MS;
const START_MS = Date.UTC(2026, 5, 1);
const USERS = 300;

const CATEGORIES = ['politics', 'sports', 'crypto', 'science', 'world', 'culture'];
const COUNTRIES = ['IL', 'US', 'BR'];

/** The mean click rate, about that of the prior of the default config. */
const MEAN_RATE = 0.04;

const POLICIES: Readonly<Record<string, Partial<ExplorationConfig>>> = {
  'uniform (epsilon: 1)': { policy: 'epsilonGreedy', epsilon: 1 },
  weighted: { policy: 'weighted' },
  epsilonGreedy: { policy: 'epsilonGreedy' },
  ucb1: { policy: 'ucb1' },
  thompson: { policy: 'thompson' },
  linUcb: { policy: 'linUcb' },
  linThompson: { policy: 'linThompson' },
};

const defaults = loadRankingConfig(undefined);

interface SimulatedMarket {
  readonly market: Market;
  readonly category: string;
  readonly createdAtMs: number;
  /** The rate of the market, before it jumps. */
  readonly rate: number;
  /** The rate is multiplied by `factor` from this time on. */
  readonly jumpAtMs: number;
  readonly factor: number;
}

interface SimulatedUser {
  readonly userKey: string;
  readonly favorite: string;
  readonly country: string;
}

/** Users and markets of a seed, with their true click rates. */
class Site {
  readonly markets: readonly SimulatedMarket[];
  readonly users: readonly SimulatedUser[];
  readonly #local = new Map<string, number>();

  constructor(seed: number) {
    const rng = seededGenerator(seed);
    const normal = randomNormal.source(() => uniformFloat64(rng))();
    const one = <Item>(items: readonly Item[]): Item => items[uniformInt(rng, 0, items.length - 1)] as Item;
    const ofCategory = new Map(CATEGORIES.map((category) => [category, Math.exp(0.4 * normal())]));
    for (const country of COUNTRIES)
      for (const category of CATEGORIES) this.#local.set(`${country} ${category}`, Math.exp(0.4 * normal()));
    const count = NEW_PER_DAY * (DAYS + OPEN_MS / DAY_MS);
    this.markets = Array.from({ length: count }, (_, index): SimulatedMarket => {
      const category = one(CATEGORIES);
      const createdAtMs = START_MS - OPEN_MS + (index * DAY_MS) / NEW_PER_DAY;
      const createdAt = new Date(createdAtMs);
      const input = { id: `market-${index}`, title: `Market ${index}`, category, createdAt };
      return {
        ...{ market: applyMarketInput(undefined, input, createdAt), category, createdAtMs },
        rate: MEAN_RATE * (ofCategory.get(category) ?? 1) * Math.exp(0.8 * normal() - 0.32),
        jumpAtMs: createdAtMs + uniformFloat64(rng) * 2 * OPEN_MS,
        factor: uniformFloat64(rng) < 0.5 ? 3 : 1 / 3,
      };
    });
    this.users = Array.from({ length: USERS }, (_, index) => ({
      ...{ userKey: `user ${index}`, favorite: one(CATEGORIES), country: one(COUNTRIES) },
    }));
  }

  /** The probability that a user engages with a market when it is shown. */
  clickRate({ favorite, country }: SimulatedUser, market: SimulatedMarket, nowMs: number): number {
    const { category, createdAtMs, jumpAtMs, factor, rate } = market;
    const age = 2 ** (-(nowMs - createdAtMs) / (4 * DAY_MS));
    const affinity = category === favorite ? 2.5 : 0.7;
    const local = this.#local.get(`${country} ${category}`) ?? 1;
    return Math.min(0.6, rate * age * affinity * local * (nowMs >= jumpAtMs ? factor : 1));
  }
}

interface Shown {
  readonly user: SimulatedUser;
  readonly simulated: SimulatedMarket;
  readonly atMs: number;
  readonly isRewarded: boolean;
}

const topicsOf = ({ favorite }: SimulatedUser) => [
  { kind: 'CATEGORY' as const, key: favorite, longTerm: 5, session: 0 },
];

/** Collects what was shown, and publishes the evidence late. */
class Publisher {
  readonly #pending: Shown[] = [];
  #evidence: ExplorationEvidence = NO_EXPLORATION;
  #atMs = START_MS;
  /** Impressions and clicks of each market, for `weighted`. */
  readonly #exposure = new Map<
    string,
    { marketId: string; impressions: number; clicks: number; popularity: number }
  >();

  readonly #config: ExplorationConfig;

  constructor(config: ExplorationConfig) {
    this.#config = config;
  }

  add(shown: Shown): void {
    this.#pending.push(shown);
  }

  publish(nowMs: number, isOpen: (id: string) => boolean): ExplorationEvidence {
    const { halfLifeDays, rewardMinutes, priorClickRate } = this.#config;
    const statistics = new ExplorationStatistics(this.#evidence, this.#atMs, nowMs, halfLifeDays * DAY_MS);
    const settled = this.#pending.findIndex(({ atMs }) => atMs >= nowMs - rewardMinutes * MINUTE_MS);
    for (const { user, simulated, atMs, isRewarded } of this.#pending.splice(
      0,
      settled < 0 ? this.#pending.length : settled,
    )) {
      const { id: marketId } = simulated.market;
      const impression = { marketId, atMs, isRewarded };
      if (this.#config.policy.startsWith('lin')) {
        const rate = rewardRate(statistics.armOf(marketId), this.#config);
        const topics = marketTopics({ category: simulated.category, tags: [] });
        const vector = marketVector(topics, atMs - simulated.createdAtMs, rate, priorClickRate);
        statistics.addLinear(
          linearFeatures(linearContext(topicsOf(user), user.country, atMs), vector),
          impression,
        );
      }
      statistics.add(impression);
      const before = this.#exposure.get(marketId) ?? { marketId, impressions: 0, clicks: 0, popularity: 0 };
      this.#exposure.set(marketId, {
        ...before,
        impressions: before.impressions + 1,
        clicks: before.clicks + Number(isRewarded),
      });
    }
    this.#atMs = nowMs;
    this.#evidence = statistics.evidence(isOpen);
    return this.#evidence;
  }

  trends(nowMs: number): TrendState {
    return new TrendState({ ...NO_TRENDS, exposure: new Map(this.#exposure) }, nowMs);
  }
}

/** Returns the cumulative regret at the end of each day. */
function simulate(seed: number, changes: Partial<ExplorationConfig>): number[] {
  const site = new Site(seed);
  // Fewer draws choose alike; their number only changes the resolution of the propensities.
  const exploration = { ...defaults.feed.exploration, draws: 64, ...changes };
  const config = { ...defaults, feed: { ...defaults.feed, exploration } };
  const policies = new ExplorationPolicies();
  const publisher = new Publisher(exploration);
  const rng = seededGenerator(1_000 + seed);
  const byId = new Map(site.markets.map((simulated) => [simulated.market.id, simulated]));
  const curve: number[] = [];
  let snapshot: CatalogSnapshot = emptySnapshot;
  let open: SimulatedMarket[] = [];
  let tick: RankingTick | undefined;
  let model = DEFAULT_MODEL;
  let version = 0;
  let regret = 0;
  for (let page = 0; page < DAYS * PAGES_PER_DAY; page += 1) {
    const nowMs = START_MS + (page * DAY_MS) / PAGES_PER_DAY;
    if (tick === undefined || (nowMs - START_MS) % PUBLISH_MS === 0) {
      const isOpen = ({ createdAtMs }: SimulatedMarket): boolean =>
        createdAtMs <= nowMs && nowMs - createdAtMs < OPEN_MS;
      const closed = open.filter((simulated) => !isOpen(simulated));
      open = site.markets.filter(isOpen);
      const added = open.filter(({ market }) => !snapshot.byId.has(market.id));
      const changed = [
        ...added.map(({ market }) => market),
        ...closed.map(({ market }) => ({ ...market, status: 'CLOSED' as const })),
      ];
      version += 1;
      if (changed.length > 0) snapshot = patchSnapshot(snapshot, changed, BigInt(version));
      const evidence = publisher.publish(nowMs, (id) => snapshot.byId.has(id));
      model = { ...DEFAULT_MODEL, version: String(version), exploration: evidence };
      const { columns } = snapshot;
      tick = new RankingTick(
        { columns, trends: publisher.trends(nowMs), config, model, minuteMs: nowMs },
        () => new Float64Array(0),
      );
    }
    const user = site.users[uniformInt(rng, 0, USERS - 1)] as SimulatedUser;
    const request = { config, model, user: { topics: topicsOf(user) }, country: user.country, nowMs };
    const sample = policies.samplerFor(request, tick, snapshot.entries);
    // Of the seed of the page only, so that policies share the users.
    const picked = sample(tick.exploration.rows, PICKS, seededGenerator(seed * 1_000_003 + page));
    const rates = open.map((simulated) => site.clickRate(user, simulated, nowMs)).sort((a, b) => b - a);
    regret += rates.slice(0, PICKS).reduce((sum, rate) => sum + rate, 0);
    for (const { row } of picked) {
      const simulated = byId.get(snapshot.columns.ids[row] as string) as SimulatedMarket;
      const rate = site.clickRate(user, simulated, nowMs);
      regret -= rate;
      publisher.add({ user, simulated, atMs: nowMs, isRewarded: uniformFloat64(rng) < rate });
    }
    if ((page + 1) % PAGES_PER_DAY === 0) curve.push(regret);
  }
  return curve;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

const seeds = Array.from({ length: Number(process.argv[2] ?? 10) }, (_, index) => index + 1);
const curves = new Map<string, number[][]>();
for (const [name, changes] of Object.entries(POLICIES)) {
  const startedMs = performance.now();
  curves.set(
    name,
    seeds.map((seed) => simulate(seed, changes)),
  );
  console.error(`${name}: ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
}

const totals = (name: string): number[] => (curves.get(name) ?? []).map((curve) => curve.at(-1) ?? NaN);
const present = totals('weighted');
const random = mean(totals('uniform (epsilon: 1)'));

console.log(
  `${seeds.length} seeds, ${DAYS} days of ${PAGES_PER_DAY} pages with ${PICKS} explored markets; ± is the standard deviation over seeds`,
);
console.log('| Policy | Regret (clicks) | of uniform | Difference from `weighted` ± standard error |');
console.log('|---|---:|---:|---:|');
for (const name of curves.keys()) {
  const regrets = totals(name);
  const differences = regrets.map((regret, index) => regret - (present[index] as number));
  const error = deviation(differences) / Math.sqrt(seeds.length);
  console.log(
    `| ${name} | ${mean(regrets).toFixed(0)} ± ${deviation(regrets).toFixed(0)} | ${Math.round((100 * mean(regrets)) / random)}% | ` +
      (name === 'weighted' ? '– |' : `${mean(differences).toFixed(0)} ± ${error.toFixed(0)} |`),
  );
}

const WIDTH = 48;
const highest = Math.max(...[...curves.values()].map((list) => mean(list.map((curve) => curve.at(-1) ?? 0))));
console.log('\nCumulative regret by day (mean over seeds).');
for (const [name, list] of curves) {
  const byDay = Array.from({ length: DAYS }, (_, day) => mean(list.map((curve) => curve[day] ?? NaN)));
  const bar = '█'.repeat(Math.round((WIDTH * (byDay.at(-1) ?? 0)) / highest));
  console.log(`${name.padEnd(20)} ${byDay.map((value) => value.toFixed(0).padStart(5)).join(' ')}  ${bar}`);
}
