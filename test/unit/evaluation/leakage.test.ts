import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { ALGORITHM_NAMES, createAlgorithms } from '../../../src/evaluation/algorithms.js';
import { replay } from '../../../src/evaluation/replay.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { archived, archiveOf, interaction, minute, START_MS, type Past } from '../../support/archive.js';

const defaults = loadRankingConfig(undefined);
/** Users of the history hide markets at random, so strong rejections would keep the learner from being trusted. */
const config = {
  ...defaults,
  learning: {
    ...defaults.learning,
    negatives: { ...defaults.learning.negatives, HIDE: 0.02, SKIP_FAST: 0.01 },
  },
};
const LENGTH = 4_000;
const CUT = 3_000;
const WORDS = ['rain', 'vote', 'rocket', 'goal', 'price', 'court', 'strike', 'film', 'virus', 'storm'];
const EVENTS = ['CLICK', 'VIEW_MARKET', 'PARTICIPATE', 'SHARE', 'IMPRESSION', 'SKIP_FAST', 'HIDE'] as const;

type History = Past & { prices: NonNullable<Past['prices']> };

function pick<Item>(rng: RandomGenerator, items: readonly Item[]): Item {
  return items[uniformInt(rng, 0, items.length - 1)] as Item;
}

/** A market with random text, topics and times. */
function randomMarket(rng: RandomGenerator, id: string, fromMinute: number, toMinute: number) {
  const createdAt = uniformInt(rng, fromMinute, toMinute);
  return archived(id, {
    title: `${pick(rng, WORDS)} ${pick(rng, WORDS)} ${pick(rng, WORDS)}`,
    category: pick(rng, ['Politics', 'Sports', 'News']),
    tags: [pick(rng, WORDS), pick(rng, ['breaking', 'local', 'long'])],
    eventKey: `event-${uniformInt(rng, 0, 9)}`,
    createdAt: minute(createdAt),
    resolvesAt: minute(createdAt + uniformInt(rng, 500, 9_000)),
  });
}

function randomInteraction(rng: RandomGenerator, userKey: string, marketId: string, at: number) {
  const details = { eventType: pick(rng, EVENTS), country: pick(rng, ['IL', 'FR']), dwellMs: 10_000 };
  return interaction(userKey, marketId, minute(at), details);
}

function randomHistory(): History {
  const rng = xoroshiro128plus(11);
  const markets = Array.from({ length: 60 }, (_, index) => randomMarket(rng, `m${index}`, 0, LENGTH));
  return {
    markets: [...markets, archived('untouched')],
    interactions: [
      // Ensures an evaluated interaction at the instant of the cut.
      interaction('u0', 'untouched', minute(CUT)),
      ...interactionsInSeries(rng, markets),
    ],
    prices: Array.from({ length: 800 }, () => randomPrice(rng, pick(rng, markets).market.id, 0)),
  };
}

/** Interactions of 30 users, who mostly go on to the market with the next number, so that there is something to learn. */
function interactionsInSeries(rng: RandomGenerator, markets: History['markets']) {
  const latest = Array.from({ length: 30 }, () => uniformInt(rng, 0, markets.length - 1));
  return Array.from({ length: 1_200 }, (_, index) => {
    const user = uniformInt(rng, 0, latest.length - 1);
    const next = ((latest[user] ?? 0) + 1) % markets.length;
    const market = uniformInt(rng, 0, 4) > 0 ? next : uniformInt(rng, 0, markets.length - 1);
    latest[user] = market;
    const id = markets[market]?.market.id ?? '';
    return randomInteraction(rng, `u${user}`, id, Math.floor((index * LENGTH) / 1_200));
  });
}

function randomPrice(rng: RandomGenerator, marketId: string, fromMinute: number) {
  const atMs = START_MS + uniformInt(rng, fromMinute, LENGTH) * MINUTE_MS;
  return { marketId, atMs, probability: uniformFloat64(rng), volume24h: uniformInt(rng, 0, 9_000) };
}

/** The results of all algorithms up to and including the cut, by market ids. */
function resultsUpToCut(past: Past) {
  const { archive } = archiveOf(past);
  const known = new Set(
    randomHistory().interactions.map((each) => JSON.stringify([each.userKey, each.occurredAt])),
  );
  const steps = replay(archive, {
    config,
    algorithms: createAlgorithms(ALGORITHM_NAMES, archive, config, 1),
    splitAtMs: START_MS + 1_000 * MINUTE_MS,
    k: 10,
    leaveKnownOut: false,
    isSampled: (userKey) => /^u\d+$/.test(userKey),
  });
  const idOf = (number: number): string => archive.markets[number]?.market.id ?? '';
  return [...steps]
    .filter(({ event }) => event.atMs <= START_MS + CUT * MINUTE_MS)
    .filter(({ event }) => known.has(JSON.stringify([event.userKey, new Date(event.atMs).toISOString()])))
    .map(({ event, ranks, candidates, isNewUser }) => ({
      ...{ userKey: event.userKey, atMs: event.atMs, market: idOf(event.market), isNewUser },
      candidates: candidates.map(idOf),
      ranks: ranks.map(({ rank, top, novelty }) => ({ rank, novelty, top: top.map(idOf) })),
    }));
}

const history = randomHistory();
const before = resultsUpToCut(history);

/** The results after the cut. A change must show here, or the test would prove nothing. */
function laterResults(past: Past): string {
  const { archive } = archiveOf(past);
  const algorithms = createAlgorithms(ALGORITHM_NAMES, archive, config, 1);
  const splitAtMs = START_MS + (CUT + 1) * MINUTE_MS;
  const steps = replay(archive, {
    config,
    algorithms,
    splitAtMs,
    k: 10,
    leaveKnownOut: false,
    isSampled: (key) => /^u\d+$/.test(key),
  });
  return JSON.stringify([...steps].map(({ ranks }) => ranks));
}

const rng = xoroshiro128plus(23);
const laterChanges: [string, Past][] = [
  [
    'interactions of the same instant and later',
    {
      ...history,
      interactions: [
        ...history.interactions,
        ...Array.from({ length: 500 }, (_, index) =>
          randomInteraction(
            rng,
            index % 2 === 0 ? `u${uniformInt(rng, 0, 29)}` : `z${index}`,
            pick(rng, history.markets).market.id,
            uniformInt(rng, CUT, LENGTH),
          ),
        ),
      ],
    },
  ],
  [
    'markets created later',
    {
      ...history,
      markets: [
        ...history.markets,
        ...Array.from({ length: 60 }, (_, index) => randomMarket(rng, `a${index}`, CUT + 1, LENGTH)),
      ],
    },
  ],
  [
    'later closings',
    {
      ...history,
      markets: history.markets.map(({ market }, index) => ({
        market,
        dates: { closedAt: minute(CUT + 1 + (index % 50)) },
      })),
    },
  ],
  [
    'later odds and volumes',
    {
      ...history,
      prices: [
        ...history.prices,
        ...Array.from({ length: 500 }, () => randomPrice(rng, pick(rng, history.markets).market.id, CUT)),
      ],
    },
  ],
];

describe('a ranking at an instant does not depend on', () => {
  it.each(laterChanges)(
    '%s, although later rankings do',
    (_, changed) => {
      expect(resultsUpToCut(changed)).toEqual(before);
      expect(laterResults(changed)).not.toBe(laterResults(history));
    },
    60_000,
  );

  it('the final odds, volumes, status and editorial fields of a market', () => {
    const outcome = {
      ...{ probability: 1, volume24h: 9e5, volumeTotal: 9e6, participantCount: 999 },
      ...{ status: 'RESOLVED' as const, editorialBoost: 1 },
    };
    const markets = history.markets.map((each, index) =>
      index % 2 === 0 ? each : { ...each, market: { ...each.market, ...outcome } },
    );
    expect(resultsUpToCut({ ...history, markets })).toEqual(before);
    expect(laterResults({ ...history, markets })).toBe(laterResults(history));
  });

  it('(control) but differs between algorithms', () => {
    expect(before.length).toBeGreaterThan(100);
    expect(before.at(-1)?.atMs).toBe(START_MS + CUT * MINUTE_MS);
    const ranks = ALGORITHM_NAMES.map((_, algorithm) => before.map(({ ranks }) => ranks[algorithm]?.rank));
    expect(new Set(ranks.map((each) => JSON.stringify(each))).size).toBe(ALGORITHM_NAMES.length);
  });
});
