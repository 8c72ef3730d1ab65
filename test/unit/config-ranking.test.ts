import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../src/config/ranking-config.js';
import { OperatorError } from '../../src/errors.js';

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

function faultOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('This config was accepted.');
}

/** The lines that tell the faults of a file, below the one that names it. */
function faultsIn(yaml: string): string[] {
  const [head, ...lines] = faultOf(() => load(yaml)).split('\n');
  expect(head).toBe(`The ranking config ${file} has faults:`);
  return lines;
}

describe('the ranking config', () => {
  it('is by default what the product promises', () => {
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
        cacheSeconds: 60,
        cacheSecondsUnheard: 1,
      },
      trending: { windowHours: 24, halfLifeHours: 6, userCap: 8, minLocalUsers: 20, refreshSeconds: 60 },
      tracking: { groupWaitMs: 0, groupEvents: 500, maxQueued: 10_000, maxQueuedMs: 2_000 },
      sinks: [],
      feed: { profileTimeoutMs: 150 },
    });
  });

  it('takes from a file of the deployment what that file says, and the rest from the default', () => {
    const defaults = loadRankingConfig(undefined);
    expect(load('events:\n  weights:\n    CLICK: 5\ntrending: { userCap: 3 }\n')).toEqual({
      ...defaults,
      events: { ...defaults.events, weights: { ...defaults.events.weights, CLICK: 5 } },
      trending: { ...defaults.trending, userCap: 3 },
    });
  });

  it('takes a list as a whole', () => {
    expect(load('events: { dwellFactors: [{ atLeastMs: 10000, factor: 2 }] }').events.dwellFactors).toEqual([
      { atLeastMs: 10_000, factor: 2 },
    ]);
    expect(load('events: { dwellFactors: [] }').events.dwellFactors).toEqual([]);
  });

  it.each(['', '# nothing yet\n', '---\n# nothing yet\n', '{}'])(
    'is not changed by a file with nothing in it: %j',
    (yaml) => {
      expect(load(yaml)).toEqual(loadRankingConfig(undefined));
    },
  );
});

describe('a wrong ranking config', () => {
  it('is refused with all its faults together, each with its path', () => {
    expect(
      faultsIn(`
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

  it.each([
    ['fed: {}', '  (top): Unrecognized key: "fed"'],
    ['feed: { profileTimeout: 100 }', '  feed: Unrecognized key: "profileTimeout"'],
    ['toString: 1', '  (top): Unrecognized key: "toString"'],
  ])('is one with a key that does not exist: %s', (yaml, fault) => {
    expect(faultsIn(yaml)).toEqual([fault]);
  });

  it('is one with a weight for an event that does not exist', () => {
    expect(faultsIn('events: { weights: { CLIK: 1 } }')).toEqual([
      expect.stringMatching(/^ {2}events\.weights\b.*CLIK/),
    ]);
  });

  it('is one whose dwell times do not go from the longest to the shortest', () => {
    const factors = '[{ atLeastMs: 5000, factor: 1 }, { atLeastMs: 5000, factor: 2 }]';
    expect(faultsIn(`events: { dwellFactors: ${factors} }`)).toEqual([
      '  events.dwellFactors: must go from the longest time to the shortest: the first that was reached applies',
    ]);
  });

  it.each(['just words', '[1, 2]', '42'])('is one that is not a table: %s', (yaml) => {
    expect(faultsIn(yaml)).toEqual([expect.stringMatching(/^ {2}\(top\): .*expected object/)]);
  });

  it('is one with an empty section', () => {
    expect(faultsIn('feed:')).toEqual([expect.stringMatching(/^ {2}feed: /)]);
  });

  it.each([
    ['a bracket that is not closed', 'feed: {'],
    ['the same key twice', 'feed: {}\nfeed: {}'],
    ['a tab for indentation', 'feed:\n\tprofileTimeoutMs: 1'],
    ['an alias of nothing', 'feed: *none'],
    ['two documents', 'feed: {}\n---\nfeed: {}'],
  ])('is one that is not YAML, told with its name: %s', (_, yaml) => {
    const fault = faultOf(() => load(yaml));
    expect(fault.startsWith(`The ranking config ${file} is not YAML: `)).toBe(true);
  });

  it('is one that cannot be read', () => {
    const missing = path.join(folder, 'missing.yaml');
    expect(faultOf(() => loadRankingConfig(missing))).toMatch(
      `The ranking config ${missing} cannot be read: ENOENT`,
    );
    expect(faultOf(() => loadRankingConfig(folder))).toMatch(
      `The ranking config ${folder} cannot be read: EISDIR`,
    );
  });
});
