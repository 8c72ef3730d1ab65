import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { OperatorError } from '../../../src/lib/errors.js';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bellwether-config-'));
  file = path.join(folder, 'ranking.yaml');
});

afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string) {
  writeFileSync(file, yaml);
  return loadRankingConfig(file);
}

function errorOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('This config was accepted.');
}

/** The lines with the errors of a file, below the headline. */
function errorsIn(yaml: string): string[] {
  const [head, ...lines] = errorOf(() => load(yaml)).split('\n');
  expect(head).toBe(`The ranking config ${file} is invalid. Correct these values:`);
  return lines;
}

describe('loadRankingConfig', () => {
  it('returns the documented defaults without a file', () => {
    expect(loadRankingConfig(undefined)).toEqual({
      events: {
        weights: {
          PARTICIPATE: 6,
          COMMENT: 4.5,
          SHARE: 4,
          BOOKMARK: 3.5,
          PARTICIPATE_INTENT: 3,
          RETURN_VISIT: 3,
          CLICK: 2,
          VIEW_MARKET: 2,
          DWELL_30: 2,
          DWELL_5: 1,
          SCROLL_PAST: -0.5,
          SKIP_FAST: -1,
          NOT_INTERESTED: -4,
          HIDE: -6,
          IMPRESSION: 0,
          UNHIDE: 0,
        },
        dwellFactors: [
          { atLeastMs: 30_000, factor: 1.5 },
          { atLeastMs: 5_000, factor: 1.2 },
        ],
        tagFactor: 0.8,
      },
      profile: {
        longTermHalfLifeDays: 30,
        sessionHalfLifeMinutes: 45,
        sessionIdleMinutes: 30,
        cacheMegabytes: 512,
        cacheSeconds: 900,
        cacheSecondsWithoutMessages: 1,
        changePollSeconds: 1,
        removeTopicsBelow: 0.05,
      },
      trending: {
        ...{ windowHours: 24, halfLifeHours: 6, userCap: 8, minLocalUsers: 20, refreshSeconds: 60 },
        popularity: { windowDays: 30, halfLifeDays: 3 },
      },
      tracking: { lanes: 2, groupWaitMs: 0, groupEvents: 500, maxQueued: 10_000, maxQueuedMs: 2_000 },
      retention: { interactionsDays: 180, rankingsHours: 24 },
      audience: { epsilonPerDay: 1, deltaPerDay: 1e-5, releasesPerDay: 2, cellsPerUser: 4 },
      privacy: { rejectPersonalUserKeys: true, erasedKeyDays: 30, aliasDays: 30 },
      rateLimits: {
        anonymous: { points: 600_000, seconds: 60 },
        client: { points: 600_000, seconds: 60 },
        service: { points: 60_000_000, seconds: 60 },
        staff: { points: 6_000_000, seconds: 60 },
        replicas: 1,
        socketsPerAddress: 200,
        socketsPerViewer: 50,
      },
      experimentHoldout: { seed: 'holdout', share: 0 },
      experiments: [],
      sinks: [],
      sources: [],
      ranking: { personalization: true, algorithm: 'v2', rollout: 100, others: 'v1' },
      learning: {
        ...{ mode: 'learn', pin: null },
        collaborative: {
          ...{ method: 'off', intervalHours: 6, timeLimitMinutes: 10 },
          ...{ maxUsers: 100_000, maxMarkets: 40_000, maxEngagements: 2_000_000 },
          als: { factors: 100, regularization: 0.01, alpha: 10, iterations: 15 },
          graph: { filter: 'linear', normalization: 0.6, power: 0.7, neighbors: 500 },
        },
        negatives: { HIDE: 1, NOT_INTERESTED: 0.67, SKIP_FAST: 0, SCROLL_PAST: 0 },
      },
      textVectors: { enabled: false },
      country: { headers: [] },
      v2: {
        weights: {
          ...{
            interest: 0.35,
            similarity: 0.4,
            continuity: 0.4,
            depth: 0.15,
            freshness: 0.3,
            followup: 0.1,
          },
          ...{
            closing: 0.05,
            negative: 0.3,
            trending: 0.4,
            rising: 0.15,
            editorial: 0.05,
            news: 0.1,
            sports: 0.1,
          },
          ...{
            last: 0.2,
            textSimilarity: 0,
            ladder: 0.1,
            fam: 0.05,
            sib1: 0.167,
            sibDir: 0,
            trMarket: 0.67,
            trSeries: 0.067,
          },
          ...{
            horizonUser: 0.017,
            sameDate: 0,
            collaborative: 0,
            horizonAll: 0,
            horizonTemplate: 0,
            popular7d: 0,
            touched: 0.05,
          },
          ...{ weekHour: 0, groupDemand: 0, popularHere: 0 },
        },
        affinity: {
          ...{ longTermScale: 20, sessionScale: 6, sessionEvents: 3, sessionIdleHalfLifeMinutes: 15 },
          ...{ categoryFactor: 0.8, strongest: 0.7 },
        },
        similarity: {
          ...{ nearest: 0.5, nearestMarkets: 30, nearestHalfLifeDays: 7 },
          ...{ centroidMarkets: 200, centroidHalfLifeDays: 3, sessionFactor: 3 },
        },
        continuity: {
          ...{ windowDays: 7, halfLifeDays: 2 },
          ...{ sibling: 0.75, siblingsOf: 10, siblingMarkets: 5, siblingDistance: 10 },
        },
        freshness: { halfAfterDays: 1 },
        trend: { now: 0.25 },
      },
      impressions: {
        ...{ perImpression: 0.25, justShown: 0.5, recoveryHours: 2, floor: 0.15, hardCap: 12 },
        changed: { logit: 0.4, probability: 0.1, volumeFactor: 2 },
        cooldown: { afterDays: 3, afterImpressions: 9 },
        engagement: { traded: 0.7, tradedHalfLifeDays: 30, opened: 0.5, openedHalfLifeDays: 7 },
        trackOnServe: false,
      },
      feed: {
        profileTimeoutMs: 150,
        quotas: { PERSONAL: 0.5, TRENDING: 0.2, LOCAL: 0.1, RISING: 0.1, EXPLORATION: 0.1 },
        diversity: {
          ...{ categoryPositions: 9, perCategory: 3, eventPositions: 10, perEventFirst: 1, perEventPage: 2 },
          ...{ method: 'mmr', mmrLambda: 0.8 },
          dpp: { theta: 0.65, serendipity: 0.2, topicThreshold: 0.3 },
        },
        exploration: {
          ...{ maxAgeHours: 72, maxImpressions: 200, priorClickRate: 0.05, priorImpressions: 20 },
          ...{ policy: 'weighted', freshImpressions: 2_000, epsilon: 0.1, confidence: 1, draws: 256 },
          ...{ halfLifeDays: 7, rewardMinutes: 30 },
        },
        badges: { closingSoonHours: 24, hotTrending: 0.7, newHours: 24 },
        ...{ overdue: 'show', overdueDays: 30, keepMinutes: 30, pageDepth: 200 },
      },
    });
  });

  it('merges the file over the default', () => {
    const defaults = loadRankingConfig(undefined);
    expect(load('events:\n  weights:\n    CLICK: 5\ntrending: { userCap: 3 }\n')).toEqual({
      ...defaults,
      events: { ...defaults.events, weights: { ...defaults.events.weights, CLICK: 5 } },
      trending: { ...defaults.trending, userCap: 3 },
    });
  });

  it('replaces a list as a whole', () => {
    expect(load('events: { dwellFactors: [{ atLeastMs: 10000, factor: 2 }] }').events.dwellFactors).toEqual([
      { atLeastMs: 10_000, factor: 2 },
    ]);
    expect(load('events: { dwellFactors: [] }').events.dwellFactors).toEqual([]);
  });

  it.each(['', '# nothing yet\n', '---\n# nothing yet\n', '{}'])(
    'returns the default for a file without values: %j',
    (yaml) => {
      expect(load(yaml)).toEqual(loadRankingConfig(undefined));
    },
  );
});

describe('loadRankingConfig rejects', () => {
  it('an invalid file, with all errors and their paths', () => {
    expect(
      errorsIn(`
events:
  weights: { CLICK: much, SHARE: 1000 }
  tagFactor: 1.5
  dwellFactors: [{ atLeastMs: 5000, factor: 0 }]
profile: { longTermHalfLifeDays: -1 }
trending: { minLocalUsers: 2.5 }
feed: { profileTimeoutMs: .nan }
`).map((line) => line.split(':')[0]),
    ).toEqual([
      '  events.weights.SHARE',
      '  events.weights.CLICK',
      '  events.dwellFactors.0.factor',
      '  events.tagFactor',
      '  profile.longTermHalfLifeDays',
      '  trending.minLocalUsers',
      '  feed.profileTimeoutMs',
    ]);
  });

  it.each(['just words', '[1, 2]', '42'])('a file that is not a table: %s', (yaml) => {
    expect(errorsIn(yaml)).toEqual([
      expect.stringMatching(/^ {2}\(top\): must be a table of keys and values \(/),
    ]);
  });

  it.each([
    ['a bracket that is not closed', 'feed: {', 'line 1, column 8'],
    ['the same key twice', 'feed: {}\nfeed: {}', 'line 2, column 1'],
    [
      'the same key twice, deep inside',
      'feed:\n  quotas:\n    LOCAL: 0.1\n    LOCAL: 0.1',
      'line 4, column 5',
    ],
    ['a tab for indentation', 'feed:\n\tprofileTimeoutMs: 1', 'line 2, column 1'],
    ['an alias without an anchor', 'ranking: {}\nfeed: *none', 'line 2, column 7'],
    ['two documents', 'feed: {}\n---\nfeed: {}', 'line 2, column 1'],
    ['a tag', 'feed: !env FEED', 'line 1, column 7'],
    ['deeply nested brackets', '['.repeat(60_000), 'line 1, column '],
  ])('invalid YAML, with file, line and column: %s', (_, yaml, position) => {
    const message = errorOf(() => load(yaml));
    expect(message.startsWith(`The ranking config ${file} is not valid YAML: `)).toBe(true);
    expect(message).toContain(`at ${position}`);
  });

  it('aliases that expand without bound', () => {
    const lines = Array.from({ length: 20 }, (_, level) => {
      const inside = level === 0 ? 'x' : `*a${level - 1}`;
      return `k${level}: &a${level} [${Array.from({ length: 9 }, () => inside).join(', ')}]`;
    });
    expect(errorOf(() => load(lines.join('\n')))).toMatch(/is not valid YAML: .*alias/);
  });

  it('an alias to its own parent, but no other alias', () => {
    expect(
      load('v2: { affinity: { longTermScale: &n 30, sessionScale: *n } }').v2.affinity.sessionScale,
    ).toBe(30);
    expect(errorsIn('feed: &feed { quotas: *feed }').length).toBeGreaterThan(0);
  });

  it('a file that is too large, not UTF-8, or not a file', () => {
    const prefix = `The ranking config ${file} cannot be read: `;
    expect(errorOf(() => load(`# ${'x'.repeat(64 * 1024)}`))).toBe(`${prefix}it is larger than 64 KiB.`);
    writeFileSync(file, Uint8Array.of(0x66, 0xff, 0x3a));
    expect(errorOf(() => loadRankingConfig(file))).toBe(`${prefix}it is not UTF-8 text.`);
    expect(errorOf(() => loadRankingConfig('/dev/null'))).toMatch('cannot be read: it is not a file');
  });

  it('a missing file, or a folder', () => {
    const missing = path.join(folder, 'missing.yaml');
    expect(errorOf(() => loadRankingConfig(missing))).toMatch(
      `The ranking config ${missing} cannot be read: there is no such file or folder.`,
    );
    expect(errorOf(() => loadRankingConfig(folder))).toMatch(
      `The ranking config ${folder} cannot be read: it is a folder, not a file.`,
    );
  });
});
