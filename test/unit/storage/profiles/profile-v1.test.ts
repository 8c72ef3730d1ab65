import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyProfile,
  topicId,
  type EngagementState,
  type FullProfile,
  type ImpressionState,
  type LifetimeTopic,
  type TopicId,
  type TopicState,
} from '../../../../src/domain/profile.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/lib/time.js';
import { formatOf } from '../../../../src/storage/profiles/column-codec.js';
import { decodeProfileV1, FORMAT_V1 } from '../../../../src/storage/profiles/profile-v1.js';
import { EVENT_TYPES } from '../../../../src/domain/event.js';
import { inOrder } from '../../../support/profile-arbitraries.js';
import { NOON_MS, profileAfter, profileEvent } from '../../../support/profile-events.js';
import { encodeProfileV1 } from '../../../support/profile-v1.js';

const decoded = (profile: FullProfile): FullProfile =>
  decodeProfileV1(profile.userKey, profile.version, encodeProfileV1(profile));

/** Profiles within the current bounds. */
const profiles = fc
  .array(
    fc.record({
      type: fc.constantFrom(...EVENT_TYPES),
      minutesAgo: fc.integer({ min: 0, max: 20_000 }),
      market: fc.integer({ min: 0, max: 12 }),
      stake: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
      dwellMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
    }),
    { maxLength: 40 },
  )
  .map((events) =>
    profileAfter(
      ...events.map(({ type, minutesAgo, market, stake, dwellMs }) =>
        profileEvent(type, NOON_MS - minutesAgo * MINUTE_MS, {
          ...(stake === undefined ? {} : { stake }),
          ...(dwellMs === undefined ? {} : { dwellMs }),
          market: {
            id: `market-${market}`,
            category: `Catégorie ${market % 3}`,
            tags: [`Tag ${market % 5}`, `選挙 ${market % 4}`],
            probability: market === 0 ? null : market / 13,
          },
        }),
      ),
    ),
  );

describe('a profile in format 1', () => {
  it('is decoded exactly', () => {
    fc.assert(
      fc.property(profiles, (profile) => {
        expect(inOrder(decoded(profile))).toEqual(inOrder(profile));
      }),
      { numRuns: 300 },
    );
  });

  it('is identified by its first byte, also without events', () => {
    const bytes = encodeProfileV1(emptyProfile('ada'));
    expect(formatOf(bytes)).toBe(FORMAT_V1);
    expect(decodeProfileV1('ada', 3, bytes)).toEqual({ ...emptyProfile('ada'), version: 3 });
  });

  it('is an empty profile of its version when it was stored without values', () => {
    expect(decodeProfileV1('ada', 3, Uint8Array.of(1, 0))).toEqual({ ...emptyProfile('ada'), version: 3 });
  });

  it('has no session affinity of an earlier session', () => {
    const profile = profileAfter(
      profileEvent('CLICK', NOON_MS - DAY_MS),
      profileEvent('CLICK', NOON_MS, { market: { id: 'm2', category: 'Sports', tags: [] } }),
    );
    const stale = [...profile.topics].map(([id, topic]) => [id, { ...topic, session: 7 }] as const);
    const { topics } = decoded({ ...profile, topics: new Map(stale) });
    expect([...topics.values()].map(({ label, session }) => [label, session])).toEqual([
      ['Politics', 0],
      ['Elections', 0],
      ['Sports', 7],
    ]);
  });

  it('merges topics whose keys are now equal', () => {
    const topic = { kind: 'TAG', session: 0, dwellMsTotal: 0, dwellEvents: 0 } as const;
    const old = [
      { ...topic, key: 'cafe\u0301', label: 'Cafe\u0301', longTerm: 1, points: 2, updatedAtMs: NOON_MS },
      { ...topic, key: 'caf\u00e9', label: 'Caf\u00e9', longTerm: 5, points: 3, updatedAtMs: NOON_MS + 1 },
    ];
    const byId = new Map(old.map((each) => [topicId(each.kind, each.key), each]));
    const { topics, lifetime } = decoded({
      ...profileAfter(profileEvent('CLICK', NOON_MS)),
      topics: byId,
      lifetime: { topics: byId, stakes: [] },
    });
    expect([...topics.values()]).toMatchObject([{ key: 'caf\u00e9', longTerm: 5, updatedAtMs: NOON_MS + 1 }]);
    expect([...lifetime.topics.values()]).toMatchObject([
      { key: 'caf\u00e9', label: 'Caf\u00e9', points: 5 },
    ]);
  });

  it('is rejected when it is truncated or in another format', () => {
    const bytes = encodeProfileV1(profileAfter(profileEvent('CLICK', NOON_MS, { stake: 5 })));
    for (let length = bytes.length - 20; length < bytes.length; length += 1) {
      expect(() => decodeProfileV1('ada', 1, bytes.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decodeProfileV1('ada', 1, Uint8Array.of(2, 0))).toThrow('not stored in format 1');
  });
});

describe('a profile in format 1 beyond the current bounds', () => {
  /** The entry at this index is the newest one at the time of `newest`. */
  const atMs = (index: number, newest: number): number => NOON_MS - Math.abs(newest - index) * HOUR_MS;

  const topics = Array.from({ length: 300 }, (_, index): TopicState & LifetimeTopic => ({
    ...{ kind: 'TAG', key: `tag ${index}`, label: `Tag ${index}`, dwellMsTotal: 0, dwellEvents: 0 },
    ...{ longTerm: (index % 2 === 0 ? 1 : -1) * (300 - index), session: 0, updatedAtMs: NOON_MS },
    points: index,
  }));
  const engagements = Array.from({ length: 500 }, (_, index): EngagementState => ({
    ...{ marketId: `m${index}`, engagedAtMs: atMs(index, 499), weight: 2, viewedAtMs: null },
    ...{ viewProbability: null, tradedAtMs: null, tradedProbability: null },
    topics: { category: 'politics', tags: ['elections'] },
  }));
  const impressions = Array.from({ length: 500 }, (_, index): ImpressionState => ({
    ...{ marketId: `m${index}`, shownAtMs: [atMs(index, 250)], probability: 0.5, volume24h: 1 },
    clickedSince: false,
  }));
  const ids = (indexes: readonly number[]): string[] => indexes.map((index) => `m${index}`);
  const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, offset) => from + offset);
  const byId = new Map<TopicId, TopicState & LifetimeTopic>(
    topics.map((topic) => [topicId(topic.kind, topic.key), topic]),
  );
  const profile = decoded({
    ...{ ...emptyProfile('ada'), version: 900, totalInteractions: 5_000, topics: byId },
    engagements: new Map(engagements.map((each) => [each.marketId, each])),
    hidden: new Map(range(0, 500).map((index) => [`m${index}`, atMs(index, 499)])),
    impressions: new Map(impressions.map((each) => [each.marketId, each])),
    lifetime: { topics: byId, stakes: [] },
  });

  it('keeps the 80 tags of the strongest affinity, positive or negative, and all lifetime sums', () => {
    expect([...profile.topics.values()].map(({ key }) => key)).toEqual(
      range(0, 80).map((index) => `tag ${index}`),
    );
    expect(profile.lifetime.topics.size).toBe(300);
    expect(profile.lifetime.topics.get('TAG:tag 299')?.points).toBe(299);
  });

  it('keeps the 200 latest engagements, and the topics of the 20 latest', () => {
    expect([...profile.engagements.keys()]).toEqual(ids(range(300, 500)));
    const withTopics = [...profile.engagements.values()].filter(({ topics: known }) => known !== null);
    expect(withTopics.map(({ marketId }) => marketId)).toEqual(ids(range(480, 500)));
  });

  it('keeps the 200 latest hides and the 104 latest impressions', () => {
    expect([...profile.hidden.keys()]).toEqual(ids(range(300, 500)));
    expect(profile.impressions.size).toBe(104);
    expect([...profile.impressions.keys()].slice(1, -1)).toEqual(ids(range(199, 301)));
  });

  it('keeps its counts and its version', () => {
    expect(profile).toMatchObject({ userKey: 'ada', version: 900, totalInteractions: 5_000 });
  });
});
