import { CodecReader } from './codec-reader.js';
import { CodecWriter } from './codec-writer.js';
import { topicKey } from './market.js';
import {
  emptyProfile,
  topicId,
  type EngagementState,
  type ImpressionState,
  type ProfileState,
  type StakeState,
  type TopicId,
  type TopicState,
} from './profile-state.js';

/** A profile in few bytes, without the person's key and the version. */
export interface PackedProfile {
  /** The strings that the bytes name by their places here, each once. */
  readonly strings: readonly string[];
  /** None at all when there is nothing to know. */
  readonly bytes: Uint8Array;
}

const NOTHING: PackedProfile = { strings: [], bytes: new Uint8Array(0) };

const writer = new CodecWriter();

/** A state is packed for the store and, right afterwards, for the memory. */
const packedBefore = new WeakMap<ProfileState, PackedProfile>();

/**
 * A profile in few bytes: every value exactly, maps in their order.
 *
 * Each kind of thing has a function that writes it and one that reads it, field by field in the same order. The
 * bytes name no fields, so what is remembered in addition one day goes to the end of all, where older bytes end.
 */
export function packProfile(state: ProfileState): PackedProfile {
  const before = packedBefore.get(state);
  if (before !== undefined) return before;
  writeProfile(writer, state);
  const taken = writer.take();
  // Whatever a person never seen consists of (nulls, zeros, lists of nothing) is written as a zero.
  const isNothing = taken.strings.length === 0 && taken.bytes.every((byte) => byte === 0);
  const packed = isNothing ? NOTHING : taken;
  packedBefore.set(state, packed);
  return packed;
}

/** @throws {RangeError} for bytes that {@link packProfile} did not make, unless they make sense by chance. */
export function unpackProfile(userKey: string, version: number, packed: PackedProfile): ProfileState {
  if (packed.bytes.length === 0) return { ...emptyProfile(userKey), version };
  return readProfile(new CodecReader(packed.bytes, packed.strings), userKey, version);
}

function writeProfile(out: CodecWriter, state: ProfileState): void {
  out.whole(state.totalInteractions);
  out.list(state.country === null ? [] : [state.country], (country) => {
    out.text(country);
  });
  out.time(state.lastActiveAtMs);
  out.time(state.sessionStartedAtMs);
  out.whole(state.sessionInteractions);
  out.values(state.topics, (topic) => {
    writeTopic(out, topic);
  });
  out.values(state.engagements, (engagement) => {
    writeEngagement(out, engagement);
  });
  out.list([...state.hidden], ([marketId, hiddenAtMs]) => {
    out.text(marketId);
    out.time(hiddenAtMs);
  });
  out.values(state.impressions, (impression) => {
    writeImpression(out, impression);
  });
  out.list(state.stakes, (stake) => {
    writeStake(out, stake);
  });
}

function readProfile(from: CodecReader, userKey: string, version: number): ProfileState {
  return {
    userKey,
    version,
    totalInteractions: from.whole(),
    country: from.list(() => from.text())[0] ?? null,
    lastActiveAtMs: from.timeOrNull(),
    sessionStartedAtMs: from.timeOrNull(),
    sessionInteractions: from.whole(),
    topics: byTopic(from.list(() => readTopic(from))),
    engagements: from.map(
      () => readEngagement(from),
      ({ marketId }) => marketId,
    ),
    hidden: new Map(from.list(() => [from.text(), from.time()] as const)),
    impressions: from.map(
      () => readImpression(from),
      ({ marketId }) => marketId,
    ),
    stakes: from.list(() => readStake(from)),
  };
}

/**
 * Topics by id. Profiles that were stored when keys had another form may have several topics of one key: lifetime sums
 * are added, and of the decayed sums, which have different times, the latest ones are kept.
 */
function byTopic(topics: readonly TopicState[]): Map<TopicId, TopicState> {
  const byId = new Map<TopicId, TopicState>();
  for (const topic of topics) {
    const id = topicId(topic.kind, topic.key);
    const other = byId.get(id);
    byId.set(id, other === undefined ? topic : merged(other, topic));
  }
  return byId;
}

function merged(a: TopicState, b: TopicState): TopicState {
  return {
    ...(a.updatedAtMs >= b.updatedAtMs ? a : b),
    points: a.points + b.points,
    dwellMsTotal: a.dwellMsTotal + b.dwellMsTotal,
    dwellEvents: a.dwellEvents + b.dwellEvents,
  };
}

function writeTopic(out: CodecWriter, topic: TopicState): void {
  out.whole(topic.kind === 'CATEGORY' ? 1 : 0);
  out.text(topic.key);
  out.text(topic.label);
  out.number(topic.points);
  out.number(topic.longTerm);
  out.number(topic.session);
  out.time(topic.updatedAtMs);
  out.number(topic.dwellMsTotal);
  out.whole(topic.dwellEvents);
}

function readTopic(from: CodecReader): TopicState {
  return {
    kind: from.whole() === 1 ? 'CATEGORY' : 'TAG',
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

function writeEngagement(out: CodecWriter, engagement: EngagementState): void {
  out.text(engagement.marketId);
  out.time(engagement.engagedAtMs);
  out.number(engagement.weight);
  out.time(engagement.viewedAtMs);
  out.number(engagement.viewProbability);
  out.time(engagement.tradedAtMs);
  out.number(engagement.tradedProbability);
  out.text(engagement.category);
  out.list(engagement.tags, (tag) => {
    out.text(tag);
  });
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
    category: topicKey(from.text()),
    tags: from.list(() => topicKey(from.text())),
  };
}

function writeImpression(out: CodecWriter, impression: ImpressionState): void {
  out.text(impression.marketId);
  out.list(impression.shownAtMs, (shownAtMs) => {
    out.time(shownAtMs);
  });
  out.number(impression.probability);
  out.number(impression.volume24h);
  out.whole(impression.clickedSince ? 1 : 0);
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

function writeStake(out: CodecWriter, { category, stake, atMs }: StakeState): void {
  out.text(category);
  out.number(stake);
  out.time(atMs);
}

function readStake(from: CodecReader): StakeState {
  return { category: topicKey(from.text()), stake: from.number(), atMs: from.time() };
}
