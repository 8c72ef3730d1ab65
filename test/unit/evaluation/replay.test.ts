import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import type { Algorithm, Moment } from '../../../src/evaluation/algorithms.js';
import type { Archive } from '../../../src/evaluation/archive.js';
import { replay, type EvaluatedChoice } from '../../../src/evaluation/replay.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { archived, archiveOf, interaction, minute, START_MS, type Past } from '../../support/archive.js';

const config = loadRankingConfig(undefined);

function run(past: Past, options: { from?: number; algorithm?: Algorithm['score']; only?: string } = {}) {
  const { archive } = archiveOf(past);
  const moments: Moment[] = [];
  const algorithm: Algorithm = {
    score: (moment, scores) => {
      moments.push({ ...moment, recentUsers: moment.recentUsers.slice() });
      scores.fill(0);
      options.algorithm?.(moment, scores);
    },
  };
  const steps = replay(archive, {
    config,
    algorithms: [algorithm],
    splitAtMs: START_MS + (options.from ?? 0) * MINUTE_MS,
    k: 3,
    leaveKnownOut: false,
    isSampled: (userKey) => options.only === undefined || userKey === options.only,
  });
  const choices: EvaluatedChoice[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) choices.push(step.value);
  const events = choices.map(
    ({ event }) => `${event.userKey} ${idOf(archive, event.market)} ${minuteOf(event.atMs)}`,
  );
  return { archive, choices, moments, skipped: step.value, events };
}

const idOf = ({ markets }: Archive, number: number): string => markets[number]?.market.id ?? '';
const minuteOf = (atMs: number): number => (atMs - START_MS) / MINUTE_MS;

const markets = [archived('a'), archived('b'), archived('c')];
const none = { notPositive: 0, notSampled: 0, touchedBefore: 0, notYetCreated: 0, over: 0 };

describe('the replay evaluates', () => {
  it('every positive interaction from the split on with a market that is new to the user', () => {
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

  it('no impressions or negative events, and a market with a negative event is not new', () => {
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

  it('one interaction per user, market and instant', () => {
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

  it('no interaction with a market that was not open, and counts the reason', () => {
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

  it('only interactions of sampled users, while all users train', () => {
    const { events, skipped, moments } = run(
      { markets, interactions: [interaction('u', 'a', minute(1)), interaction('v', 'a', minute(2))] },
      { only: 'v' },
    );
    expect(events).toEqual(['v a 2']);
    expect(skipped).toEqual({ ...none, notSampled: 1 });
    expect([...(moments[0]?.recentUsers ?? [])]).toEqual([1, 0, 0]);
  });
});

describe('the data of an algorithm', () => {
  it('excludes other events of the same instant', () => {
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
    expect(moments.map(({ recentUsers }) => [...recentUsers])).toEqual([
      ...[
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      [1, 2, 0],
    ]);
  });

  it('has the prices from strictly before and no values of the market record', () => {
    // The entries change during the replay, so the algorithm reads them at once.
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
    expect(seen).toEqual([...[null, NaN, 0], ...[null, NaN, 0], ...[0.4, 30, 0]]);
  });

  it('has the trends of the last full minute and the odds of a day before', () => {
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

  it('includes an impression only after the visit, so it does not count against its own click', () => {
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

  it("has the country of the interaction, or the user's last one", () => {
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
  it('breaks ties by engagements so far, then by id', () => {
    const { archive, choices } = run({
      markets: [archived('a', { volumeTotal: 1e9 }), archived('b'), archived('c')],
      interactions: [
        interaction('u', 'a', minute(1)),
        interaction('u', 'b', minute(2)),
        interaction('v', 'b', minute(3)),
        interaction('w', 'a', minute(4)),
      ],
    });
    expect(choices.map(({ ranks }) => ranks[0]?.rank)).toEqual([1, 2, 2, 2]);
    expect(choices[3]?.ranks[0]?.top.map((number) => idOf(archive, number))).toEqual(['b', 'a', 'c']);
  });

  it('includes open markets that the user already knows', () => {
    const { archive, choices } = run({
      markets,
      interactions: [interaction('u', 'a', minute(1)), interaction('u', 'c', minute(2))],
    });
    expect(choices[1]?.candidates.map((number) => idOf(archive, number))).toEqual(['a', 'b', 'c']);
  });

  it('reports whether the user is new', () => {
    const { choices } = run({
      markets,
      interactions: [interaction('u', 'a', minute(1)), interaction('u', 'b', minute(2))],
    });
    expect(choices.map(({ isNewUser }) => isNewUser)).toEqual([true, false]);
  });

  it('measures novelty by the users of each market so far', () => {
    const { choices } = run({
      markets: [archived('a')],
      interactions: [interaction('u', 'a', minute(1)), interaction('v', 'a', minute(2))],
    });
    expect(choices.map(({ ranks }) => ranks[0]?.novelty)).toEqual([0, 0]);
    const { choices: wider } = run({
      markets: [archived('a'), archived('b')],
      interactions: [
        interaction('u', 'a', minute(0)),
        interaction('u', 'a', minute(1)),
        interaction('v', 'b', minute(2)),
      ],
    });
    // One user so far, of a: −log2(2/2) for a, −log2(1/2) for b.
    expect(wider[1]?.ranks[0]?.novelty).toBe(0.5);
  });
});

describe('the replay lets algorithms learn', () => {
  it('from the first reaction of each user to a market that is open, positive or negative, and never from impressions', () => {
    const { archive } = archiveOf({
      markets,
      interactions: [
        interaction('u', 'a', minute(1), { eventType: 'IMPRESSION' }),
        interaction('u', 'a', minute(2), { eventType: 'SKIP_FAST' }),
        interaction('u', 'a', minute(3)),
        interaction('u', 'b', minute(4)),
        interaction('u', 'b', minute(5), { eventType: 'HIDE' }),
        interaction('v', 'c', minute(6), { eventType: 'HIDE' }),
      ],
    });
    const learned: string[] = [];
    const algorithm: Algorithm = {
      score: (_, scores) => scores.fill(0),
      learn: ({ moment, market, eventType, isPositive }) => {
        learned.push(`${moment.profile.userKey} ${idOf(archive, market)} ${eventType} ${isPositive}`);
      },
    };
    const options = { config, splitAtMs: START_MS, k: 3, leaveKnownOut: false, isSampled: () => true };
    const steps = replay(archive, { ...options, algorithms: [algorithm] });
    while (steps.next().done !== true);
    expect(learned).toEqual(['u a SKIP_FAST false', 'u b CLICK true', 'v c HIDE false']);
  });
});
