import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import type { Algorithm, Moment } from '../../../src/evaluation/algorithm.js';
import type { Archive } from '../../../src/evaluation/archive.js';
import { replay, type Judgement } from '../../../src/evaluation/replay.js';
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

function run(past: Past, options: { from?: number; algorithm?: Algorithm; only?: string } = {}) {
  const { archive } = archiveOf(past);
  const moments: Moment[] = [];
  const algorithm: Algorithm = (moment, scores) => {
    moments.push({ ...moment, recentPeople: moment.recentPeople.slice() });
    scores.fill(0);
    options.algorithm?.(moment, scores);
  };
  const steps = replay(archive, {
    config,
    algorithms: [algorithm],
    splitAtMs: START_MS + (options.from ?? 0) * MINUTE_MS,
    k: 3,
    judges: (userKey) => options.only === undefined || userKey === options.only,
  });
  const judged: Judgement[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) judged.push(step.value);
  const events = judged.map(
    ({ event }) => `${event.userKey} ${idOf(archive, event.market)} ${minuteOf(event.atMs)}`,
  );
  return { archive, judged, moments, skipped: step.value, events };
}

const idOf = ({ markets }: Archive, number: number): string => markets[number]?.market.id ?? '';
const minuteOf = (atMs: number): number => (atMs - START_MS) / MINUTE_MS;

const markets = [archived('a'), archived('b'), archived('c')];
const none = { notPositive: 0, notSampled: 0, touchedBefore: 0, notYetCreated: 0, over: 0 };

describe('what is judged', () => {
  it('is every positive interaction from the split on, with a market that the person did not know', () => {
    const { events, skipped } = run(
      {
        markets,
        interactions: [
          interaction('u', 'a', minute(1)),
          interaction('u', 'b', minute(2)),
          interaction('u', 'a', minute(3)),
          interaction('v', 'a', minute(4)),
        ],
      },
      { from: 2 },
    );
    expect(events).toEqual(['u b 2', 'v a 4']);
    expect(skipped).toEqual({ ...none, touchedBefore: 1 });
  });

  it('is no impression and no dislike, but whoever disliked a market knows it', () => {
    const { events, skipped } = run({
      markets,
      interactions: [
        interaction('u', 'a', minute(1), { eventType: 'IMPRESSION' }),
        interaction('u', 'b', minute(2), { eventType: 'SKIP_FAST' }),
        interaction('u', 'a', minute(3)),
        interaction('u', 'b', minute(4)),
      ],
    });
    expect(events).toEqual(['u a 3']);
    expect(skipped).toEqual({ ...none, notPositive: 2, touchedBefore: 1 });
  });

  it('is one interaction of a person with a market at one instant', () => {
    const { events, skipped } = run({
      markets,
      interactions: [
        interaction('u', 'a', minute(1)),
        interaction('u', 'a', minute(1), { eventType: 'SHARE' }),
        interaction('u', 'b', minute(1)),
      ],
    });
    expect(events).toEqual(['u a 1', 'u b 1']);
    expect(skipped).toEqual({ ...none, touchedBefore: 1 });
  });

  it('is nothing with a market that was not open, and it says which way', () => {
    const { events, skipped } = run({
      markets: [
        archived('a', { createdAt: minute(5) }),
        archived('b', { resolvesAt: minute(3) }),
        archived('c', {}, { closedAt: minute(3) }),
      ],
      interactions: [
        interaction('u', 'a', minute(4)),
        interaction('v', 'a', minute(5)),
        interaction('u', 'b', minute(2)),
        interaction('v', 'b', minute(3)),
        interaction('v', 'c', minute(4)),
      ],
    });
    expect(events).toEqual(['u b 2', 'v a 5']);
    expect(skipped).toEqual({ ...none, notYetCreated: 1, over: 2 });
  });

  it('is only what people of the sample did, though everybody is learned from', () => {
    const { events, skipped, moments } = run(
      { markets, interactions: [interaction('u', 'a', minute(1)), interaction('v', 'a', minute(2))] },
      { only: 'v' },
    );
    expect(events).toEqual(['v a 2']);
    expect(skipped).toEqual({ ...none, notSampled: 1 });
    expect([...(moments[0]?.recentPeople ?? [])]).toEqual([1, 0, 0]);
  });
});

describe('what an algorithm knows', () => {
  it('is what happened strictly before: another event of the same instant is not known', () => {
    const { moments } = run({
      markets,
      interactions: [
        interaction('u', 'a', minute(1)),
        interaction('u', 'b', minute(1)),
        interaction('v', 'b', minute(1)),
        interaction('u', 'c', minute(2)),
      ],
    });
    expect(moments.map(({ profile }) => profile.totalInteractions)).toEqual([0, 0, 0, 2]);
    expect(moments.map(({ recentPeople }) => [...recentPeople])).toEqual([
      ...[
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      [1, 2, 0],
    ]);
  });

  it('is which odds were quoted strictly before, and none of the archive itself', () => {
    // The entries change as time goes on, so they are looked at when they are given.
    const seen: (number | null | undefined)[] = [];
    run(
      {
        markets: [archived('a', { probability: 0.99, volume24h: 1e6, volumeTotal: 1e9 })],
        interactions: [1, 2, 3].map((count) => interaction(`u${count}`, 'a', minute(count))),
        prices: [{ marketId: 'a', atMs: START_MS + 2 * MINUTE_MS, probability: 0.4, volume24h: 30 }],
      },
      {
        algorithm: ({ entries }) => {
          const scoring = entries[0]?.scoring;
          seen.push(scoring?.probability, scoring?.volume24h, scoring?.volumeTotal);
        },
      },
    );
    expect(seen).toEqual([...[null, 0, 0], ...[null, 0, 0], ...[0.4, 30, 0]]);
  });

  it('are the trends of the last full minute and the odds of a day before', () => {
    const { moments } = run(
      {
        markets,
        interactions: [
          interaction('u', 'a', minute(1441)),
          interaction('v', 'a', minute(1441.5)),
          interaction('w', 'a', minute(1442)),
        ],
        prices: [
          { marketId: 'b', atMs: START_MS + MINUTE_MS, probability: 0.3, volume24h: 1 },
          { marketId: 'b', atMs: START_MS + 1.5 * MINUTE_MS, probability: 0.6, volume24h: 1 },
        ],
      },
      { from: 1441 },
    );
    const readers = moments.map(({ trends }) => trends.reader(null));
    expect(readers.map((reader) => reader.trendingGlobal('a'))).toEqual([0, 0, 1]);
    expect(readers.map((reader) => reader.probability24hAgo('b'))).toEqual([0.3, 0.3, 0.6]);
  });

  it('is that a person was shown a market only after the visit, so a page does not count against what it led to', () => {
    const { moments } = run({
      markets,
      interactions: [
        interaction('u', 'a', minute(0), { eventType: 'IMPRESSION' }),
        interaction('u', 'a', minute(1)),
        interaction('u', 'b', minute(29.9)),
        interaction('u', 'c', minute(30)),
      ],
    });
    expect(moments.map(({ profile }) => profile.impressions.size)).toEqual([0, 0, 1]);
  });

  it("is the country of the request, else the person's last one", () => {
    const { moments } = run({
      markets,
      interactions: [
        interaction('u', 'a', minute(1), { country: 'IL' }),
        interaction('u', 'b', minute(2)),
        interaction('u', 'c', minute(3), { country: 'FR' }),
      ],
    });
    expect(moments.map(({ country }) => country)).toEqual(['IL', 'IL', 'FR']);
  });
});

describe('the ranking', () => {
  it('breaks ties by how often a market was engaged with so far, then by id', () => {
    const { archive, judged } = run({
      markets: [archived('a', { volumeTotal: 1e9 }), archived('b'), archived('c')],
      interactions: [
        interaction('u', 'a', minute(1)),
        interaction('u', 'b', minute(2)),
        interaction('v', 'b', minute(3)),
        interaction('w', 'a', minute(4)),
      ],
    });
    expect(judged.map(({ placings }) => placings[0]?.rank)).toEqual([1, 2, 2, 2]);
    expect(judged[3]?.placings[0]?.top.map((number) => idOf(archive, number))).toEqual(['b', 'a', 'c']);
  });

  it('ranks among all open markets, those that the person knows included', () => {
    const { archive, judged } = run({
      markets,
      interactions: [interaction('u', 'a', minute(1)), interaction('u', 'c', minute(2))],
    });
    expect(judged[1]?.candidates.map((number) => idOf(archive, number))).toEqual(['a', 'b', 'c']);
  });

  it('says whether anything was known of the person', () => {
    const { judged } = run({
      markets,
      interactions: [interaction('u', 'a', minute(1)), interaction('u', 'b', minute(2))],
    });
    expect(judged.map(({ isNewPerson }) => isNewPerson)).toEqual([true, false]);
  });

  it('measures novelty by the people of each market so far', () => {
    const { judged } = run({
      markets: [archived('a')],
      interactions: [interaction('u', 'a', minute(1)), interaction('v', 'a', minute(2))],
    });
    expect(judged.map(({ placings }) => placings[0]?.novelty)).toEqual([0, 0]);
    const { judged: wider } = run({
      markets: [archived('a'), archived('b')],
      interactions: [
        interaction('u', 'a', minute(0)),
        interaction('u', 'a', minute(1)),
        interaction('v', 'b', minute(2)),
      ],
    });
    // One person so far, of a: −log2(2/2) for a, −log2(1/2) for b.
    expect(wider[1]?.placings[0]?.novelty).toBe(0.5);
  });
});
