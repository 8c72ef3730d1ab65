/**
 * `node bench/rank.ts`, after a build: how long it takes to make a whole feed of 20 from inputs that were read, by
 * algorithm v2 and by v1, over 2,000 and 20,000 markets titled like the sample's: for a warm person (see `WARM`), for one
 * of whom as much is known as a profile holds, and for nobody; of v2's, how long scoring alone takes; all round by round
 * in turn, time going on by a millisecond a round. Then how long the columns take after a change of a
 * price and of a title. Median and what 99 % of the rounds stayed under.
 */
import {
  emptySnapshot,
  patchSnapshot,
  type CatalogueSnapshot,
} from '../dist/catalogue/catalogue-snapshot.js';
import type { Market } from '../dist/catalogue/market.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { RankersV2 } from '../dist/feed/rankers-v2.js';
import type { RankingInputs } from '../dist/feed/ranking-inputs.js';
import { composeV1 } from '../dist/feed/v1-pipeline.js';
import { composeV2, scoreRows } from '../dist/feed/v2-pipeline.js';
import { applyEvent } from '../dist/profiles/apply-event.js';
import { profileMemory } from '../dist/profiles/profile-memory.js';
import { emptyProfile, type ProfileState } from '../dist/repositories/profile-state.js';
import { loadSampleCatalogue } from '../dist/sample/sample-catalogue.js';
import { eventWeight, type EventType } from '../dist/scoring/event-weight.js';
import { NO_TRENDS } from '../dist/trends/trend-columns.js';
import { TrendState } from '../dist/trends/trend-state.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LIMIT = 20;

interface Habits {
  readonly engagements: number;
  readonly shown: number;
  /** One in so many categories is followed. */
  readonly followedOf: number;
}

/** Somebody who has come for some weeks: about 60 topics, and a few engagements and showings a day. */
const WARM: Habits = { engagements: 200, shown: 100, followedOf: 6 };
/** As many engagements as a profile holds. */
const FULL: Habits = { engagements: 500, shown: 200, followedOf: 3 };

const config = loadRankingConfig(undefined);

for (const count of [2_000, 20_000]) {
  const markets = marketsLikeTheSample(count);
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  const { columns } = snapshot;
  const warm = personOf(WARM, snapshot);
  const full = personOf(FULL, snapshot);
  const trends = crowd(columns.ids);
  let nowMs = NOW_MS + HOUR_MS / 2;
  const inputsOf = (profile: ProfileState | null): RankingInputs => ({
    ...{ nowMs, userKey: profile?.userKey ?? null, country: 'IL', profile, personal: true, algorithm: 'v2' },
    ...{ limit: LIMIT, snapshot, past: new Map(), trends, config, configVersion: 'bench' },
  });
  const v2 = new RankersV2();
  console.log(`${count} markets, ${columns.text.count} words, ${columns.text.terms.length} in all`);
  console.log(`  warm: ${sizeOf(warm)}; full: ${sizeOf(full)}`);
  const rounds = Math.ceil(4_000_000 / count);
  const timesMs = measureInTurn(rounds, {
    'v2 feed, warm': () => composeV2(inputsOf(warm), v2),
    'v1 feed, warm': () => composeV1({ ...inputsOf(warm), algorithm: 'v1' }),
    'v2 feed, full': () => composeV2(inputsOf(full), v2),
    'v2 feed, nobody': () => composeV2(inputsOf(null), v2),
    'v2 scoring, warm': () => scoreRows(inputsOf(warm), v2),
    'v2 scoring, full': () => {
      nowMs += 1;
      return scoreRows(inputsOf(full), v2);
    },
  });
  const [v2Ms = NaN, v1Ms = NaN] = [...timesMs.values()].map((times) => at(times, 0.5));
  for (const [what, times] of timesMs) print(what, times);
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

/** The sample's markets, and variations of them in which names and numbers are others. */
function marketsLikeTheSample(count: number): Market[] {
  const sample = loadSampleCatalogue(NOW_MS);
  return Array.from({ length: count }, (_, index) => {
    const like = sample[index % sample.length];
    if (like === undefined) throw new Error('The sample is empty.');
    const variation = Math.floor(index / sample.length);
    const title =
      variation === 0
        ? like.title
        : like.title
            .replace(/(?<= )\p{Lu}\p{L}+/gu, (name) => invented(name.length * 31 + index * 7_919))
            .replace(/\d+/g, (digits) => String(Number(digits) + variation));
    return {
      id: `${like.id}-${variation}`,
      number: index + 1,
      title,
      description: null,
      category: like.category,
      tags: like.tags,
      probability: like.probability,
      volume24h: like.volume24h,
      volumeTotal: like.volumeTotal + variation,
      participantCount: like.participantCount,
      imageUrl: like.imageUrl ?? null,
      url: null,
      status: 'OPEN',
      openPastDue: false,
      createdAt: new Date(NOW_MS - ((index * 13) % 1_500) * HOUR_MS),
      resolvesAt: new Date(NOW_MS + (1 + ((index * 17) % 3_000)) * HOUR_MS),
      editorialDescription: null,
      editorialBoost: index % 40 === 0 ? 0.5 : 0,
      eventKey: like.eventKey == null ? null : `${like.eventKey}-${variation}`,
      source: null,
      blockedCountries: [],
    };
  });
}

/** One of a few thousand names. */
function invented(number: number): string {
  const syllables = [
    'ka',
    'ren',
    'dol',
    'mi',
    'tas',
    'ver',
    'lo',
    'bir',
    'sen',
    'gu',
    'pal',
    'hom',
    'ny',
    'zer',
    'qua',
  ];
  const pick = (by: number): string => syllables[Math.floor(number / by) % syllables.length] ?? '';
  return `N${pick(1)}${pick(15)}${pick(225)}`;
}

/** Trends of everyone and of a country, odds of a day ago, and how much every market was shown. */
function crowd(ids: readonly string[]): TrendState {
  const every = (stride: number): Map<string, number> =>
    new Map(ids.flatMap((id, row) => (row % stride === 0 ? [[id, (row % 89) / 89] as const] : [])));
  return new TrendState(
    {
      ...NO_TRENDS,
      scopes: new Map([
        ['global', every(3)],
        ['local:IL', every(10)],
      ]),
      probabilities24hAgo: every(7),
      attention: new Map(
        ids.map((id, row) => [id, { impressions: row % 997, clicks: row % 41, popularity: row % 53 }]),
      ),
    },
    NOW_MS,
  );
}

function sizeOf({ engagements, impressions, topics }: ProfileState): string {
  return `${engagements.size} engagements, ${impressions.size} shown, ${topics.size} topics`;
}

/** A person who was here a moment ago. */
function personOf(
  { engagements, shown, followedOf }: Habits,
  { entries, columns }: CatalogueSnapshot,
): ProfileState {
  const memory = profileMemory(config);
  const followed = entries.filter((_, row) => (columns.category[row] ?? 0) % followedOf === 0);
  const spread = (length: number, stride: number): Market[] =>
    Array.from({ length }, (_, index) => {
      const entry = followed[(index * stride) % followed.length];
      if (entry === undefined) throw new Error('Nothing is followed.');
      return entry.market;
    });
  const event = (eventType: EventType, market: Market, agoMs: number) => ({
    ...{ eventType, market, occurredAtMs: NOW_MS - agoMs, country: 'IL', stake: null },
    ...{ dwellMs: 20_000, weight: eventWeight(eventType, 20_000, config.events) },
  });
  const kinds: readonly EventType[] = ['CLICK', 'CLICK', 'PARTICIPATE', 'BOOKMARK', 'CLICK', 'DWELL_30'];
  const engaged = spread(engagements, 37).map((market, index) =>
    event(kinds[index % kinds.length] ?? 'CLICK', market, index < 5 ? index * MINUTE_MS : index * HOUR_MS),
  );
  const showings = spread(shown, 43).flatMap((market, index) =>
    Array.from({ length: 1 + (index % 4) }, (_, time) =>
      event('IMPRESSION', market, (index + 3 * time) * HOUR_MS),
    ),
  );
  return [...engaged, ...showings]
    .sort((a, b) => a.occurredAtMs - b.occurredAtMs)
    .reduce((state, each) => applyEvent(state, each, memory), emptyProfile('bench'));
}
