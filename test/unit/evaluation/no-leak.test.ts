import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { ALGORITHM_NAMES } from '../../../src/evaluation/algorithm.js';
import { createAlgorithm } from '../../../src/evaluation/create-algorithm.js';
import { replay } from '../../../src/evaluation/replay.js';
import {
  archived,
  archiveOf,
  interaction,
  minute,
  MINUTE_MS,
  START_MS,
  type Past,
} from '../../support/archive.js';

const config = loadRankingConfig(undefined);
const LENGTH = 4_000;
const CUT = 3_000;
const WORDS = ['rain', 'vote', 'rocket', 'goal', 'price', 'court', 'strike', 'film', 'virus', 'storm'];
const EVENTS = ['CLICK', 'VIEW_MARKET', 'PARTICIPATE', 'SHARE', 'IMPRESSION', 'SKIP_FAST', 'HIDE'] as const;

type World = Past & { prices: NonNullable<Past['prices']> };

function pick<Item>(rng: RandomGenerator, items: readonly Item[]): Item {
  return items[uniformInt(rng, 0, items.length - 1)] as Item;
}

/** A market whose text, topics and times are drawn. */
function drawnMarket(rng: RandomGenerator, id: string, fromMinute: number, toMinute: number) {
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

function drawnInteraction(rng: RandomGenerator, person: string, marketId: string, at: number) {
  const facts = { eventType: pick(rng, EVENTS), country: pick(rng, ['IL', 'FR']), dwellMs: 10_000 };
  return interaction(person, marketId, minute(at), facts);
}

function drawnWorld(): World {
  const rng = xoroshiro128plus(11);
  const markets = Array.from({ length: 60 }, (_, index) => drawnMarket(rng, `m${index}`, 0, LENGTH));
  return {
    markets: [...markets, archived('untouched')],
    interactions: [
      // So that something is judged at the very instant of the cut.
      interaction('u0', 'untouched', minute(CUT)),
      ...Array.from({ length: 1_200 }, () =>
        drawnInteraction(
          rng,
          `u${uniformInt(rng, 0, 29)}`,
          pick(rng, markets).market.id,
          uniformInt(rng, 0, LENGTH),
        ),
      ),
    ],
    prices: Array.from({ length: 800 }, () => drawnPrice(rng, pick(rng, markets).market.id, 0)),
  };
}

function drawnPrice(rng: RandomGenerator, marketId: string, fromMinute: number) {
  const atMs = START_MS + uniformInt(rng, fromMinute, LENGTH) * MINUTE_MS;
  return { marketId, atMs, probability: uniformFloat64(rng), volume24h: uniformInt(rng, 0, 9_000) };
}

/** The ranks and first places of all algorithms before and at the cut, by the ids of markets. */
function judgedUpToCut(past: Past) {
  const { archive } = archiveOf(past);
  const known = new Set(
    drawnWorld().interactions.map((each) => JSON.stringify([each.userKey, each.occurredAt])),
  );
  const steps = replay(archive, {
    config,
    algorithms: ALGORITHM_NAMES.map((name) => createAlgorithm(name, archive, config, 1)),
    splitAtMs: START_MS + 1_000 * MINUTE_MS,
    k: 10,
    judges: (userKey) => /^u\d+$/.test(userKey),
  });
  const idOf = (number: number): string => archive.markets[number]?.market.id ?? '';
  return [...steps]
    .filter(({ event }) => event.atMs <= START_MS + CUT * MINUTE_MS)
    .filter(({ event }) => known.has(JSON.stringify([event.userKey, new Date(event.atMs).toISOString()])))
    .map(({ event, placings, candidates, isNewPerson }) => ({
      ...{ userKey: event.userKey, atMs: event.atMs, market: idOf(event.market), isNewPerson },
      candidates: candidates.map(idOf),
      placings: placings.map(({ rank, top, novelty }) => ({ rank, novelty, top: top.map(idOf) })),
    }));
}

const world = drawnWorld();
const before = judgedUpToCut(world);

/** What a plant changes from the cut on, where it must be seen to matter. */
function judgedLater(past: Past): string {
  const { archive } = archiveOf(past);
  const algorithms = ALGORITHM_NAMES.map((name) => createAlgorithm(name, archive, config, 1));
  const splitAtMs = START_MS + (CUT + 1) * MINUTE_MS;
  const steps = replay(archive, {
    config,
    algorithms,
    splitAtMs,
    k: 10,
    judges: (key) => /^u\d+$/.test(key),
  });
  return JSON.stringify([...steps].map(({ placings }) => placings));
}

const rng = xoroshiro128plus(23);
const plants: [string, Past][] = [
  [
    'interactions of the same instant and later',
    {
      ...world,
      interactions: [
        ...world.interactions,
        ...Array.from({ length: 500 }, (_, index) =>
          drawnInteraction(
            rng,
            index % 2 === 0 ? `u${uniformInt(rng, 0, 29)}` : `z${index}`,
            pick(rng, world.markets).market.id,
            uniformInt(rng, CUT, LENGTH),
          ),
        ),
      ],
    },
  ],
  [
    'markets made later',
    {
      ...world,
      markets: [
        ...world.markets,
        ...Array.from({ length: 60 }, (_, index) => drawnMarket(rng, `a${index}`, CUT + 1, LENGTH)),
      ],
    },
  ],
  [
    'closings later',
    {
      ...world,
      markets: world.markets.map(({ market }, index) => ({
        market,
        dates: { closedAt: minute(CUT + 1 + (index % 50)) },
      })),
    },
  ],
  [
    'odds and volumes quoted later',
    {
      ...world,
      prices: [
        ...world.prices,
        ...Array.from({ length: 500 }, () => drawnPrice(rng, pick(rng, world.markets).market.id, CUT)),
      ],
    },
  ],
];

describe('no ranking up to an instant depends on', () => {
  it.each(plants)('%s, though later ones do', (_, planted) => {
    expect(judgedUpToCut(planted)).toEqual(before);
    expect(judgedLater(planted)).not.toBe(judgedLater(world));
  });

  it('what a market came to in the end: its odds, volumes, status and editorial work', () => {
    const outcome = {
      ...{ probability: 1, volume24h: 9e5, volumeTotal: 9e6, participantCount: 999 },
      ...{ status: 'RESOLVED' as const, editorialBoost: 1 },
    };
    const markets = world.markets.map((each, index) =>
      index % 2 === 0 ? each : { ...each, market: { ...each.market, ...outcome } },
    );
    expect(judgedUpToCut({ ...world, markets })).toEqual(before);
    expect(judgedLater({ ...world, markets })).toBe(judgedLater(world));
  });

  it('while there is much that it does depend on', () => {
    expect(before.length).toBeGreaterThan(100);
    expect(before.at(-1)?.atMs).toBe(START_MS + CUT * MINUTE_MS);
    const ranks = ALGORITHM_NAMES.map((_, algorithm) =>
      before.map(({ placings }) => placings[algorithm]?.rank),
    );
    expect(new Set(ranks.map((each) => JSON.stringify(each))).size).toBe(ALGORITHM_NAMES.length);
  });
});
