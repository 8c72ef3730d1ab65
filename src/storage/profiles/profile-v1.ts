import { DAY_MS } from '../../lib/time.js';
import { CodecReader } from '../codec/codec-reader.js';
import { topicKey } from '../../domain/market.js';
import {
  emptyProfile,
  MAX_ENGAGEMENTS,
  MAX_ENGAGEMENTS_WITH_TOPICS,
  MAX_HIDES,
  MAX_IMPRESSIONS,
  MAX_LIFETIME_TOPICS,
  topicId,
  MAX_TOPICS,
  type EngagementState,
  type FullProfile,
  type ImpressionState,
  type LifetimeTopic,
  type TopicId,
  type TopicKind,
  type TopicState,
} from '../../domain/profile.js';
import { topicStrength } from '../../domain/apply-events.js';

/** Format of the profiles of version 0.1: all fields in one column, with market ids instead of numbers. */
export const FORMAT_V1 = 1;

type TopicV1 = TopicState & LifetimeTopic;

/**
 * Decodes a profile in format 1. Its lists may exceed the current bounds; the newest and strongest entries are kept. The
 * stored profile stays in format 1 until the profile changes.
 *
 * @throws {RangeError} for bytes that are not in format 1.
 */
export function decodeProfileV1(userKey: string, version: number, stored: Uint8Array): FullProfile {
  const header = new CodecReader(stored);
  if (header.whole() !== FORMAT_V1) throw new RangeError('The profile is not stored in format 1.');
  const strings = header.list(() => header.utf8());
  const from = new CodecReader(stored.subarray(header.position), strings);
  if (header.position === stored.length) return { ...emptyProfile(userKey), version };
  const totalInteractions = from.whole();
  const country = from.list(() => from.text())[0] ?? null;
  const lastActiveAtMs = from.timeOrNull();
  const sessionStartedAtMs = from.timeOrNull();
  const sessionInteractions = from.whole();
  const topics = mergedTopics(from.list(() => readTopic(from)));
  const engagements = from.list(() => readEngagement(from));
  const hidden = from.list(() => ({ marketId: from.text(), atMs: from.time() }));
  const impressions = from.list(() => readImpression(from));
  const stakes = from.list(() => ({
    category: topicKey(from.text()),
    stake: from.number(),
    atMs: from.time(),
  }));
  const keptHides = newest(hidden, MAX_HIDES, ({ atMs }) => atMs);
  return {
    ...{ userKey, version, totalInteractions, country, lastActiveAtMs },
    ...{ sessionStartedAtMs, sessionInteractions },
    topics: strongestTopics(topics, sessionStartedAtMs ?? -Infinity),
    engagements: keptEngagements(engagements),
    hidden: new Map(keptHides.map(({ marketId, atMs }) => [marketId, atMs])),
    impressions: byMarket(newest(impressions, MAX_IMPRESSIONS, ({ shownAtMs }) => shownAtMs[0] ?? 0)),
    lifetime: { topics: lifetimeTopics(topics), stakes },
  };
}

/** Returns the latest `kept` values by time, in their original order. */
function newest<Value>(
  values: readonly Value[],
  kept: number,
  timeOf: (value: Value) => number,
): readonly Value[] {
  if (values.length <= kept) return values;
  const newestFirst = [...values].sort((a, b) => timeOf(b) - timeOf(a));
  const keptValues = new Set(newestFirst.slice(0, kept));
  return values.filter((value) => keptValues.has(value));
}

function byMarket<Value extends { readonly marketId: string }>(values: readonly Value[]): Map<string, Value> {
  return new Map(values.map((value) => [value.marketId, value]));
}

/**
 * Returns topics by id. Profiles stored before keys were case-folded may have several topics with one key. Their lifetime
 * sums are added. Their decayed sums have different times, so only the latest are kept.
 */
function mergedTopics(topics: readonly TopicV1[]): Map<TopicId, TopicV1> {
  const byId = new Map<TopicId, TopicV1>();
  for (const topic of topics) {
    const id = topicId(topic.kind, topic.key);
    const other = byId.get(id);
    byId.set(id, other === undefined ? topic : merged(other, topic));
  }
  return byId;
}

function merged(a: TopicV1, b: TopicV1): TopicV1 {
  return {
    ...(a.updatedAtMs >= b.updatedAtMs ? a : b),
    points: a.points + b.points,
    dwellMsTotal: a.dwellMsTotal + b.dwellMsTotal,
    dwellEvents: a.dwellEvents + b.dwellEvents,
  };
}

/** The default half-life. Topics of similar age have the same order with any half-life. */
const HALF_LIFE_MS = 30 * DAY_MS;

function strongestTopics(
  topics: ReadonlyMap<TopicId, TopicV1>,
  sessionStartedAtMs: number,
): Map<TopicId, TopicState> {
  const strength = (topic: TopicState): number => topicStrength(topic, sessionStartedAtMs, HALF_LIFE_MS);
  const strongestFirst = [...topics.values()].sort((a, b) => strength(b) - strength(a));
  const kept = new Set(
    (['CATEGORY', 'TAG'] as const).flatMap((kind) =>
      strongestFirst.filter((topic) => topic.kind === kind).slice(0, MAX_TOPICS[kind]),
    ),
  );
  const strongest = new Map<TopicId, TopicState>();
  for (const [id, topic] of topics) {
    if (!kept.has(topic)) continue;
    const { kind, key, label, longTerm, updatedAtMs, dwellMsTotal, dwellEvents } = topic;
    const session = updatedAtMs < sessionStartedAtMs ? 0 : topic.session;
    strongest.set(id, { kind, key, label, longTerm, session, updatedAtMs, dwellMsTotal, dwellEvents });
  }
  return strongest;
}

function lifetimeTopics(topics: ReadonlyMap<TopicId, TopicV1>): Map<TopicId, LifetimeTopic> {
  const mostPointsFirst = [...topics].sort(([, a], [, b]) => Math.abs(b.points) - Math.abs(a.points));
  const kept = new Set(mostPointsFirst.slice(0, MAX_LIFETIME_TOPICS).map(([id]) => id));
  const lifetime = new Map<TopicId, LifetimeTopic>();
  for (const [id, { kind, key, label, points, dwellMsTotal, dwellEvents }] of topics) {
    if (kept.has(id)) lifetime.set(id, { kind, key, label, points, dwellMsTotal, dwellEvents });
  }
  return lifetime;
}

function keptEngagements(engagements: readonly EngagementState[]): Map<string, EngagementState> {
  const timeOf = ({ engagedAtMs, viewedAtMs, tradedAtMs }: EngagementState): number =>
    Math.max(engagedAtMs ?? 0, viewedAtMs ?? 0, tradedAtMs ?? 0);
  const kept = newest(engagements, MAX_ENGAGEMENTS, timeOf);
  const compared = kept
    .filter(({ engagedAtMs }) => engagedAtMs !== null)
    .sort((a, b) => (b.engagedAtMs ?? 0) - (a.engagedAtMs ?? 0) || (a.marketId < b.marketId ? -1 : 1));
  const withTopics = new Set(compared.slice(0, MAX_ENGAGEMENTS_WITH_TOPICS));
  return byMarket(
    kept.map((engagement) => (withTopics.has(engagement) ? engagement : { ...engagement, topics: null })),
  );
}

function readTopic(from: CodecReader): TopicV1 {
  const kind: TopicKind = from.whole() === 1 ? 'CATEGORY' : 'TAG';
  return {
    kind,
    key: topicKey(from.text()),
    label: from.text(),
    points: from.number(),
    longTerm: from.number(),
    session: from.number(),
    updatedAtMs: from.time(),
    dwellMsTotal: from.number(),
    dwellEvents: from.whole(),
  };
}

function readEngagement(from: CodecReader): EngagementState {
  return {
    marketId: from.text(),
    engagedAtMs: from.timeOrNull(),
    weight: from.number(),
    viewedAtMs: from.timeOrNull(),
    viewProbability: from.numberOrNull(),
    tradedAtMs: from.timeOrNull(),
    tradedProbability: from.numberOrNull(),
    topics: { category: topicKey(from.text()), tags: from.list(() => topicKey(from.text())) },
  };
}

function readImpression(from: CodecReader): ImpressionState {
  return {
    marketId: from.text(),
    shownAtMs: from.list(() => from.time()),
    probability: from.numberOrNull(),
    volume24h: from.number(),
    clickedSince: from.whole() === 1,
  };
}
