import fc from 'fast-check';
import { topicKey } from '../../src/domain/market.js';
import {
  topicId,
  type EngagementState,
  type FullProfile,
  type ImpressionState,
  type LifetimeTopic,
  type ProfileState,
  type StakeState,
  type TopicKind,
  type TopicState,
} from '../../src/domain/profile.js';
import { DAY_MS } from '../../src/lib/time.js';
import { NOON_MS } from './profile-events.js';

/** Text of any script, without halves of a character that stand alone: PostgreSQL stores none. */
export const text = fc.string({ unit: 'binary', maxLength: 12 });
export const timeMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: NOON_MS - 400 * DAY_MS, max: NOON_MS }) },
  fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  fc.constantFrom(0, -1, 0.5, NOON_MS + 0.123, 8.64e15, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
export const number = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map((parts) => parts / 10_000),
  fc.integer({ min: 0, max: 100 }).map((cents) => cents / 100),
  fc.constantFrom(0.1 + 0.2, 2 ** 48, 2 ** 48 + 1, -(2 ** 48), 2 ** 53, 2 ** 34 + 1e-4, 1e-4, 1e-5),
);
/** Not the negative zero, where a codec leaves out zeros. */
export const plainNumber = number.map((value) => value + 0);
export const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { freq: 3 });

const kind = fc.constantFrom<TopicKind[]>('CATEGORY', 'TAG');
const dwell = fc.oneof(
  fc.constant({ dwellMsTotal: 0, dwellEvents: 0 }),
  fc.record({ dwellMsTotal: number, dwellEvents: fc.integer({ min: 1, max: 1_000_000 }) }),
);

const topic: fc.Arbitrary<TopicState> = fc
  .tuple(fc.record({ kind, label: text, longTerm: number, session: plainNumber, updatedAtMs: timeMs }), dwell)
  .map(([values, times]) => ({ ...values, key: topicKey(values.label), ...times }));

const lifetimeTopic: fc.Arbitrary<LifetimeTopic> = fc
  .record({ kind, label: text, points: number, dwellMsTotal: number, dwellEvents: count })
  .map((values) => ({ ...values, key: topicKey(values.label) }));

const engagementOf = (marketId: fc.Arbitrary<string>): fc.Arbitrary<EngagementState> =>
  fc
    .record({
      marketId,
      engagedAtMs: orNull(timeMs),
      weight: number,
      viewedAtMs: orNull(timeMs),
      viewProbability: orNull(number),
      tradedAtMs: orNull(timeMs),
      tradedProbability: orNull(fc.double({ min: 0, max: 1, noNaN: true })),
      topics: orNull(fc.record({ category: text, tags: fc.array(text, { maxLength: 4 }) })),
      viewIs: fc.constantFrom('engagement', 'trade', 'other'),
    })
    .map(({ viewIs, topics, ...values }) => {
      const { engagedAtMs, tradedAtMs, weight, viewProbability, tradedProbability } = values;
      const viewedAtMs = { engagement: engagedAtMs, trade: tradedAtMs, other: values.viewedAtMs }[viewIs];
      return {
        ...values,
        weight: engagedAtMs === null ? 0 : weight,
        viewedAtMs,
        viewProbability: viewedAtMs === null ? null : viewProbability,
        tradedProbability: tradedAtMs === null ? null : tradedProbability,
        topics: topics && { category: topicKey(topics.category), tags: topics.tags.map(topicKey) },
      };
    });

const impressionOf = (marketId: fc.Arbitrary<string>): fc.Arbitrary<ImpressionState> =>
  fc.record({
    marketId,
    shownAtMs: fc.array(timeMs, { maxLength: 32 }),
    probability: orNull(number),
    volume24h: number,
    clickedSince: fc.boolean(),
  });

const stake: fc.Arbitrary<StakeState> = fc.record({
  category: text.map(topicKey),
  stake: number,
  atMs: timeMs,
});

const mapOf = <Value, Key extends string>(
  values: fc.Arbitrary<Value>,
  keyOf: (value: Value) => Key,
): fc.Arbitrary<ReadonlyMap<Key, Value>> =>
  fc
    .array(values, { maxLength: 12, size: 'max' })
    .map((list) => new Map(list.map((value) => [keyOf(value), value] as const)));

/** Any profile of a user with interactions, of markets with these ids; with no entry that an event could not make. */
export const profileOf = (marketId: fc.Arbitrary<string>): fc.Arbitrary<FullProfile> =>
  fc.record({
    userKey: text,
    version: count,
    totalInteractions: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    country: orNull(text),
    lastActiveAtMs: orNull(timeMs),
    sessionStartedAtMs: orNull(timeMs),
    sessionInteractions: count,
    topics: mapOf(topic, ({ kind: topicKind, key }) => topicId(topicKind, key)),
    engagements: mapOf(engagementOf(marketId), (engagement) => engagement.marketId),
    hidden: fc.array(fc.tuple(marketId, timeMs)).map((entries) => new Map(entries)),
    impressions: mapOf(impressionOf(marketId), (impression) => impression.marketId),
    lifetime: fc.record({
      topics: mapOf(lifetimeTopic, ({ kind: topicKind, key }) => topicId(topicKind, key)),
      stakes: fc.array(stake),
    }),
  });

/** A profile with its maps as lists, whose order counts in a comparison. */
export function inOrder({
  topics,
  engagements,
  hidden,
  impressions,
  lifetime,
  ...rest
}: ProfileState): unknown {
  return {
    ...{ ...rest, topics: [...topics], engagements: [...engagements] },
    ...{ hidden: [...hidden], impressions: [...impressions] },
    lifetime: lifetime && { topics: [...lifetime.topics], stakes: lifetime.stakes },
  };
}
