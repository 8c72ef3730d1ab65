import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseRankingConfig } from '../../../../src/config/ranking-config.js';
import { OperatorError } from '../../../../src/lib/errors.js';

function errorsIn(yaml: string): string[] {
  try {
    parseRankingConfig(yaml, 'ranking.yaml');
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error.message.split('\n  ').slice(1);
  }
  return [];
}

const aboveLimit = (
  path: string,
  value: number,
  limitPath: string,
  limit: number,
  inOwnUnit = limit,
): string => `${path}: must be at most ${inOwnUnit}, because ${limitPath} is ${limit} (it is ${value}): `;

describe('validateRanking reports path, problem and allowed values for', () => {
  it.each([
    // Unknown keys.
    ['fed: {}', 'fed: is not a config key; did you mean feed?'],
    [
      'feed: { profileTimeout: 9 }',
      'feed.profileTimeout: is not a config key; did you mean feed.profileTimeoutMs?',
    ],
    ['v2: { WEIGHTS: {} }', 'v2.WEIGHTS: is not a config key; did you mean v2.weights?'],
    [
      'events: { weights: { CLIK: 1 } }',
      'events.weights.CLIK: is not a config key; did you mean events.weights.CLICK?',
    ],
    ['userCap: 3', 'userCap: is not a config key; did you mean trending.userCap?'],
    ['weights: {}', 'weights: is not a config key; did you mean events.weights or v2.weights?'],
    ['trending: { xyz: 1 }', 'trending.xyz: is not a config key; allowed here: windowHours, '],
    ['toString: 1', 'toString: is not a config key; allowed here: events, '],
    ['__proto__: { feed: 1 }', '__proto__: is not a config key; allowed here: events, '],
    ['feed: { __proto__: { keepMinutes: 5 } }', 'feed.__proto__: is not a config key; allowed here: '],
    // Types.
    ['feed:', 'feed: must be a table of keys and values (it is empty)'],
    ['feed: { quotas: [1] }', 'feed.quotas: must be a table of keys and values (it is a list)'],
    ['events: { dwellFactors: 2 }', 'events.dwellFactors: must be a list (it is 2)'],
    [
      'events: { weights: { CLICK: much } }',
      'events.weights.CLICK: must be a number from 0 to 100 (it is "much")',
    ],
    ['ranking: { personalization: yes }', 'ranking.personalization: must be true or false (it is "yes")'],
    ['ranking: { algorithm: v3 }', 'ranking.algorithm: must be "v1" or "v2" (it is "v3")'],
    [
      'trending: { minLocalUsers: "20" }',
      'trending.minLocalUsers: must be a whole number from 1 to 1000000000 (it is "20")',
    ],
    // Ranges.
    [
      'profile: { longTermHalfLifeDays: 0 }',
      'profile.longTermHalfLifeDays: must be a number above 0 and at most 3650 (it is 0)',
    ],
    [
      'v2: { freshness: { halfAfterDays: -2 } }',
      'v2.freshness.halfAfterDays: must be a number above 0 and at most 3650 (it is -2)',
    ],
    [
      'v2: { weights: { interest: -0.1 } }',
      'v2.weights.interest: must be a number from 0 to 10 (it is -0.1)',
    ],
    [
      'impressions: { recoveryHours: 0 }',
      'impressions.recoveryHours: must be a number above 0 and at most 720 (it is 0)',
    ],
    [
      'impressions: { cooldown: { afterImpressions: 33 } }',
      'impressions.cooldown.afterImpressions: must be a whole number from 2 to 32 (it is 33)',
    ],
    [
      'impressions: { cooldown: { afterDays: 8 } }',
      'impressions.cooldown.afterDays: must be a number above 0 and at most 7 (it is 8)',
    ],
    ['v2: { trend: { now: 1.5 } }', 'v2.trend.now: must be a number from 0 to 1 (it is 1.5)'],
    [
      'v2: { continuity: { siblingsOf: 51 } }',
      'v2.continuity.siblingsOf: must be a whole number from 0 to 50 (it is 51)',
    ],
    ['impressions: { hardCap: 1 }', 'impressions.hardCap: must be a whole number from 2 to 32 (it is 1)'],
    [
      'impressions: { changed: { volumeFactor: 1 } }',
      'impressions.changed.volumeFactor: must be a number above 1 and at most 1000 (it is 1)',
    ],
    [
      'feed: { profileTimeoutMs: .nan }',
      'feed.profileTimeoutMs: must be a whole number from 1 to 10000 (it is NaN)',
    ],
    [
      'feed: { exploration: { epsilon: 0 } }',
      'feed.exploration.epsilon: must be a number from 0.001 to 1 (it is 0)',
    ],
    [
      'feed: { exploration: { draws: 8 } }',
      'feed.exploration.draws: must be a whole number from 16 to 1024 (it is 8)',
    ],
    ['feed: { keepMinutes: .inf }', 'feed.keepMinutes: must be a number from 1 to 1440 (it is Infinity)'],
    ['feed: { pageDepth: 99.5 }', 'feed.pageDepth: must be a whole number from 100 to 1000 (it is 99.5)'],
    ['ranking: { rollout: 101 }', 'ranking.rollout: must be a number from 0 to 100 (it is 101)'],
    [
      'events: { dwellFactors: [{ atLeastMs: 1, factor: 0 }] }',
      'events.dwellFactors.0.factor: must be a number above 0 and at most 100 (it is 0)',
    ],
    // Sinks.
    [
      'sinks: [{ name: a, type: kafka }]',
      'sinks.0.type: must be "jsonl", "nats" or "bigquery" (it is "kafka")',
    ],
    ['sinks: [{ name: a }]', 'sinks.0.type: is missing and must be "jsonl", "nats" or "bigquery"'],
    ['sinks: [{ name: a, type: jsonl }]', 'sinks.0.folder: is missing and must be a text'],
    [
      'sinks: [{ name: a, type: jsonl, folder: x, batch: 3 }]',
      'sinks.0.batch: is not a config key; did you mean sinks.0.batchSize?',
    ],
    [
      'sinks: [{ name: a, type: jsonl, folder: x }, { name: a, type: nats }]',
      'sinks.1.name: must be unique ("a" is the name of another sink)',
    ],
    // Sources.
    [
      'sources: [{ name: a, url: "https://example.org", format: csv }]',
      'sources.0.format: must be "gamma" or "manifold" (it is "csv")',
    ],
    [
      'sources: [{ name: a, url: "example.org?key=secret", format: gamma }]',
      'sources.0.url: must be an http(s) URL',
    ],
    [
      'sources: [{ name: a, url: "https://example.org", format: gamma, every: 60 }]',
      'sources.0.every: is not a config key; did you mean sources.0.everySeconds?',
    ],
    [
      'sources: [{ name: a, url: "https://example.org", format: gamma, everySeconds: 5 }]',
      'sources.0.everySeconds: must be a whole number from 10 to 86400 (it is 5)',
    ],
    // Relations between values.
    [
      'feed: { quotas: { PERSONAL: 0.6 } }',
      'feed.quotas: must sum to 1 (the sum is 1.1: PERSONAL 0.6, TRENDING 0.2, ',
    ],
    ['feed: { quotas: { PERSONAL: 0.50000001 } }', 'feed.quotas: must sum to 1 (the sum is 1.00000001'],
    [
      'events: { dwellFactors: [{ atLeastMs: 5000, factor: 1 }, { atLeastMs: 5000, factor: 2 }] }',
      'events.dwellFactors.1.atLeastMs: must be less than 5000 of the entry before (it is 5000)',
    ],
    [
      'events: { weights: { IMPRESSION: 0.1 } }',
      'events.weights.IMPRESSION: must be 0: it does not change affinity (it is 0.1)',
    ],
    ['events: { weights: { HIDE: 6 } }', 'events.weights.HIDE: must be a number from -100 to 0 (it is 6)'],
    ['events: { weights: { SHARE: -1 } }', 'events.weights.SHARE: must be a number from 0 to 100 (it is -1)'],
    [
      'profile: { cacheSecondsWithoutMessages: 901 }',
      aboveLimit('profile.cacheSecondsWithoutMessages', 901, 'profile.cacheSeconds', 900),
    ],
    [
      'trending: { popularity: { windowDays: 2 } }',
      aboveLimit('trending.popularity.halfLifeDays', 3, 'trending.popularity.windowDays', 2),
    ],
    [
      'v2: { continuity: { siblingsOf: 41 }, similarity: { centroidMarkets: 40 } }',
      aboveLimit('v2.continuity.siblingsOf', 41, 'v2.similarity.centroidMarkets', 40),
    ],
    [
      'trending: { popularity: { windowDays: 31 } }\nretention: { interactionsDays: 30 }',
      aboveLimit('trending.popularity.windowDays', 31, 'retention.interactionsDays', 30),
    ],
    [
      'feed: { exploration: { rewardMinutes: 100 } }\nretention: { rankingsHours: 3 }',
      aboveLimit('feed.exploration.rewardMinutes', 100, 'retention.rankingsHours', 3, 90),
    ],
    [
      'feed: { keepMinutes: 90 }\nretention: { rankingsHours: 1 }',
      aboveLimit('feed.keepMinutes', 90, 'retention.rankingsHours', 1, 60),
    ],
    ['trending: { halfLifeHours: 48 }', aboveLimit('trending.halfLifeHours', 48, 'trending.windowHours', 24)],
    [
      'tracking: { groupEvents: 600, maxQueued: 500 }',
      aboveLimit('tracking.groupEvents', 600, 'tracking.maxQueued', 500),
    ],
    [
      'v2: { similarity: { centroidMarkets: 20 } }',
      aboveLimit('v2.similarity.nearestMarkets', 30, 'v2.similarity.centroidMarkets', 20),
    ],
    [
      'learning: { collaborative: { maxMarkets: 100000 } }',
      'learning.collaborative.graph.neighbors: must be at most 212, because learning.collaborative.maxMarkets is 100000 (it is 500): a stored model has at most 128 MiB',
    ],
    ['v2: { taste: { longTermScale: 20 } }', 'v2.taste: was renamed to v2.affinity'],
    [
      'impressions: { cooldown: { afterShowings: 9 } }',
      'impressions.cooldown.afterShowings: was renamed to impressions.cooldown.afterImpressions',
    ],
    ['profile: { forgetBelow: 0 }', 'profile.forgetBelow: was renamed to profile.removeTopicsBelow'],
    [
      'feed: { diversity: { perCategory: 10 } }',
      aboveLimit('feed.diversity.perCategory', 10, 'feed.diversity.categoryPositions', 9),
    ],
    [
      'feed: { diversity: { perEventFirst: 3 } }',
      aboveLimit('feed.diversity.perEventFirst', 3, 'feed.diversity.perEventPage', 2),
    ],
    [
      'feed: { diversity: { perEventFirst: 2, eventPositions: 1 } }',
      aboveLimit('feed.diversity.perEventFirst', 2, 'feed.diversity.eventPositions', 1),
    ],
  ])('%s', (yaml, sentence) => {
    const errors = errorsIn(yaml);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.slice(0, sentence.length)).toBe(sentence);
    // The rest of the sentence contains no text of zod or of a missing value.
    expect(errors[0]).not.toMatch(/undefined|object Object|invalid/i);
  });

  it('a session half-life in minutes that exceeds the long-term half-life in days', () => {
    const profile = { longTermHalfLifeDays: 0.5, sessionHalfLifeMinutes: 721 };
    expect(errorsIn(stringify({ profile }))).toEqual([
      expect.stringMatching(
        /^profile\.sessionHalfLifeMinutes: must be at most 720, because profile\.longTermHalfLifeDays is 0\.5/,
      ),
    ]);
    expect(errorsIn(stringify({ profile: { ...profile, sessionHalfLifeMinutes: 720 } }))).toEqual([]);
  });

  it('weights without any positive event or score component', () => {
    const components =
      'interest similarity continuity depth freshness followup closing trending rising editorial news sports ' +
      'last ladder fam sib1 trMarket trSeries horizonUser touched';
    const none = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, 0]));
    const events =
      'PARTICIPATE COMMENT SHARE BOOKMARK PARTICIPATE_INTENT RETURN_VISIT CLICK VIEW_MARKET DWELL_30 DWELL_5';
    expect(
      errorsIn(stringify({ v2: { weights: none(components) }, events: { weights: none(events) } })),
    ).toEqual([
      'events.weights: must have a weight above 0, or no event would create affinity',
      'v2.weights: must have a weight above 0 besides negative, or all markets would have the same score',
    ]);
    expect(errorsIn(stringify({ v2: { weights: { ...none(components), news: 0.1 } } }))).toEqual([]);
  });
});

describe('validateRanking reports all errors together', () => {
  it('reports cross-field errors next to schema errors, even in the same section', () => {
    const errors = errorsIn(`
feed: { quotas: { PERSONAL: 0.7 }, profileTimeoutMs: soon }
trending: { halfLifeHours: 30, userCap: 0 }
profile:
`);
    expect(errors.map((error) => error.split(':')[0])).toEqual([
      ...['profile', 'trending.userCap', 'feed.profileTimeoutMs'],
      ...['trending.halfLifeHours', 'feed.quotas'],
    ]);
  });

  it('omits cross-field errors that may result from a schema error', () => {
    expect(errorsIn('trending: { halfLifeHours: 30, windowHours: two days }')).toHaveLength(1);
    expect(errorsIn('feed: { quotas: { PERSONAL: half, LOCAL: 0.3 } }')).toHaveLength(1);
    expect(errorsIn('feed: { quotas: 1 }')).toHaveLength(1);
  });

  it('reports at most 50 errors and shortens long texts', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`unknown${index}`, 1]));
    const errors = errorsIn(stringify({ ...many, events: { tagFactor: 'x'.repeat(5_000) } }));
    expect(errors).toHaveLength(51);
    expect(errors.at(-1)).toBe('(and 11 more)');
    const [long] = errorsIn(stringify({ ['k'.repeat(5_000)]: 1 }));
    expect(long?.length).toBeLessThan(400);
  });
});
